#!/usr/bin/env bash
# Runs the vectors in four languages, compares their counts, and checks that every public name stands in the parity table.
# The packages are those that the steps before this one built.
set -euo pipefail
cd "$(dirname "$0")/.."
rust=$(cargo test --release -q -p viralnow-core --features full --test all_media vectors -- --nocapture | grep -o '^vectors: [a-z]* [0-9]*$')
python=$(.venv/bin/pytest -q -s tests/python/test_vectors.py | grep -o 'vectors: python [0-9]*')
node=$(node --test tests/node/vectors.test.mjs | grep -o 'vectors: node [0-9]*')
c=$(tests/c/run.sh vectors | grep -o '^vectors: [a-z]* [0-9]*$')
printf '%s\n' "$rust" "$python" "$node" "$c"
counts=$(printf '%s\n' "$rust" "$python" "$node" "$c" | awk '{ print $3 }' | sort -u)
[ "$(wc -l <<<"$counts")" = 1 ] || { echo "the counts differ" >&2; exit 1; }
.venv/bin/python .ci/parity.py
