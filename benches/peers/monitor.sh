#!/usr/bin/env bash
# What watching a call of Python costs, beside OpenTelemetry, logging and one SQLite commit a call, in one run. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=benches/peers
. .ci/venv.sh
# As `make wheel` ships it.
VIRTUAL_ENV=$PWD/.venv .venv/bin/maturin develop --profile dist -q -m viralnow-py/Cargo.toml
. $here/venv.sh
if [ -e viralnow-node/viralnow.*.node ]; then node $here/monitor.mjs || echo "the limit is for a machine at rest"; fi
exec env PYTHONPATH="$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" .venv/bin/python $here/monitor.py "$@"
