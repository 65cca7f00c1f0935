#!/usr/bin/env bash
# Sentence embeddings beside ONNX Runtime from Python, in one run, on one thread: texts one by one and 32 at a time. See README.md.
#   embed.sh [TEXTS]     a file with a text on each line, or as GoEmotions has them, with more behind a tab
set -euo pipefail
cd "$(dirname "$0")/../.."
here=benches/peers
texts=${1:-${VIRALNOW_TEST_DATA:-../shared}/data/text/goemotions_dev.tsv}
[ -f "$texts" ] || { echo "bench: there is no $texts; name a file of texts" >&2; exit 1; }
# An environment of its own: what exports the model to ONNX is large, and the other peers do without.
venv=${EMBED_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/viralnow-embed-peers}
if [ -z "${EMBED_VENV:-}" ] && ! cmp -s $here/embed-requirements.txt "$venv/requirements.txt"; then
  echo "bench: installing the peers into $venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q -r $here/embed-requirements.txt
  cp $here/embed-requirements.txt "$venv/requirements.txt"
fi
cargo build --release -q -p viralnow-core --features "${EMBED_FEATURES:-transformers}" --example embed_speed
exec "$venv/bin/python" $here/embed.py "$texts" "${CARGO_TARGET_DIR:-target}/release/examples/embed_speed" "$venv/onnx-minilm"
