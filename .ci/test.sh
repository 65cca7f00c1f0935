#!/usr/bin/env bash
# Every test of the four languages. Each step prints its minutes; the first that fails ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
features=full
log=$(mktemp) minutes=$(mktemp)
trap 'rm -f "$log" "$minutes"' EXIT

step() { # step NAME COMMAND...
  local name=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  # What is skipped is counted at the end; the Rust steps, whose output is thinned out, write more of it to the log.
  "$@" 2>&1 | tee -a "$log" || { printf '== FAILED: %s\n' "$name" >&2; exit 1; }
  printf '%5.1f min  %s\n' "$(awk "BEGIN { print ($SECONDS - $start) / 60 }")" "$name" >>"$minutes"
}

# Several steps beside each other: a compiler's front end, a linker, an interpreter and the last long test of a binary use one
# processor each. The output of the second lane is shown when it has ended.
lanes() { # lanes LANE LANE
  local said
  said=$(mktemp)
  ("$2") >"$said" 2>&1 &
  local second=$! failed=0
  ("$1") || failed=1
  wait "$second" || failed=1
  cat "$said"
  rm -f "$said"
  return "$failed"
}

if [ -n "${VIRALNOW_TEST_DATA:-}" ] || [ -d ../shared/data ]; then
  echo "test: shared test data found; the tests that need it run"
else
  echo "test: no shared test data (../shared or VIRALNOW_TEST_DATA); the tests that need it print SKIPPED and their name"
fi

# In the virtual environment, whose ONNX Runtime runs the models.
core() { # core ARGUMENTS-OF-CARGO...
  VIRTUAL_ENV=$PWD/.venv cargo test --release --no-fail-fast -p viralnow-core "$@" -- --nocapture 2>&1 | tee -a "$log" | .ci/quiet.sh
}
# The core a second time, for its unit tests or with fewer features, costs minutes if it is optimised and is fast enough without; its
# arithmetic is checked on the way. What it stands on is not built again.
plain=profile.release.package.viralnow-core
plain=(--config "$plain.opt-level=0" --config "$plain.overflow-checks=true" --config "$plain.debug-assertions=true")
# Joined by `&&`: a shell that asks whether a step failed does not stop at the first of its commands that did.
rust() { core --features "$features" --test '*' --examples && core --features "$features" --doc; }
units() { core --features "$features" --lib "${plain[@]}"; }
# `media_default` is empty in a build with `video`; here it is not. The rest is the same in both builds.
default_set() { core --test media_default "${plain[@]}"; }

rust_lane() {
  step "Rust: all features" rust
  step "Rust: units" units
  step "Rust: default set, no system library" default_set
}
host_lane() {
  step "C and C++" tests/c/run.sh
  step "Python" .ci/python.sh
  step "Node" .ci/node.sh
}

step "set-up" .ci/setup.sh test
step "Python's packages" bash -euc '. .ci/venv.sh'
step "format" cargo fmt --all --check
# What both lanes stand on, once.
step "Rust: build" cargo test --release -q -p viralnow-core --features "$features" --test '*' --examples --no-run
lanes rust_lane host_lane
step "the same vectors in four languages" .ci/vectors.sh "$log"

# Every language says `SKIPPED name: reason`. By name: one test may say several times what it misses. A line may begin with
# the test harness's own words.
skipped=$(grep -o 'SKIPPED [^:]*: .*' "$log" | sort -u -t: -k1,1 || true)
printf '\ntests skipped for want of data or a command: %s\n' "$(printf '%s' "$skipped" | grep -c . || true)"
[ -z "$skipped" ] || sed 's/^SKIPPED /  /' <<<"$skipped"
cat "$minutes"
echo "all tests passed"
