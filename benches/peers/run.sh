#!/usr/bin/env bash
# Our analysis beside the decoder alone and beside the Python peers, in one run. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=benches/peers
clip=${1:-${VIRALNOW_TEST_DATA:-../shared}/data/video/clip60_1080x1920_h264.mp4}
[ -f "$clip" ] || clip=examples/media/demo.mp4
command -v ffmpeg >/dev/null || { echo "bench: the ffmpeg program is needed (apt-get install ffmpeg)" >&2; exit 1; }
venv=${PEERS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/viralnow-peers}
if [ ! -x "$venv/bin/python" ]; then
  echo "bench: installing the peers into $venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q -r $here/requirements.txt
fi
cargo build --release -q -p viralnow-core --features video,sqlite,onnx --example analyze
exec python3 $here/run.py "$clip" "${CARGO_TARGET_DIR:-target}/release/examples/analyze" "$venv/bin/python" $here/peers.py
