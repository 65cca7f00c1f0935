#!/usr/bin/env bash
# Builds the example and analyses one clip; the payload is written beside it.
set -euo pipefail
clip=${1:?usage: demo.sh CLIP}
[ -f "$clip" ] || { echo "demo: no such file: $clip" >&2; exit 1; }
name=$(basename "$clip")
out="$(dirname "$clip")/${name%.*}.payload.json"
echo "demo: building (about 15 CPU minutes the first time), then analysing $clip"
cargo build --release -p viralnow-core --features video,sqlite,onnx,platforms --example analyze
exec "${CARGO_TARGET_DIR:-target}/release/examples/analyze" "$clip" --out "$out"
