#!/usr/bin/env bash
# A million 64-bit hashes beside faiss IndexBinaryFlat, one thread each, in one run. See README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/benches/peers
. "$here/venv.sh"
cargo build --release -q -p viralnow-core --features sqlite,xlsx --example clips_speed
speed=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/release/examples/clips_speed
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
exec "$venv/bin/python" "$here/hashes.py" "$speed"
