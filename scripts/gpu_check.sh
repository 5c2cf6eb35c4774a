#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything that needs a GPU, in one go and under ten minutes: the tests on it, the same under compute-sanitizer,
# training against the CPU, the same bits twice and after a stop, and the benches beside cuDNN and PyTorch where these
# are found. Runs from a build tree or from an unpacked bundle (scripts/bundle.sh). A stage that fails or runs past its
# time does not stop the next; the last lines are the summary.
#
#   scripts/gpu_check.sh [--out DIR]      results as JSON and text, default gpu-check-DATE
#
#   --bundle-dir DIR   use the bundle in DIR
#   --build DIR        use this build folder of the tree
#   --quick            smaller benches and shorter limits
#   --only A,B         some stages: facts, tests, train, memcheck, racecheck, initcheck, synccheck, bench, peers
#   --seconds N        for everything, default 570
#   --device simulated tries the script itself where there is no GPU: tiny sizes, no sanitizer, no PyTorch
#
# Exit code: 0 all passed, 1 something failed, 2 usage, 3 no GPU answers.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin='' out='' quick=0 only='' device=cuda total=570
usage() { sed -n '3,18s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }
while (($# > 0)); do
  case "$1" in
    --quick) quick=1 ;;
    --bundle-dir | --build | --out | --only | --device | --seconds)
      if (($# < 2)); then echo "gpu_check.sh: $1 needs a value" >&2; exit 2; fi
      case "$1" in
        --bundle-dir) root=$(cd "$2" && pwd) || exit 2 ;;
        --build) bin=$(cd "$2" && pwd) || exit 2 ;;
        --out) out=$2 ;;
        --only) only=$2 ;;
        --device) device=$2 ;;
        --seconds) total=$2 ;;
      esac
      shift
      ;;
    -h | --help) usage; exit 0 ;;
    *) echo "gpu_check.sh: unknown argument $1 (see --help)" >&2; exit 2 ;;
  esac
  shift
done
if [[ $device != cuda && $device != simulated ]] || ! [[ $total =~ ^[1-9][0-9]*$ ]]; then usage >&2; exit 2; fi
simulated=0
if [[ $device == simulated ]]; then simulated=1; fi

if [[ -z $bin ]]; then
  if [[ -x $root/bin/selfsame ]]; then bin=$root/bin; else bin=$root/build/release; fi
fi
if [[ ! -x $bin/selfsame ]]; then
  echo "gpu_check.sh: no $bin/selfsame; build it with cmake --build --preset release, or name a bundle" >&2
  exit 2
fi
# For our programs only: PyTorch and the sanitizer bring their own libraries.
ours() {
  env LD_LIBRARY_PATH="$bin/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" SELFSAME_SOURCE_ROOT="$root" \
    SELFSAME_PROGRAM="$bin/selfsame" "$@"
}

devices=$(ours "$bin/selfsame" list devices) || { echo "gpu_check.sh: $bin/selfsame does not start" >&2; exit 1; }
description=$(grep "^$device " <<< "$devices" | sed -E "s/^$device +//")
if ((!simulated)) && [[ -z $description || $description == "not here:"* ]]; then
  echo "gpu_check.sh: skipped, nothing was checked: device cuda ${description:-is not known to $bin/selfsame}"
  exit 3
fi

started=$SECONDS
date=$(date -u +%Y-%m-%dT%H:%M:%SZ)
out=${out:-gpu-check-$(date -u +%Y%m%d-%H%M%S)}
mkdir -p "$out"
out=$(cd "$out" && pwd)
version=$(ours "$bin/selfsame" --version 2> /dev/null | head -n 1)
driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2> /dev/null | head -n 1)
commit=$(sed -n 's/^commit: //p' "$root/MANIFEST" 2> /dev/null)
commit=${commit:-$(git -C "$root" describe --always --dirty --abbrev=12 '--exclude=*' 2> /dev/null)}
cores=$(nproc)
shards=$((cores < 8 ? cores : 8))


