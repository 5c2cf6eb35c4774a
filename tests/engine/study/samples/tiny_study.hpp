// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <string>

#include "engine/study/samples/sample_answer.hpp"
#include "engine/study/samples/sample_results.hpp"
#include "engine/study/study_context.hpp"

namespace selfsame {

constexpr const char* kOddLabel = "a<b>&\"c\", 'd'";  ///< of the last method
constexpr const char* kOddFailure = "diverged: \"loss\" is <nan>,\nat step 812";

/// Three methods, three sizes, two seeds, two images; one run failed, all others are there. Method m has the
/// risk (m + 1) / N at both images.
inline SampleResults tiny_study() {
  SampleResults r;
  r.name = "a <tiny> study";
  r.methods = {"supervised", "noise2noise, σ′ = 25", kOddLabel};
  r.sizes = {20, 80, 1280};
  r.seeds = {0, 1};
  r.images = {"x.png", "<y>.png"};
  r.metric = "psnr";
  r.planned = 18;
  for (std::size_t m = 0; m < 3; ++m) {
    for (std::size_t s = 0; s < 3; ++s) {
      for (const std::int64_t seed : r.seeds) {
        SampleRun run;
        run.method = m;
        run.size = s;
        run.seed = seed;
        run.steps = 400;
        run.curve = {{100, 0.5, 20.25}, {200, 0.25, 22.5}};
        if (m == 1 && s == 1 && seed == 1) {
          run.failure = kOddFailure;
        } else {
          const double risk = static_cast<double>(m + 1) / static_cast<double>(r.sizes[s]);
          run.end = seed == 0 ? "schedule" : "early stopping";
          run.best_step = 200;
          run.best_validation = 22.5;
          run.scores = {{risk, -10 * std::log10(risk)}, {risk, -10 * std::log10(risk)}};
        }
        r.runs.push_back(run);
      }
    }
  }
  r.variances = {{1, "supervised, N = 80, seed 0", 1.75, 1.5, 2.0, 1.875, 1.625, 2.125, 400}};
  SamplePicture picture;
  picture.image = "<y>.png";
  picture.noisy = "noisy png";
  picture.clean = "clean png";
  picture.noisy_psnr = 20.17;
  for (std::size_t s = 0; s < 3; ++s) {
    picture.outputs.push_back({0, s, "output png", "error png", 30.0 + static_cast<double>(s)});
    picture.outputs.push_back({2, s, "output png", "", 28.0 + static_cast<double>(s)});
  }
  r.pictures = {picture};
  return r;
}

/// An answer to it, put together by hand: all kinds of factors occur.
inline SampleAnswer tiny_answer() {
  const auto around = [](double value, double half) {
    return SampleInterval{value, value - half, value + half};
  };
  const SampleResults r = tiny_study();
  SampleAnswer a;
  a.sentence = "The answer is <2.5>.";
  a.notes = {"1 run failed & is left out."};
  constexpr ExtraKind kKinds[] = {ExtraKind::kAtLeast, ExtraKind::kValue, ExtraKind::kMerged,
                                  ExtraKind::kAtMost,  ExtraKind::kFlat,  ExtraKind::kNothing};
  std::size_t kind = 0;
  for (std::size_t m = 0; m < 3; ++m) {
    for (std::size_t s = 0; s < 3; ++s) {
      const double n = static_cast<double>(r.sizes[s]), risk = static_cast<double>(m + 1) / n;
      a.points.push_back({m, s, 2, around(risk, risk / 8), around(25 - static_cast<double>(m), 0.25), {}});
      if (m > 0) {
        a.gaps.push_back({m, s, 2, around(static_cast<double>(m) / n, 0.125 / n),
                          around(-static_cast<double>(m), 0.125), true});
        ExtraExamples extra{m, s, kKinds[kind++], {}, "In words <" + std::to_string(kind) + ">."};
        if (extra.kind == ExtraKind::kValue) {
          extra.factor = around(2.5, 0.5);
        }
        if (extra.kind == ExtraKind::kAtLeast) {
          extra.factor.low = 4;
        }
        if (extra.kind == ExtraKind::kAtMost) {
          extra.factor.high = 0.75;
        }
        a.extras.push_back(extra);
      }
    }
    a.curves.push_back({0.5, 0.25, std::nan("")});
    a.laws.push_back({m, {}, {}, {}, 0, "no <fit>"});
    if (m > 0) {
      a.trends.push_back({m, 0, 2, around(0.25, 0.125), around(0.5, 0.25)});
    }
  }
  a.laws[0] = {0, around(0.0005, 0.0001), around(1, 0.125), around(1, 0.25), 0.0625, ""};
  a.factors = {{}, around(2.5, 0.5), {}};
  a.joint.missing = "too few sizes";
  return a;
}

inline StudyContext tiny_context() {
  StudyContext context;
  context.name = "a <tiny> study";
  context.command = "selfsame study --set name=\"a & b\"";
  context.config = "{\"a\": \"<b>\"}";
  context.environment = {{"cpu", "x & y"}};
  return context;
}

}  // namespace selfsame
