#!/usr/bin/env bash
# The C and C++ interface: builds the library, compiles every client with all warnings as errors, runs it against the
# shared library, under valgrind where that is installed, and one client against the static library.
#   run.sh            everything
#   run.sh NAME...    only these clients (errors info text raw media vision monitor batch store extractor vectors), without valgrind
set -euo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { printf '%s\n' "c: $*"; }

only=("$@")
if [ ${#only[@]} -eq 0 ]; then
  say "tests of viralnow-ffi: the header, the status table"
  cargo test --release -q -p viralnow-ffi
fi
# Installed as a host gets it, and found by pkg-config.
say "building libviralnow"
PROFILE=release viralnow-ffi/install.sh "$work/prefix" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
export PKG_CONFIG_PATH="$work/prefix/lib/pkgconfig"
library="$work/prefix/lib/libviralnow.so"

# What the library shows to a program: our functions and nothing else, under the name that programs ask for.
soname=$(readelf -d "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
[ "$soname" = libviralnow.so.0 ] || { say "the SONAME is '$soname'"; exit 1; }
nm -D --defined-only "$library" | awk '{ print $3 }' | sort >"$work/exported"
grep -oE '\bvn_[a-z_]+\(' include/viralnow.h | tr -d '(' | sort -u >"$work/declared"
if ! diff "$work/declared" "$work/exported"; then
  say "the header's functions (<) are not what the library exports (>)"
  exit 1
fi

read -ra cflags < <(pkg-config --cflags viralnow)
read -ra libs < <(pkg-config --libs viralnow)
read -ra static < <(pkg-config --static --libs viralnow)
c=(gcc -std=c11 -g -O1 -Wall -Wextra -Wpedantic -Werror "${cflags[@]}")
cpp=(g++ -std=c++17 -g -O1 -Wall -Wextra -Wpedantic -Werror "${cflags[@]}")
link=("${libs[@]}" "-Wl,-rpath,$work/prefix/lib" -lm -lpthread)

say "compiling the clients"
for standard in c99 c11 c17; do
  gcc -std=$standard -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only tests/c/self_contained.c
done
for standard in c++11 c++17 c++20; do
  g++ -std=$standard -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only -x c++ tests/c/self_contained.c
done
programs=(errors info text raw media vision clips_store monitor batch store extractor vectors)
[ ${#only[@]} -eq 0 ] || programs=("${only[@]}")
for program in "${programs[@]}"; do
  "${c[@]}" "tests/c/$program.c" tests/c/self_contained.c -o "$work/$program" "${link[@]}"
done
export VN_TEST_FOLDER="$work"
VN_TEST_VERSION=$(cargo metadata --format-version 1 --no-deps | python3 -c \
  'import json, sys; print(next(p["version"] for p in json.load(sys.stdin)["packages"] if p["name"] == "viralnow-core"))')
export VN_TEST_VERSION
failed=()
run() { # run NAME COMMAND...: prints the summary, and everything when it fails
  local name=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    grep -E '^(SKIPPED|vectors: |[a-z]+: [0-9]+ checks)' "$work/out" || true
  else
    failed+=("$name")
    cat "$work/out"
  fi
}

# A photograph as bare pixels, and the folder of models in which a detector of faces is looked for.
data="${VIRALNOW_TEST_DATA:-../shared}/data"
models=()
if [ -d "$data/models" ] && [ -e "$data/images/astronaut.png" ] && command -v ffmpeg >/dev/null 2>&1; then
  ffmpeg -v error -i "$data/images/astronaut.png" -pix_fmt rgb24 -f rawvideo "$work/astronaut.rgb"
  models=("VIRALNOW_MODELS=$data/models")
fi

say "running them"
for program in "${programs[@]}"; do
  environment=()
  [ "$program" != vision ] || environment=("${models[@]}")
  run "$program" env "${environment[@]}" "$work/$program"
done

finish() {
  if [ ${#failed[@]} -gt 0 ]; then
    say "FAILED: ${failed[*]}"
    exit 1
  fi
  say "all passed"
  exit 0
}
[ ${#only[@]} -eq 0 ] || finish

say "the C++ layer, the quick starts, the static library"
"${cpp[@]}" tests/c/cpp.cpp tests/c/cpp_second.cpp -o "$work/cpp" "${link[@]}"
# The block of the README, as it stands, in a main of its own.
{
  printf '#include <stdio.h>\n'
  awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md | awk '
    /^#include/ { print; next }
    !begun { print "int main(void) {"; begun = 1 }
    { print }
    END { print "return 0;\n}" }'
} >"$work/readme.c"
"${c[@]}" "$work/readme.c" -o "$work/readme" "${link[@]}"
"${c[@]}" examples/c/quickstart.c -o "$work/quickstart_c" "${link[@]}"
"${cpp[@]}" examples/cpp/quickstart.cpp -o "$work/quickstart_cpp" "${link[@]}"
"${c[@]}" tests/c/text.c -o "$work/text_static" "${static[@]/#-lviralnow/-l:libviralnow.a}" -lm
run cpp "$work/cpp"
for quickstart in quickstart_c quickstart_cpp; do
  run $quickstart "$work/$quickstart"
  for line in 'score: [0-9.]* of 100' 'mfcc: [0-9]* frames of 20 coefficients' 'payload: {"asset_id"'; do
    grep -q "^$line" "$work/out" || { say "$quickstart does not print '$line'"; failed+=($quickstart); }
  done
done
run text_static "$work/text_static"
run readme "$work/readme"
grep -q '^{"asset_id"' "$work/out" || { say "the README's C prints no payload"; failed+=(readme); }
if ldd "$work/text_static" | grep -q libviralnow; then say "text_static is linked with the shared library"; failed+=(static); fi

if command -v valgrind >/dev/null 2>&1; then
  say "under valgrind (the clip's first three seconds)"
  # Leaks, and reads of memory that is not ours or not set, are errors. "Possibly lost" is not: Rust holds Arc and hash
  # tables by a pointer into the middle of their block, which is all that memcheck means by it.
  memcheck=(valgrind -q --leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect
    --error-exitcode=1 --num-callers=30 --suppressions=tests/c/valgrind.supp)
  # As many at once as there are processors; what each says stands in its own file.
  checked=(errors info text raw extractor cpp)
  # These analyse more of the same under it, for minutes: make test-long.
  [ -z "${VIRALNOW_LONG:-}" ] || checked+=(media batch store)
  printf '%s\n' "${checked[@]}" | VN_TEST_BRIEF=1 xargs -P "$(nproc)" -I{} bash -c \
    'work=$1 name=$2; shift 2; if "$@" "$work/$name" >"$work/$name.said" 2>&1; then touch "$work/$name.sound"; fi' \
    _ "$work" {} "${memcheck[@]}"
  for program in "${checked[@]}"; do
    run "$program/valgrind" bash -c 'cat "$1"; [ -e "$2" ]' _ "$work/$program.said" "$work/$program.sound"
  done
else
  printf 'SKIPPED c/valgrind: valgrind is not installed\n'
fi
finish