# The yardsticks, where only PyTorch's packages bring them.
python_library() { # "libcudnn.so.": its path, or nothing if the dynamic linker finds it itself
  ldconfig -p 2> /dev/null | grep -q "$1" || compgen -G "$bin/lib/$1*" > /dev/null || python3 - "$1" 2> /dev/null << 'END'
import glob, os, sys
found = [f for path in sys.path for f in glob.glob(os.path.join(path, "nvidia", "**", sys.argv[1] + "*"), recursive=True)]
print(sorted(found)[0] if found else "")
END
}
if ((!simulated)); then
  export SELFSAME_CUDNN_LIBRARY=${SELFSAME_CUDNN_LIBRARY:-$(python_library libcudnn.so.)}
  export SELFSAME_CUBLAS_LIBRARY=${SELFSAME_CUBLAS_LIBRARY:-$(python_library libcublas.so.)}
  export SELFSAME_CUFFT_LIBRARY=${SELFSAME_CUFFT_LIBRARY:-$(python_library libcufft.so.)}
  if [[ -z $SELFSAME_CUDNN_LIBRARY ]]; then unset SELFSAME_CUDNN_LIBRARY; fi
  if [[ -z $SELFSAME_CUBLAS_LIBRARY ]]; then unset SELFSAME_CUBLAS_LIBRARY; fi
  if [[ -z $SELFSAME_CUFFT_LIBRARY ]]; then unset SELFSAME_CUFFT_LIBRARY; fi
fi
export root bin out quick device simulated shards
export -f ours

# ---- stages: each a function that runs in a shell of its own under `timeout`. Its last line is the note of the summary;
# ---- exit code 77 is "skipped".

stage_facts() {
  nvidia-smi 2>&1
  ours "$bin/selfsame" --version
  ours "$bin/selfsame" list devices
  ours "$bin/selfsame" list ops
  if [[ -f $root/MANIFEST ]]; then cat "$root/MANIFEST"; fi
  python3 -c 'import torch; print("PyTorch", torch.__version__, "cuDNN", torch.backends.cudnn.version())' 2>&1 | tail -n 1
  ours "$bin/selfsame" list devices | grep "^$device "
}

# run_shards NAME FILTER SECONDS PREFIX...: the kernels' or engine's tests on the device, in several processes. Logs go to
# standard output in the end. Sets tests_passed, tests_failed, tests_skipped and tests_cut (processes out of time).
tests_passed=0 tests_failed=0 tests_skipped=0 tests_cut=0
run_shards() {
  local name=$1 filter=$2 seconds=$3 i codes=() pids=() logs
  shift 3
  logs=$(mktemp -d)
  for ((i = 0; i < shards; i++)); do
    GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$i SELFSAME_TEST_DEVICE=$device REQUIRE_GPU=1 ours \
      timeout -k 5 "$seconds" "$@" "$bin/tests/$name" --gtest_filter="$filter" > "$logs/$i" 2>&1 &
    pids+=($!)
  done
  for i in "${!pids[@]}"; do
    wait "${pids[$i]}"
    codes[i]=$?
  done
  for i in "${!codes[@]}"; do
    cat "$logs/$i"
    tests_passed=$((tests_passed + $(grep -cE '^\[       OK \]' "$logs/$i")))
    tests_skipped=$((tests_skipped + $(grep -cE '^\[  SKIPPED \] [^ ]+ \(' "$logs/$i")))
    local bad
    bad=$(grep -cE '^\[  FAILED  \] [^ ]+.* \([0-9]+ ms\)$' "$logs/$i")
    if ((codes[i] == 124 || codes[i] == 137)); then
      tests_cut=$((tests_cut + 1))
    elif ((codes[i] != 0 && bad == 0)); then
      echo "gpu_check.sh: process $i of $name ended with ${codes[i]} after: $(grep -E '^\[ RUN ' "$logs/$i" | tail -n 1)"
      bad=1
    fi
    tests_failed=$((tests_failed + bad))
  done
  rm -rf "$logs"
}
failed_names() { grep -hE '^\[  FAILED  \] [^ ]+.* \([0-9]+ ms\)$' "$@" | sed -E 's/^\[  FAILED  \] ([^ ,]+).*/\1/' | sort -u; }

