#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From a fresh clone to a trained denoiser: installs what is missing, builds, trains one network with clean targets and
# one with noisy targets only, compares them on images that neither has seen, and writes runs/demo/report.html.
#
#   scripts/demo.sh            about four minutes on two cores after the build; run it again as often as you like
#   scripts/demo.sh 2000       the same with 2000 training steps each (at least 50: the learning rate warms up)
set -euo pipefail
cd "$(dirname "$0")/.."
steps=${1:-1200}
if ! [[ $steps =~ ^[1-9][0-9]*$ ]] || ((steps < 50)); then
  sed -n '3,7s/^# \{0,1\}//p' "$0"
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

common=(--config configs/quickstart.json --overwrite --set "training.steps=$steps"
  --set "validation.every_steps=$(((steps + 11) / 12))")

step() { printf '\n== %s\n' "$1"; }
# Shows a command and runs it.
show() {
  printf '$ %s\n' "$*"
  "$@"
}

step "1. Supervised: noisy image in, clean image as the target"
show $selfsame train "${common[@]}" --out $out/supervised

step "2. Noise2Noise: the same network, data and noise, but no clean image anywhere"
echo "The target is a second noisy measurement of the same scene, and validation looks at noisy images too."
show $selfsame train "${common[@]}" --out $out/noise2noise \
  --set objective.type=noise2noise --set validation.target=noisy --set validation.metric=loss

step "3. Both on 16 held-out images, against the truth"
echo "The last checkpoint is taken, so these images had no part in training or in choosing the weights."
for name in supervised noise2noise; do
  $selfsame evaluate --run $out/$name --checkpoint last --json $out/$name.json --save $out/images/$name > $out/$name.txt
done

# Field of one of the two means in the JSON of `evaluate`: mean FILE noisy|output psnr|ssim.
mean() {
  tr -d ' \n' < "$1" | sed -E 's/.*"mean":\{(.*)\},"images":\[.*/\1/' \
    | sed -E "s/.*\"$2\":\{[^}]*\"$3\":([-0-9.e]+).*/\1/"
}
row() {
  printf '  %-14s %8.2f dB   %6.3f   %s\n' "$1" "$(mean "$2" "$3" psnr)" "$(mean "$2" "$3" ssim)" "$4"
}
s=$out/supervised.json n=$out/noise2noise.json
printf '\n  %-14s %11s   %6s   %s\n' "" "mean PSNR" "SSIM" "learned from"
row "noisy input" $s noisy "-"
row "supervised" $s output "clean images"
row "Noise2Noise" $n output "noisy images only"
awk -v a="$(mean $s output psnr)" -v b="$(mean $n output psnr)" -v y="$(mean $s noisy psnr)" 'BEGIN {
  printf "\n  Each decibel is a factor of 1.26 in the squared error: clean targets took away %.0f %% of it, noisy ones %.0f %%.\n",
         100 * (1 - 10 ^ ((y - a) / 10)), 100 * (1 - 10 ^ ((y - b) / 10))
}'
# PSNR of every image's output, one a line; the first match is the mean's.
outputs() { tr -d ' \n' < "$1" | grep -oE '"output":\{"psnr":[-0-9.e]+' | tail -n +2 | sed 's/.*://'; }
paste <(outputs $s) <(outputs $n) | awk '{ d = $1 - $2; sum += d; squares += d * d } END {
  mean = sum / NR; error = sqrt((squares / NR - mean * mean) / (NR - 1))
  printf "  Supervised less Noise2Noise, image by image: %.3f dB, standard error %.3f. ", mean, error
  if (mean > 2 * error) print "That is what this run paid for having no truth."
  else print "No price for having no truth can be measured in this run."
  print "  The Noise2Noise gradient is right on average but noisier, so in general it needs more examples; how many more is"
  print "  the question that this project is about."
}'

step "4. How they learned"
# One point per validation. A run that sees noisy targets knows its loss only with their noise in it: the loss less
# sigma^2 is an unbiased estimate of the error against the truth, and its PSNR can be drawn beside the other.
awk -v sigma_squared="$(awk 'BEGIN { print (25 / 255) ^ 2 }')" '
  function field(name) { return match($0, "\"" name "\": *[-0-9.e+]+") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3) + 0 : 0 }
  /"validation_loss"/ {
    mse = field("validation_loss") - (FILENAME ~ /noise2noise/ ? sigma_squared : 0)
    if (mse <= 0) next
    k++; x[k] = field("step"); y[k] = -10 * log(mse) / log(10); c[k] = FILENAME ~ /noise2noise/ ? "N" : "S"
    if (k == 1 || y[k] < low) low = y[k]
    if (k == 1 || y[k] > high) high = y[k]
    if (x[k] > last) last = x[k]
  }
  END {
    w = 64; h = 12
    if (high - low < 0.01) high = low + 0.01
    for (i = 1; i <= k; i++) {
      p = int((h - 1) * (high - y[i]) / (high - low) + 0.5); q = int((w - 1) * x[i] / last + 0.5)
      at[p, q] = ((p, q) in at) && at[p, q] != c[i] ? "*" : c[i]
    }
    for (p = 0; p < h; p++) {
      label = p == 0 ? sprintf("%.1f dB", high) : p == h - 1 ? sprintf("%.1f dB", low) : ""
      line = ""
      for (q = 0; q < w; q++) line = line (((p, q) in at) ? at[p, q] : " ")
      printf "  %8s |%s\n", label, line
    }
    line = ""; for (q = 0; q < w; q++) line = line "-"
    printf "  %8s +%s\n  %8s  step 0%*d\n", "", line, "", w - 6, last
    print "  S supervised, measured against clean images; N Noise2Noise, estimated from noisy images alone; * both"
  }' $out/supervised/metrics.jsonl $out/noise2noise/metrics.jsonl

step "5. The trained network on a file"
cp $out/images/noise2noise/0000-noisy.png $out/noisy.png
show $selfsame apply --run $out/noise2noise --checkpoint last --in $out/noisy.png --out $out/denoised.png --overwrite

step "6. A page with everything"
show $selfsame report $out/supervised $out/noise2noise --out $out/report.html

cat << END

Done in $((SECONDS - started)) s of run time. Look at
  $out/report.html                    curves, images and settings of both runs
  $out/noisy.png, denoised.png        one image before and after
Try next
  $selfsame check --config configs/quickstart.json         what a run would need, and how long it would take
  $selfsame list objectives                                what each loss claims about its gradient
  $selfsame train --config configs/quickstart.json --set data.train.type=folder --set data.train.path=MY_IMAGES
END
