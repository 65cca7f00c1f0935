#!/usr/bin/env bash
# Audio and voice of one sound beside the Python peers, in one run: the specified set, all that they give, pYIN. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=benches/peers
clip=${1:-${VIRALNOW_TEST_DATA:-../shared}/data/audio/clip60.m4a}
[ -f "$clip" ] || clip=examples/media/demo.mp4
. $here/venv.sh
cargo build --release -q -p viralnow-core --features video,sqlite,onnx,platforms --example analyze --example sound
examples=${CARGO_TARGET_DIR:-target}/release/examples
exec python3 $here/sound.py "$clip" "$examples/analyze" "$examples/sound" "$venv/bin/python" $here/sound_peers.py