stage_tests() {
  local binary filter='*EveryDevice*'
  if ((simulated)); then filter='Activation*EveryDevice*:RunOnEveryDevice.HasTheLossesOfTheCpu'; fi
  for binary in "$bin"/tests/*_tests; do
    binary=${binary##*/}
    if [[ $binary == project_tests ]]; then continue; fi
    if ! ours "$bin/tests/$binary" --gtest_list_tests --gtest_filter="$filter" | grep -q '^  '; then continue; fi
    run_shards "$binary" "$filter" "$((limit - 3))"
  done
  failed_names "$out/tests.txt" | sed 's/^/failed: /'
  echo "$tests_passed passed, $tests_failed failed, $tests_skipped skipped$( ((tests_cut > 0)) && echo ", $tests_cut of the processes ran out of time")"
  ((tests_failed == 0 && tests_cut == 0 && tests_passed > 0))
}

# stage_sanitizer TOOL: errors fail it; running out of time does not, it is said.
stage_sanitizer() {
  local tool=$1 sanitizer=() filter='*EveryDevice*' candidate errors
  for candidate in "$(command -v compute-sanitizer)" /usr/local/cuda/bin/compute-sanitizer /opt/cuda/bin/compute-sanitizer; do
    if [[ -x $candidate ]]; then
      sanitizer=("$candidate" --tool "$tool" --error-exitcode 86 --print-limit 20)
      break
    fi
  done
  if ((simulated)); then
    sanitizer=() filter='Activation*EveryDevice*Layout*:Activation*EveryDeviceMatches*'
  elif ((${#sanitizer[@]} == 0)); then
    echo "skipped: no compute-sanitizer here"
    return 77
  fi
  run_shards kernels_tests "$filter" "$((limit - 4))" "${sanitizer[@]}"
  errors=$(sed -nE 's/^=+ ERROR SUMMARY: ([0-9]+) error.*/\1/p;s/^=+ RACECHECK SUMMARY: ([0-9]+) hazard.*/\1/p' "$out/$tool.txt" \
    | awk '{ sum += $1 } END { print sum + 0 }')
  failed_names "$out/$tool.txt" | sed 's/^/failed: /'
  echo "$errors errors, $tests_passed tests passed, $tests_failed failed$( ((tests_cut > 0)) && echo ", the rest not reached in $limit s")"
  ((errors == 0 && tests_failed == 0 && tests_passed > 0))
}

# train NAME DEVICE ARGUMENT...: a run in $work/NAME; replaces the shell that calls it.
train() {
  local name=$1 on=$2
  shift 2
  exec env LD_LIBRARY_PATH="$bin/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$bin/selfsame" train \
    --config "$root/configs/quickstart.json" --overwrite --out "$work/$name" --device "$on" --set logging.every_steps=1 \
    "${size[@]}" "$@" < /dev/null
}
losses() { grep -hoE '"loss": ?[-0-9.e+]+' "$work/$1/metrics.jsonl" | sed 's/.*: *//'; }
# Largest relative difference of two loss curves, and their number of steps: "0.00012 100".
apart() {
  paste <(losses "$1") <(losses "$2") | awk '
    NF != 2 { bad = 1 } { d = ($1 - $2) / $1; d = d < 0 ? -d : d; if (!(d <= worst)) worst = d }
    END { if (bad || NR == 0) print "nan", NR; else printf "%.3g %d\n", worst, NR }'
}
within() { awk -v d="${1% *}" -v most="$2" 'BEGIN { exit !(d != "nan" && d + 0 <= most) }'; }
same_bits() { cmp -s "$work/$1/checkpoints/last.safetensors" "$work/$2/checkpoints/last.safetensors"; }

stage_train() {
  local work steps=100 status=0 result rows=() precision cut
  work=$(mktemp -d)
  # At the configuration's own rate two correct CPU versions (Winograd and direct) are 1e-2 apart after 100 steps: Adam
  # divides gradients by their own size, and what is rounding of the small ones grows. At 1e-5 they are 7e-5 apart.
  local size=(--set optimizer.lr=1e-5 --set training.steps=100 --set training.batch=8 --set data.train.count=64 --set data.validation.count=2
    --set validation.every_steps=1000000)
  if ((simulated)); then
    steps=4
    size+=(--set training.steps=4 --set training.batch=1 --set data.crop.size=16 --set data.train.height=32 --set data.train.width=32
      --set data.validation.height=16 --set data.validation.width=16 --set model.channels=8 --set model.pools=1
      --set schedule.warmup_steps=1)
  fi
  check() { # NAME VERDICT TEXT
    echo "$1: $2 ($3)"
    rows+=("{\"check\": \"$1\", \"result\": \"$2\", \"figure\": \"$3\"}")
    if [[ $2 == failed ]]; then status=1; fi
  }
  (train cpu cpu) || status=1
  for precision in float32 tf32 bfloat16; do
    (train "$precision" "$device" --set "precision=$precision") || { check "$precision" failed "did not run"; continue; }
    result=$(apart cpu "$precision")
    # float32 on both: only the order of sums differs. The other two round every product: their own size of error.
    local most=1e-3
    if [[ $precision != float32 ]]; then most=5e-2; fi
    check "$precision losses near the CPU's" "$(within "$result" $most && echo passed || echo failed)" \
      "largest relative difference ${result% *} over ${result#* } steps, allowed $most"
    (train "$precision-again" "$device" --set "precision=$precision") || status=1
    check "$precision twice the same bits" "$(same_bits "$precision" "$precision-again" && echo passed || echo failed)" \
      "$(sha256sum < "$work/$precision/checkpoints/last.safetensors" | cut -c1-16)"
  done
  # Stopped by a signal after some steps, and resumed.
  (train stopped "$device") > "$work/log" 2>&1 &
  local pid=$!
  while kill -0 "$pid" 2> /dev/null && (($(losses stopped 2> /dev/null | wc -l) < steps / 4)); do sleep 0.02; done
  kill -TERM "$pid" 2> /dev/null
  wait "$pid"
  cut=$(losses stopped | wc -l)
  ours "$bin/selfsame" train --out "$work/stopped" --device "$device" --resume < /dev/null || status=1
  check "resumed has the bits of one run" "$(same_bits stopped float32 && echo passed || echo failed)" \
    "stopped after $cut of $steps steps"
  printf '[%s]\n' "$(IFS=,; echo "${rows[*]}")" > "$out/train.json"
  rm -rf "$work"
  printf '%s\n' "${rows[@]}" | grep -c '"passed"' | sed "s|\$| of ${#rows[@]} checks passed|"
  return "$status"
}

stage_bench() { # train|conv2d|ops PRECISION
  local what=$1 precision=$2
  local arguments=(--device "$device" --precision "$precision" --json "$out/bench-$what-$precision.json")
  if [[ $what == train ]]; then
    arguments+=(--networks "$networks")
    if ((simulated)); then arguments+=(--repeats 1 --warmup 1); fi
    ours "$bin/bench/train_throughput" --ops "${arguments[@]}" || return 1
  else
    if ((quick && !simulated)); then arguments+=(--quick --networks U1); fi
    if ((simulated)); then arguments+=(--repeats 1 --warmup 0); fi
    ours "$bin/bench/$what" "${arguments[@]}" || return 1
  fi
  echo "$(grep -c '"ms_median"' "$out/bench-$what-$precision.json") rows in bench-$what-$precision.json"
}

stage_peers() { # PRECISION VARIANTS
  local variants=$2 wrapper
  if ! python3 -c 'import torch' 2> /dev/null; then
    echo "skipped: no PyTorch for python3 here"
    return 77
  fi
  if ((!simulated)) && ! python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())'; then
    echo "skipped: PyTorch sees no GPU"
    return 77
  fi
  # Our libraries are not PyTorch's.
  wrapper=$(mktemp)
  printf '#!/usr/bin/env bash\nexport LD_LIBRARY_PATH=%q\nexec %q "$@"\n' \
    "$bin/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$bin/bench/train_throughput" > "$wrapper"
  chmod +x "$wrapper"
  python3 "$root/bench/peers/compare.py" --binary "$wrapper" --device "$device" --precision "$1" --variants "$variants" \
    --rounds 1 --repeats 15 --seconds "$((limit - 6))" --networks "$networks" --json "$out/peers-$1.json" || return 1
  rm -f "$wrapper"
  grep -E 'PyTorch (compile|channels_last|graph|eager) ' "$out/peers-$1.txt" | grep -E ' to [0-9.]+$' \
    | awk '{ n++ } END { print n + 0 " ratios in peers" }' | sed "s/\$/-$1.json/"
}
export -f stage_facts run_shards failed_names stage_tests stage_sanitizer train losses apart within same_bits stage_train \
  stage_bench stage_peers
export tests_passed tests_failed tests_skipped tests_cut

# ---- running them -------------------------------------------------------------------------------------------------------

json() { printf '"%s"' "$(tr '\n\t' '  ' <<< "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/ *$//')"; }
rows=()
failed=0
# stage NAME LIMIT FUNCTION ARGUMENT...: its output in NAME.txt, its seconds and note in the summary.
stage() {
  local name=$1 limit=$2 left=$((total - (SECONDS - started))) begin=$SECONDS result=passed code=0 note
  if [[ -n $only && ,$only, != *,"${name%%-*}",* ]]; then return; fi
  if ((quick)); then limit=$((limit / 2 + 5)); fi
  limit=$((limit < left ? limit : left))
  if ((limit < 10)); then
    code=77 note="not reached in $total s"
  else
    export limit
    timeout -k 5 "$limit" bash -c '"$@"' stage "${@:3}" > "$out/$name.txt" 2>&1 < /dev/null
    code=$?
    note=$(tail -n 1 "$out/$name.txt" | cut -c1-160)
  fi
  case $code in
    0) ;;
    77) result=skipped ;;
    124 | 137) result=failed note="ran past its limit of $limit s" ;;
    *) result=failed ;;
  esac
  if [[ $result == failed ]]; then failed=$((failed + 1)); fi
  printf '%-24s %-8s %4d s  %s\n' "$name" "$result" $((SECONDS - begin)) "$note"
  rows+=("{\"stage\": $(json "$name"), \"result\": \"$result\", \"seconds\": $((SECONDS - begin)), \"note\": $(json "$note")}")
}

