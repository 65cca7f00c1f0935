#!/usr/bin/env bash
# 2,000 mutations of real files, in the profile with overflow and debug checks; copies of more films.
set -euo pipefail
cd "$(dirname "$0")/.."
VIRALNOW_MUTATIONS=${VIRALNOW_MUTATIONS:-2000} cargo test -p viralnow-core --features full --test hostile -- --nocapture
cargo test -p viralnow-core --features full --test all_vision vision_copies -- --ignored --nocapture
