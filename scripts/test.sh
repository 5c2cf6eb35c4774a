#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds, and runs every test: optimised, and once more with the address and undefined-behaviour
# sanitizers, there without the tests marked slow. With nvcc the CUDA kernels are compiled too, and none may spill more
# registers than before; their tests are skipped and counted where no GPU answers. Exits non-zero if anything fails.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh

jobs=$(nproc)
quiet=build/log
mkdir -p "$quiet"

# A preset's configure and build, silent unless they fail.
build() {
  local start=$SECONDS
  if ! { cmake --preset "$1" && cmake --build --preset "$1" --parallel "$jobs"; } > "$quiet/$1.txt" 2>&1; then
    grep -nE 'error|FAILED' "$quiet/$1.txt" | head -n 40 || true
    tail -n 40 "$quiet/$1.txt"
    echo "test.sh: the $1 build failed; all of its output is in $quiet/$1.txt"
    exit 1
  fi
  echo "Built $1 in $((SECONDS - start)) s"
}

passed=0 failed=0 skipped=0
# Adds the counts that ctest wrote about one run.
count() {
  local line all bad left
  line=$(grep -m1 -A8 '<testsuite ' "$1" | tr '\n' ' ')
  all=$(sed -E 's/.*[^a-z]tests="([0-9]+)".*/\1/' <<< "$line")
  bad=$(sed -E 's/.*failures="([0-9]+)".*/\1/' <<< "$line")
  left=$(($(sed -E 's/.*skipped="([0-9]+)".*/\1/' <<< "$line") + $(sed -E 's/.*disabled="([0-9]+)".*/\1/' <<< "$line")))
  passed=$((passed + all - bad - left))
  failed=$((failed + bad))
  skipped=$((skipped + left))
}

status=0
run() {
  local preset=$1
  shift
  echo "Tests, $preset"
  rm -f "$quiet/$preset.xml"
  ctest --preset "$preset" --parallel "$jobs" --progress --output-junit "$PWD/$quiet/$preset.xml" "$@" || status=1
  if [[ -s "$quiet/$preset.xml" ]]; then count "$quiet/$preset.xml"; else status=1; fi
}

build release
scripts/kernel_resources.sh || status=1
run release
build dev
run dev --label-exclude slow

echo "$passed passed, $failed failed, $skipped skipped"
if ((failed > 0 || passed == 0)); then status=1; fi
exit "$status"
