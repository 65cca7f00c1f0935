#!/usr/bin/env bash
# Builds libviralnow for shipping and installs it:
#   install.sh PREFIX    PREFIX/include, PREFIX/lib with libviralnow.so.*, libviralnow.a and pkgconfig/viralnow.pc
# A relative PREFIX is taken from the root of the repository. PROFILE=release builds faster than the default, dist.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: $0 PREFIX" >&2; exit 2; }
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
profile=${PROFILE:-dist}
mkdir -p "$1"
prefix=$(cd "$1" && pwd)
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
abi=$(sed -n 's/^const ABI: &str = "\(.*\)";/\1/p' viralnow-ffi/build.rs)
notes=$(mktemp)
trap 'rm -f "$notes"' EXIT

echo "install: building libviralnow $version (profile $profile)"
cargo rustc --profile "$profile" -p viralnow-ffi --lib -- --print native-static-libs 2>"$notes" || { cat "$notes" >&2; exit 1; }
native=$(sed -n 's/^note: native-static-libs: //p' "$notes" | tail -1)
[ -n "$native" ] || { echo "install: cargo did not say what a static link needs" >&2; exit 1; }
built="$CARGO_TARGET_DIR/$profile"

install -d "$prefix/include" "$prefix/lib/pkgconfig"
install -m 644 include/viralnow.h include/viralnow.hpp "$prefix/include"
install -d "$prefix/share/doc/viralnow"
install -m 644 LICENSE NOTICE.md "$prefix/share/doc/viralnow"
install -m 644 "$built/libviralnow.a" "$prefix/lib"
case $(uname -s) in
  Darwin)
    install -m 755 "$built/libviralnow.dylib" "$prefix/lib/libviralnow.$abi.dylib"
    ln -sf "libviralnow.$abi.dylib" "$prefix/lib/libviralnow.dylib"
    ;;
  *)
    install -m 755 "$built/libviralnow.so" "$prefix/lib/libviralnow.so.$version"
    ln -sf "libviralnow.so.$version" "$prefix/lib/libviralnow.so.$abi"
    ln -sf "libviralnow.so.$abi" "$prefix/lib/libviralnow.so"
    ;;
esac
sed -e "s|@VERSION@|$version|" -e "s|@NATIVE_LIBS@|$native|" viralnow-ffi/viralnow.pc.in >"$prefix/lib/pkgconfig/viralnow.pc"
echo "install: $prefix/include, $prefix/lib, $prefix/lib/pkgconfig/viralnow.pc"
