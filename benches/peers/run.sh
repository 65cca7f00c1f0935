#!/usr/bin/env bash
# Our analysis beside the decoder alone and beside the Python peers, in one run. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=benches/peers
clip=${1:-${VIRALNOW_TEST_DATA:-../shared}/data/video/clip60_1080x1920_h264.mp4}
[ -f "$clip" ] || clip=examples/media/demo.mp4
. $here/venv.sh
# As it is shipped.
cargo build --profile dist -q -p viralnow-core --features full --example analyze
# Large pictures and deep colours, for their memory alone.
others=()
for name in portrait_4k60.mp4 hdr10-av1.mp4; do
  [ ! -f "${clip%/*}/$name" ] || others+=("${clip%/*}/$name")
done
exec python3 $here/run.py "$clip" "${CARGO_TARGET_DIR:-target}/dist/examples/analyze" "$venv/bin/python" $here/peers.py "${others[@]}"
