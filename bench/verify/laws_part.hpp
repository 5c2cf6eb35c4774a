// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>

#include "bench/verify/scenes.hpp"
#include "engine/verify/gradient_spread.hpp"
#include "engine/verify/pair_maker.hpp"
#include "engine/verify/training_points.hpp"
#include "engine/verify/variance_laws.hpp"

// The laws of the excess variance, and the statistic of the paper's histograms.

namespace selfsame::bench {

inline std::vector<VarianceLaw> measure_laws(const BenchOptions& o, Stream& stream) {
  LawOptions options;
  options.draws = 4096;
  std::vector<VarianceLaw> laws;
  const TrainConfig images = scene_config(o, "unet", kGaussian);
  say("laws: target noise");
  const auto at = [&](const TrainConfig& config) {
    return train_points(config, o.steps, stream, [](std::int64_t) { return true; })[1];
  };
  const std::vector<double> sigmas{12.5 / 255, 25.0 / 255, 50.0 / 255};
  options.jacobian_draws = 32;
  laws.push_back(noise_variance_law(images, 16, sigmas, at(images), options, stream));
  say("laws: masked targets");
  const TrainConfig kspace = scene_config(o, "kspace", "");
  const std::vector<double> probabilities{0.7, 0.5, 0.4};
  options.jacobian_draws = o.law_draws;
  laws.push_back(mask_variance_law(kspace, probabilities, 0.3, at(kspace), options, stream));
  say("");
  for (const VarianceLaw& law : laws) {
    fmt::print("{}\n", law.name);
    for (const VarianceLaw::Point& p : law.points) {
      fmt::print("  {:>8.4f}: measured {:.5g} [{:.5g}, {:.5g}], predicted {:.5g} ({:+.1f} %)\n", p.x,
                 p.excess, p.lower, p.upper, p.predicted, 100 * (p.predicted / p.excess - 1));
    }
    fmt::print("  ratio of the last two {:.3f} [{:.3f}, {:.3f}], expected {:.3f}\n", law.ratio,
               law.ratio_lower, law.ratio_upper, law.expected_ratio);
  }
  return laws;
}

/// |g_i - mean|^2 / |mean|^2 of single examples, mean the supervised one: the paper's histograms.
inline Json histograms(const BenchOptions& o, Stream& stream) {
  const TrainConfig config = scene_config(o, "unet", kGaussian);
  PairMaker maker(config, 0, o.lanes, 1, stream);
  const TrainedPoint point = train_points(config, o.steps, stream, [](std::int64_t) { return true; })[1];
  Json rows = Json::array();
  fmt::print("|g_i - g|^2 / |g|^2 of single examples, g the mean supervised gradient; {}\n", maker.text());
  for (const double sigma : {0.0, 25.0, 50.0}) {
    const auto pairs = maker.make({"noise2noise", "noise2noise", {{"sigma", sigma / 255}}});
    pairs->set_weights(point);
    const GradientSketch sketch(pairs->tensors());
    DrawStatistics statistics(sketch);
    constexpr std::int64_t kDraws = 4096;
    pairs->run(0, 0, false);
    statistics.add_pilot(pairs->supervised(0));
    for (std::int64_t m = 0; m < kDraws; m += pairs->lanes()) {
      pairs->run(o.lanes + m, 0, true);
      for (std::int64_t i = 0; i < pairs->lanes(); ++i) {
        statistics.add(pairs->self_supervised(i), pairs->supervised(i));
      }
    }
    std::vector<double> values = gradient_spread(statistics, true);
    std::sort(values.begin(), values.end());
    double mean = 0;
    for (const double v : values) {
      mean += v / static_cast<double>(values.size());
    }
    const auto at = [&](double q) {
      return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
    };
    fmt::print(
        "  target noise {:>2.0f}/255: mean {:.3f}, median {:.3f}, 5 % {:.3f}, 95 % {:.3f}, largest {:.3f}\n",
        sigma, mean, at(0.5), at(0.05), at(0.95), values.back());
    rows.push_back({{"target_sigma", sigma},
                    {"draws", statistics.draws()},
                    {"mean", mean},
                    {"median", at(0.5)},
                    {"q05", at(0.05)},
                    {"q95", at(0.95)},
                    {"largest", values.back()}});
  }
  return rows;
}

}  // namespace selfsame::bench
