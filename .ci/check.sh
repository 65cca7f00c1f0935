#!/usr/bin/env bash
# What must hold before a commit, beside the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
features=full
cargo fmt --all --check
python3 .ci/one-build/check.py
cargo clippy --workspace --all-targets --features viralnow-core/full -- -D warnings
cargo clippy -p viralnow-core --all-targets -- -D warnings
cargo clippy -p viralnow-core --features tract,transformers --lib --test model_tract -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps -p viralnow-core --features "$features"
if command -v cargo-deny >/dev/null 2>&1; then cargo deny check; else echo "check: cargo-deny is not installed; licences not checked"; fi
