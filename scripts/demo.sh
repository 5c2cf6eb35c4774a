#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From a fresh clone to an answer: installs what is missing, builds, trains 45 small denoisers with clean and with noisy
# targets on 4 to 330 generated images, and says how many more examples the noisy targets cost: runs/demo/report.html.
#
#   scripts/demo.sh            about two minutes on two cores after the build; run it again as often as you like
#   scripts/demo.sh FOLDER     the same with your own images (PNG or JPEG, at least 400 of 32x32 pixels or more)
set -euo pipefail
cd "$(dirname "$0")/.."
if (($# > 1)) || [[ ${1:-} == -* ]]; then
  sed -n '3,7s/^# \{0,1\}//p' "$0"
  exit 2
fi
images=${1:-}
if [[ -n $images && ! -d $images ]]; then
  echo "demo.sh: $images is no folder" >&2
  exit 2
fi

scripts/setup.sh
echo "Building (build/release) ..."
mkdir -p build/log
if ! { cmake --preset release \
  && cmake --build --preset release --parallel "$(nproc)" --target selfsame; } > build/log/demo.txt 2>&1; then
  tail -n 40 build/log/demo.txt
  echo "demo.sh: the build failed; all of its output is in build/log/demo.txt"
  exit 1
fi
selfsame=build/release/selfsame
out=runs/demo
started=$SECONDS

step() { printf '\n== %s\n' "$1"; }
# Shows a command and runs it.
show() {
  printf '$ %s\n' "$*"
  "$@"
}

step "1. The study: the same network with clean targets, and with noisy ones only"
options=(--config configs/study_quickstart.json --out $out --overwrite)
if [[ -n $images ]]; then
  options+=(--set "study.run.data.train={\"type\": \"folder\", \"path\": \"$images\"}" --set study.test=null)
fi
show $selfsame study "${options[@]}"

step "2. One of its networks, which has never seen a clean image, on a noisy file"
show $selfsame apply --run "$out/runs/1-noise2noise-sigma-25-n330-s0" --in $out/pictures/0-noisy.png --out $out/denoised.png \
  --overwrite

step "3. Is the gradient of that loss really the supervised one, on average?"
rm -f $out/verdict.html
show $selfsame verify --config configs/quickstart.json --report $out/verdict.html || (($? == 7))  # 7: something is not as claimed

cat << END

Done in $((SECONDS - started)) s of run time. Look at
  $out/report.html                      the answer, curves, pictures and all numbers
  $out/verdict.html                     the verdict on the gradients
  $out/pictures/0-noisy.png, $out/denoised.png
Try next
  $selfsame study --config configs/study_quickstart.json --check                   what a study would take
  $selfsame list objectives                                                        what each loss claims about its gradient
  scripts/demo.sh MY_IMAGES                                                        the same question for your images
END
