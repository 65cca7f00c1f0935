#!/usr/bin/env bash
# Audio and voice of one sound beside the Python peers, in one run: the specified set, all that they give, pYIN. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=benches/peers
clip=${1:-${VIRALNOW_TEST_DATA:-../shared}/data/audio/clip60.m4a}
[ -f "$clip" ] || clip=examples/media/demo.mp4
. .ci/venv.sh
# As `make wheel` ships it.
VIRTUAL_ENV=$PWD/.venv .venv/bin/maturin develop --profile dist -q -m viralnow-py/Cargo.toml
. $here/venv.sh
exec python3 $here/sound.py "$clip" .venv/bin/python $here/sound_ours.py "$venv/bin/python" $here/sound_peers.py
