#!/usr/bin/env bash
# The wheel, into dist/. It links the system's FFmpeg: install it where the wheel is built.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/venv.sh
cp LICENSE NOTICE.md viralnow-py/
.venv/bin/maturin build --profile dist -m viralnow-py/Cargo.toml --out dist --interpreter .venv/bin/python
