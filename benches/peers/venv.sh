# Sourced: the peers' virtual environment, outside the repository, as `venv`.
command -v ffmpeg >/dev/null || { echo "bench: the ffmpeg program is needed (apt-get install ffmpeg)" >&2; exit 1; }
venv=${PEERS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/viralnow-peers}
if ! cmp -s $here/requirements.txt "$venv/requirements.txt"; then
  echo "bench: installing the peers into $venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q -r $here/requirements.txt
  cp $here/requirements.txt "$venv/"
fi
