#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Registers, spills and shared memory of every CUDA kernel, from what ptxas said when the build assembled it
# (cmake/keep_ptxas.sh keeps it beside each object, so nothing is compiled again). Written to build/kernel_resources.txt
# and compared with the committed kernels/resources.txt: a kernel that spills more bytes than listed there fails, and one
# that is not listed may not spill at all.
#
#   scripts/kernel_resources.sh            compare
#   scripts/kernel_resources.sh --update   write the table anew
#
#   --build DIR   build folder, default build/release
#   --table FILE  default kernels/resources.txt
#   --out FILE    default build/kernel_resources.txt
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/release table=kernels/resources.txt out=build/kernel_resources.txt update=0
while (($# > 0)); do
  case "$1" in
    --update) update=1 ;;
    --build | --table | --out)
      if (($# < 2)); then echo "kernel_resources.sh: $1 needs a value" >&2; exit 2; fi
      printf -v "${1#--}" %s "$2"
      shift
      ;;
    -h | --help) sed -n '3,13s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "kernel_resources.sh: unknown argument $1 (known: --update, --build, --table, --out, --help)" >&2; exit 2 ;;
  esac
  shift
done

if [[ ! -d $build ]]; then
  echo "kernel_resources.sh: no build folder $build" >&2
  exit 2
fi
if ! grep -qE '^CMAKE_CUDA_COMPILER:[A-Z]*=.*nvcc' "$build/CMakeCache.txt" 2> /dev/null \
  || grep -qE '^SELFSAME_CUDA:[A-Z]*=OFF' "$build/CMakeCache.txt"; then
  echo "Kernel resources: built without nvcc, nothing was assembled"
  exit 0
fi

# Rows "file<TAB>kernel<TAB>arch<TAB>registers<TAB>stores<TAB>loads<TAB>shared<TAB>stack" of one ptxas output.
rows() {
  awk -v file="$1" '
    /Compiling entry function/ {
      split($0, part, "\047"); kernel = part[2]; arch = part[4]; stack = stores = loads = 0
    }
    /bytes stack frame/ { stack += $1; stores += $5; loads += $9 }
    /Used [0-9]+ registers/ {
      match($0, /Used [0-9]+/); registers = substr($0, RSTART + 5, RLENGTH - 5)
      shared = match($0, /[0-9]+ bytes smem/) ? substr($0, RSTART, RLENGTH) + 0 : 0
      printf "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\n", file, kernel, arch, registers, stores, loads, shared, stack
    }' "$2"
}

missing=()
all=$(mktemp)
trap 'rm -f "$all"' EXIT
while IFS= read -r source; do
  said=$build/CMakeFiles/${source%%/*}_cuda.dir/$source.o.ptxas.txt
  if [[ -f $said ]]; then rows "$source" "$said" >> "$all"; else missing+=("$source"); fi
done < <(find kernels mri losses models engine -name '*.cu' | LC_ALL=C sort)
if ((${#missing[@]} > 0)); then
  echo "kernel_resources.sh: not assembled in $build: ${missing[*]}" >&2
  exit 1
fi

mkdir -p "$(dirname "$out")"
{
  echo "# Written by scripts/kernel_resources.sh --update. Bytes per thread (spills, stack) and per block (shared, static)."
  printf '%-5s %9s %6s %5s %6s %5s  %s\n' arch registers stores loads shared stack "file: kernel"
  c++filt -p < "$all" | sed -E 's/(selfsame::|cuda::|\(anonymous namespace\)::)//g' | LC_ALL=C sort -u \
    | awk -F '\t' '{ printf "%-5s %9d %6d %5d %6d %5d  %s: %s\n", $3, $4, $5, $6, $7, $8, $1, $2 }'
} > "$out"
kernels=$(($(wc -l < "$out") - 2))

if ((update)); then
  cp "$out" "$table"
  echo "Kernel resources: $kernels rows written to $table"
  exit 0
fi
if [[ ! -f $table ]]; then
  echo "kernel_resources.sh: no $table; write it with scripts/kernel_resources.sh --update" >&2
  exit 1
fi
# Name and spilled bytes of every row; those with more than the table lists are printed.
worse=$(awk '
  /^#/ || $1 == "arch" { next }
  {
    name = $1; for (i = 7; i <= NF; i++) name = name " " $i
    spilled = $3 + $4
    if (FNR == NR) { listed[name] = spilled; next }
    if (spilled > listed[name] + 0) printf "  %s: spills %d bytes, listed %d\n", name, spilled, listed[name] + 0
  }' "$table" "$out")
if [[ -n $worse ]]; then
  printf 'kernel_resources.sh: kernels that spill more than %s lists:\n%s\n' "$table" "$worse" >&2
  exit 1
fi
echo "Kernel resources: $kernels rows in $out, no new spill"
