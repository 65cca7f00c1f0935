#!/usr/bin/env bash
# Regenerates what is committed and generated: the payload's schema, the C header, the TypeScript types.
set -euo pipefail
cd "$(dirname "$0")/.."
export VIRALNOW_BLESS=1
cargo test --release -q -p viralnow-core --features full --test all_data schema
cargo test --release -q -p viralnow-ffi --test header
(cd viralnow-node && npm run -s build && npm run -s types)
git --no-pager diff --stat
