# Sourced: makes .venv with what builds and tests the Python package, at pinned versions.
wanted=viralnow-py/requirements-dev.txt
if ! cmp -s "$wanted" .venv/requirements.txt 2>/dev/null; then
  echo "python: making .venv with $(tr '\n' ' ' <"$wanted")"
  python3 -m venv .venv
  .venv/bin/pip install -q --disable-pip-version-check -r "$wanted"
  # For its two networks alone, which read text; what it would run them with is not needed.
  .venv/bin/pip install -q --disable-pip-version-check --no-deps rapidocr-onnxruntime==1.4.4
  cp "$wanted" .venv/requirements.txt
fi
