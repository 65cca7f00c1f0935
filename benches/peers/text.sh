#!/usr/bin/env bash
# Words beside the Python peers, in one run: VADER, textstat, pySBD, YAKE. See README.md.
#   text.sh [TEXTS]     a file with a text on each line, or as GoEmotions has them, with more behind a tab
set -euo pipefail
cd "$(dirname "$0")/../.."
here=benches/peers
texts=${1:-${VIRALNOW_TEST_DATA:-../shared}/data/text/goemotions_dev.tsv}
[ -f "$texts" ] || { echo "bench: there is no $texts; name a file of texts" >&2; exit 1; }
. $here/venv.sh
cargo build --release -q -p viralnow-core --example text_speed
exec python3 $here/text.py "$texts" "${CARGO_TARGET_DIR:-target}/release/examples/text_speed" "$venv/bin/python" $here/text_peers.py
