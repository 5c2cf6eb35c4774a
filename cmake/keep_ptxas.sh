#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Launcher of nvcc: runs the compile command and keeps what `ptxas -v` says of registers and spills beside the object,
# as OBJECT.ptxas.txt for scripts/kernel_resources.sh. Everything else that the compiler says is passed on.
#
#   keep_ptxas.sh [ccache] nvcc ... -o OBJECT ...
set -uo pipefail

object=
for ((i = 1; i < $#; i++)); do
  if [[ ${!i} == -o ]]; then
    next=$((i + 1))
    object=${!next}
  fi
done
if [[ -z $object ]]; then exec "$@"; fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$@" 2> "$log"
status=$?
# "ptxas info" with a code in brackets is advice, such as "Potential Performance Loss": shown, not kept.
kept='^ptxas info *: [^(]|^ +[0-9]+ bytes stack frame'
grep -vE "$kept" "$log" >&2
if ((status == 0)); then grep -E "$kept" "$log" > "$object.ptxas.txt"; fi
exit "$status"
