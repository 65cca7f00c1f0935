#!/usr/bin/env bash
# vectors.sh LOG: compares how many of `tests/vectors` each language ran, as their tests said in this log, and checks that every
# public name stands in the parity table.
set -euo pipefail
cd "$(dirname "$0")/.."
counts=$(grep -oE 'vectors: (rust|python|node|c) [0-9]+' "$1" | sort -u)
printf '%s\n' "$counts"
awk '{ languages++; seen[$3] = 1 } END { exit !(languages == 4 && length(seen) == 1) }' <<<"$counts" ||
  { echo "the counts differ, or a language said none" >&2; exit 1; }
.venv/bin/python .ci/parity.py
