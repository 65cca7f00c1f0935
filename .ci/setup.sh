#!/usr/bin/env bash
# Checks the toolchains and installs the system packages that are missing.
#   setup.sh build   what the Rust build needs
#   setup.sh test    that, and what the tests of the four languages need
set -euo pipefail
what=${1:-build}

need() { # need COMMAND HOW-TO
  command -v "$1" >/dev/null 2>&1 || { echo "setup: $1 is missing: $2" >&2; exit 1; }
}

need cargo "install Rust from https://rustup.rs, then open a new shell"
# What the build asks for: FFmpeg's headers (>= 5.1), clang for their bindings, a C compiler for SQLite.
packages=(build-essential pkg-config clang libclang-dev
  libavcodec-dev libavformat-dev libavutil-dev libswscale-dev libswresample-dev)
if [ "$what" = test ]; then
  # The package itself works from 3.10 on; the tools that test it, at pinned versions, do not.
  need python3 "install Python 3.11 or newer"
  need node "install Node.js 20 or newer (https://nodejs.org)"
  need npm "install Node.js 20 or newer with npm (https://nodejs.org)"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: Python 3.11 or newer is needed for the tests, this is $(python3 -V)" >&2; exit 1; }
  node -e 'process.exit(+process.versions.node.split(".")[0] < 20 ? 1 : 0)' || { echo "setup: Node.js 20 or newer is needed, this is $(node -v)" >&2; exit 1; }
  # Tesseract with its English data reads text on screen; it is looked for at run time, a build does not need it.
  packages+=(valgrind ffmpeg tesseract-ocr)
  python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3-venv)
fi

command -v dpkg-query >/dev/null 2>&1 || {
  echo "setup: no apt here; these are needed (Debian's names): ${packages[*]}"
  exit 0
}
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

install="apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" = 0 ]; then
  echo "setup: installing ${missing[*]}"
  sh -c "$install" >/dev/null
elif sudo -n true 2>/dev/null; then
  echo "setup: installing ${missing[*]}"
  sudo sh -c "$install" >/dev/null
else
  echo "setup: these packages are missing and this is neither root nor passwordless sudo; please run:" >&2
  echo "  sudo sh -c '$install'" >&2
  exit 1
fi