# The U-Nets and the DnCNN of bench/shapes.hpp, for both programs of bench/peers.
u1='{"type": "unet", "batch": 8, "in": 1, "height": 320, "width": 320, "chans": 32, "pools": 4}'
u2='{"type": "unet", "batch": 16, "in": 1, "height": 128, "width": 128, "chans": 64, "pools": 4}'
s1='{"type": "unet", "batch": 1, "in": 3, "height": 128, "width": 128, "chans": 56, "pools": 2}'
d2='{"type": "dncnn", "batch": 16, "in": 1, "height": 128, "width": 128, "chans": 64, "depth": 17}'
networks="[$u1, $u2, $s1, $d2]"
if ((quick)); then networks="[$u1]"; fi
if ((simulated)); then
  networks='[{"type": "unet", "batch": 1, "in": 1, "height": 16, "width": 16, "chans": 8, "pools": 1}]'
fi
export networks

echo "$device: $description; driver ${driver:-unknown}; commit ${commit:-unknown}; $date; results in $out"
stage facts 20 stage_facts
stage tests 150 stage_tests
stage train 70 stage_train
stage bench-train-bfloat16 30 stage_bench train bfloat16
stage bench-train-tf32 30 stage_bench train tf32
stage bench-train-float32 30 stage_bench train float32
stage bench-conv2d-bfloat16 50 stage_bench conv2d bfloat16
stage bench-ops-bfloat16 40 stage_bench ops bfloat16
stage memcheck 60 stage_sanitizer memcheck
stage racecheck 45 stage_sanitizer racecheck
stage initcheck 40 stage_sanitizer initcheck
stage synccheck 30 stage_sanitizer synccheck
stage peers-bfloat16 150 stage_peers bfloat16 eager,channels_last,graph,compile
stage bench-conv2d-float32 40 stage_bench conv2d float32
stage bench-ops-float32 30 stage_bench ops float32
stage peers-float32 45 stage_peers float32 eager,channels_last
stage peers-tf32 45 stage_peers tf32 eager,channels_last,graph

{
  printf '{\n "device": %s,\n "description": %s,\n "driver": %s,\n "date": "%s",\n "commit": %s,\n "version": %s,\n "stages": [\n  ' \
    "\"$device\"" "$(json "$description")" "$(json "${driver:-unknown}")" "$date" "$(json "${commit:-unknown}")" "$(json "$version")"
  for i in "${!rows[@]}"; do printf '%s%s' "$( ((i > 0)) && printf ',\n  ')" "${rows[$i]}"; done
  printf '\n ]\n}\n'
} > "$out/summary.json"
echo "${#rows[@]} stages in $((SECONDS - started)) s, $failed failed; $out/summary.json"
if ((${#rows[@]} == 0)); then
  echo "gpu_check.sh: --only $only names no stage" >&2
  exit 2
fi
exit $((failed > 0))
