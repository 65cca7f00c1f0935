#!/usr/bin/env bash
# What must hold before a commit, beside the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
features=video,sqlite,onnx,platforms
cargo fmt --all --check
python3 .ci/one-build/check.py
cargo clippy --workspace --all-targets --features "viralnow-core/video,viralnow-core/sqlite,viralnow-core/onnx,viralnow-core/platforms" -- -D warnings
cargo clippy -p viralnow-core --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps -p viralnow-core --features "$features"
if command -v cargo-deny >/dev/null 2>&1; then cargo deny check; else echo "check: cargo-deny is not installed; licences not checked"; fi
