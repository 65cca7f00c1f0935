#!/usr/bin/env bash
# Ranks clips from a file; the list is written beside it.
set -euo pipefail
file=${1:-}
if [ -z "$file" ]; then
  file=examples/clips/sample_clips.json
  echo "clips: no FILE=; an invented sample is ranked ($file)"
fi
[ -f "$file" ] || { echo "clips: no such file: $file" >&2; exit 1; }
echo "clips: building (some minutes the first time)"
cargo build --release -p viralnow-core --features full --example clips
exec "${CARGO_TARGET_DIR:-target}/release/examples/clips" "$file" --config "$2" --out "${file%.*}.ranked"
