#!/usr/bin/env bash
# 2,000 mutations of real files, in the profile with overflow and debug checks; copies of more films; the monitoring log under kill -9, with
# eight processes, and with a million rows in the shipped profile; models in tract; the dashboard in a browser.
set -euo pipefail
cd "$(dirname "$0")/.."
VIRALNOW_MUTATIONS=${VIRALNOW_MUTATIONS:-2000} cargo test -p viralnow-core --features full --test hostile -- --nocapture
cargo test -p viralnow-core --features full --test monitor_system -- --ignored --nocapture
export VIRALNOW_LONG=1
cargo test --release -p viralnow-core --features full --test all_vision vision -- --nocapture
cargo test --release -p viralnow-core --features full --test all_vision vision_copies -- --include-ignored --nocapture
cargo test --release -p viralnow-core --features full --test all_sound audio -- --nocapture
cargo test --release -p viralnow-core --features full --test all_media -- --nocapture
tests/c/run.sh
cargo test --release -p viralnow-core --features onnx,tract,transformers --test model_tract -- --nocapture
VIRALNOW_ROWS=1000000 cargo test --release -p viralnow-core --features full --test monitor_system what_is_old -- --nocapture
cargo build -p viralnow-core --features dashboard --example dashboard
node tests/dashboard/drive.mjs "${CARGO_TARGET_DIR:-target}/debug/examples/dashboard"
