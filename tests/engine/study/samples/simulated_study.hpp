// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/study/samples/sample_results.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {

/// A study whose answer is known: method m needs kappa[m] times as many examples as the first for any risk.
///
///   ln mse = ln R(N / kappa_m) + image_i + shared_{s,N} + own_{m,s,N} + both_{m,s,N,i}
struct SimulatedStudy {
  std::function<double(double)> risk = [](double n) { return 0.001 + 0.1 / std::sqrt(n); };
  std::vector<double> kappa{1, 2};
  std::vector<std::int64_t> sizes{20, 40, 80, 160, 320, 640};
  std::int64_t seeds = 3, images = 12;
  double image_spread = 0.5, shared_spread = 0.05, own_spread = 0.02, both_spread = 0.05;

  /// E of the mean over images and seeds: normal deviations in the logarithm.
  [[nodiscard]] double mean_risk(std::size_t method, std::size_t size) const {
    const double square = image_spread * image_spread + shared_spread * shared_spread +
                          own_spread * own_spread + both_spread * both_spread;
    return risk(static_cast<double>(sizes[size]) / kappa[method]) * std::exp(square / 2);
  }

  [[nodiscard]] SampleResults draw(std::uint64_t number) const {
    SampleResults results;
    results.name = "simulated";
    for (std::size_t m = 0; m < kappa.size(); ++m) {
      results.methods.push_back(m == 0 ? "supervised" : "method " + std::to_string(m));
    }
    results.sizes = sizes;
    for (std::int64_t s = 0; s < seeds; ++s) {
      results.seeds.push_back(s);
    }
    for (std::int64_t i = 0; i < images; ++i) {
      results.images.push_back("image " + std::to_string(i));
    }
    const auto normal = [&](std::uint32_t kind, std::size_t m, std::size_t k, std::size_t s, std::size_t i) {
      const RandomStream random(number, RandomPurpose::kTest, kind, 7);
      return static_cast<double>(random.normal(((m * 32 + k) * 32 + s) * 64 + i));
    };
    for (std::size_t m = 0; m < kappa.size(); ++m) {
      for (std::size_t k = 0; k < sizes.size(); ++k) {
        for (std::size_t s = 0; s < results.seeds.size(); ++s) {
          SampleRun run;
          run.method = m;
          run.size = k;
          run.seed = results.seeds[s];
          const double mean = std::log(risk(static_cast<double>(sizes[k]) / kappa[m])) +
                              shared_spread * normal(1, 0, k, s, 0) + own_spread * normal(2, m, k, s, 0);
          for (std::size_t i = 0; i < results.images.size(); ++i) {
            SampleScore score;
            score.mse =
                std::exp(mean + image_spread * normal(0, 0, 0, 0, i) + both_spread * normal(3, m, k, s, i));
            score.psnr = -10 * std::log10(score.mse);
            run.scores.push_back(score);
          }
          results.runs.push_back(std::move(run));
        }
      }
    }
    results.planned = static_cast<std::int64_t>(results.runs.size());
    return results;
  }
};

}  // namespace selfsame
