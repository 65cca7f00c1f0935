#!/usr/bin/env bash
# What watching a call of Python costs, beside OpenTelemetry, logging and one SQLite commit a call, in one run. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=benches/peers
. .ci/venv.sh
# As `make wheel` ships it.
VIRTUAL_ENV=$PWD/.venv .venv/bin/maturin develop --profile dist -q -m viralnow-py/Cargo.toml
. $here/venv.sh
failed=0
# The limits are for a machine at rest.
if [ -e viralnow-node/viralnow.*.node ]; then node $here/monitor.mjs || failed=1; fi
env PYTHONPATH="$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" .venv/bin/python $here/monitor.py "$@" || failed=1
exit $failed
