#!/usr/bin/env bash
# The backtest: of the given tables, or of the shared ones that the model was fitted to a part of, on the rest of them.
set -euo pipefail
format=$1
shift
json=() held_out=()
[ "$format" != json ] || json=(--json)
if [ $# = 0 ]; then
  folder="${VIRALNOW_TEST_DATA:-../shared}/score"
  shopt -s nullglob
  set -- "$folder"/*.csv
  held_out=(--held-out)
  [ $# != 0 ] || { echo "backtest: give FILES=\"a.csv b.csv\"; there are no shared tables" >&2; exit 1; }
fi
cargo build --release -q -p viralnow-core --example backtest >&2
exec "${CARGO_TARGET_DIR:-target}/release/examples/backtest" ${json[@]+"${json[@]}"} ${held_out[@]+"${held_out[@]}"} "$@"
