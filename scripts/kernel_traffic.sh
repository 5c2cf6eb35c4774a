#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the CUDA kernels ask of a GPU's memories, counted on the simulated device for one step of some trainings: wavefronts
# of shared memory (bank conflicts) and 32-byte sectors of global memory (coalescing), each against the least that the
# bytes need. No GPU needed; a few minutes. Compared with the committed kernels/traffic.txt: a kernel that needs more than
# listed there fails.
#
#   scripts/kernel_traffic.sh            compare
#   scripts/kernel_traffic.sh --update   write the table anew
#   scripts/kernel_traffic.sh --places   also show the places in the code that cost most
#
#   --build DIR   build folder, default build/release
#   --table FILE  default kernels/traffic.txt
#   --only A,B    some of the trainings: bf16, tf32, float32, dncnn, mri, varnet (then no comparison)
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/release table=kernels/traffic.txt update=0 places=0 only=''
while (($# > 0)); do
  case "$1" in
    --update) update=1 ;;
    --places) places=1 ;;
    --build | --table | --only)
      if (($# < 2)); then echo "kernel_traffic.sh: $1 needs a value" >&2; exit 2; fi
      printf -v "${1#--}" %s "$2"
      shift
      ;;
    -h | --help) sed -n '3,15s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "kernel_traffic.sh: unknown argument $1 (see --help)" >&2; exit 2 ;;
  esac
  shift
done

if [[ ! -f $build/build.ninja ]]; then cmake --preset release > /dev/null; fi
cmake --build "$build" --target selfsame_traffic > "$build/traffic_build.txt" 2>&1 || { tail -n 30 "$build/traffic_build.txt"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

one_step=(--device simulated --threads 1 --set training.batch=1 --set training.steps=1 --set schedule.warmup_steps=0
  --set data.train.count=2 --set data.validation.count=1 --set validation.every_steps=1 --set logging.every_steps=1)
denoise=(--config configs/quickstart.json --set data.validation.height=64 --set data.validation.width=64)
unet=(--set model.channels=32 --set model.pools=2)
declare -A trainings=(
  [bf16]="${denoise[*]} ${unet[*]} --set precision=\"bfloat16\""
  [tf32]="${denoise[*]} ${unet[*]} --set precision=\"tf32\""
  [float32]="${denoise[*]} ${unet[*]}"
  [dncnn]="${denoise[*]} --set precision=\"bfloat16\" --set data.crop.size=32 --set model={\"type\":\"dncnn\",\"channels\":32,\"layers\":4}"
  [mri]="--config configs/mri_phantoms.json"
  [varnet]="--config configs/mri_phantoms.json --set model={\"type\":\"varnet\",\"cascades\":1,\"channels\":8,\"pools\":2}"
)
for name in bf16 tf32 float32 dncnn mri varnet; do
  if [[ -n $only && ,$only, != *,$name,* ]]; then continue; fi
  echo "One step: $name" >&2
  read -ra arguments <<< "${trainings[$name]}"
  if ! SELFSAME_SIM_TRAFFIC="$work/$name.tsv" "$build/selfsame_traffic" train "${arguments[@]}" "${one_step[@]}" \
    --out "$work/run-$name" > "$work/log" 2>&1; then
    cat "$work/log"
    exit 1
  fi
done

# kernel, memory, operation: served and least of all places.
table_of() {
  echo "# Written by scripts/kernel_traffic.sh --update. One training step each on the simulated device: wavefronts (shared)"
  echo "# and sectors (global) that are served, and the least for the same bytes."
  printf '%-8s %-6s %-5s %10s %10s %6s  %s\n' training memory "" served least ratio kernel
  for file in "$work"/*.tsv; do
    awk -F '\t' -v run="$(basename "$file" .tsv)" '
      { key = $3 "\t" $4 "\t" $1; served[key] += $8; least[key] += $9 }
      END { for (key in served) { split(key, k, "\t"); printf "%-8s %-6s %-5s %10d %10d %6.2f  %s\n",
            run, k[1], k[2], served[key], least[key], served[key] / least[key], k[3] } }' "$file"
  done | LC_ALL=C sort -k1,1 -k7,7 -k2,2 -k3,3
}
table_of > "$build/traffic.txt"

if ((places)); then
  cat "$work"/*.tsv | awk -F '\t' -v OFS='\t' '
    { key = $1 OFS $2 OFS $3 OFS $4 OFS $5; served[key] += $8; least[key] += $9 }
    END { for (key in served) if (served[key] > least[key]) print served[key] - least[key], key, served[key] / least[key] }' \
    | LC_ALL=C sort -rn | head -n 40 | while IFS=$'\t' read -r excess kernel code memory operation bytes ratio; do
    place=$(addr2line -e "$build/selfsame_traffic" -i "$code" | grep -v /device/sim/ | head -n 1 | sed -E "s#^.*/(kernels|mri|losses)/#\1/#; s# \(.*##") || true
    printf '%9d too many, %5.2f times the least: %s %s of %s bytes, %s, %s\n' "$excess" "$ratio" "$memory" "$operation" \
      "$bytes" "$kernel" "${place:-?}"
  done
fi

if [[ -n $only ]]; then cat "$build/traffic.txt"; exit 0; fi
rows=$(($(wc -l < "$build/traffic.txt") - 3))
if ((update)); then
  cp "$build/traffic.txt" "$table"
  echo "Kernel traffic: $rows rows written to $table"
  exit 0
fi
worse=$(awk '
  FNR < 4 { next }
  { key = $1 " " $2 " " $3; for (i = 7; i <= NF; ++i) key = key " " $i }
  NR == FNR { before[key] = $4; next }
  !(key in before) { if ($4 > $5) print "new: " $0; next }
  $4 > before[key] { print $0 "  (listed: " before[key] ")" }' "$table" "$build/traffic.txt")
if [[ -n $worse ]]; then
  echo "$worse"
  echo "Kernel traffic: the rows above need more than $table says; if that is meant, scripts/kernel_traffic.sh --update"
  exit 1
fi
echo "Kernel traffic: $rows rows, none needs more than $table says"
