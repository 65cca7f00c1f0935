#!/usr/bin/env bash
# Builds the Python package into .venv and runs its checks and tests.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/venv.sh
cp LICENSE NOTICE.md viralnow-py/
VIRTUAL_ENV=$PWD/.venv .venv/bin/maturin develop --release -q -m viralnow-py/Cargo.toml
.venv/bin/ruff check -q viralnow-py tests/python examples/python
(cd viralnow-py && ../.venv/bin/mypy --strict --no-error-summary python/viralnow ../tests/python/typing_check.py)
.venv/bin/python -m mypy.stubtest viralnow
.venv/bin/pytest -q tests/python
