// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <limits>

#include "bench/verify/scenes.hpp"
#include "engine/verify/calibration.hpp"
#include "engine/verify/pair_maker.hpp"
#include "engine/verify/training_points.hpp"
#include "engine/verify/verification_record.hpp"

// How often the test rejects what is exactly unbiased, and finds a bias that is there: with gradients of a
// real network.

namespace selfsame::bench {

/// Noise2Noise on crops of 16x16 with a U-Net of 4 channels: exactly unbiased; `bias` is planted in a
/// direction that is drawn for each repeat.
class SmallDraws {
 public:
  SmallDraws(const BenchOptions& o, Stream& stream) {
    BenchOptions small = o;
    small.crop = 16;
    TrainConfig config = scene_config(small, "unet", kGaussian);
    auto& unet = std::get<UnetConfig>(config.model);
    unet.channels = 4;
    unet.pools = 1;
    maker_ = std::make_unique<PairMaker>(config, 16, kLanes, o.calibration_batch, stream);
    pairs_ = maker_->make({"noise2noise", "noise2noise", {}});
    const std::vector<TrainedPoint> points =
        train_points(config, 100, stream, [](std::int64_t) { return true; });
    pairs_->set_weights(points[1]);
    sketch_ = std::make_unique<GradientSketch>(pairs_->tensors());
    mean_.resize(static_cast<std::size_t>(sketch_->extent()));
    constexpr std::int64_t kForMean = 4096;
    for (std::int64_t m = 0; m < kForMean; m += kLanes) {
      pairs_->run(m, 0, false);
      for (std::int64_t i = 0; i < kLanes; ++i) {
        for (std::size_t k = 0; k < mean_.size(); ++k) {
          mean_[k] += static_cast<double>(pairs_->supervised(i)[k]) / kForMean;
        }
      }
    }
  }
  [[nodiscard]] const GradientSketch& sketch() const { return *sketch_; }

  /// Draws of a repeat follow each other; every repeat has its own.
  void draw(std::uint64_t repeat, std::int64_t draw, float* self_supervised, float* supervised, double bias) {
    const std::int64_t first = static_cast<std::int64_t>(repeat) * kPerRepeat + draw;
    if (draw % kLanes == 0) {
      pairs_->run(kAfterMean + first, 0, true);
    }
    if (bias > 0 && draw == 0) {
      plant(repeat, bias);
    }
    const std::int64_t i = draw % kLanes;
    for (std::int64_t k = 0; k < sketch_->extent(); ++k) {
      supervised[k] = pairs_->supervised(i)[k];
      self_supervised[k] =
          pairs_->self_supervised(i)[k] + (bias > 0 ? planted_[static_cast<std::size_t>(k)] : 0.0f);
    }
  }

 private:
  static constexpr std::int64_t kLanes = 32, kPerRepeat = 1 << 14, kAfterMean = 1 << 20;

  void plant(std::uint64_t repeat, double bias) {
    const RandomStream random(7, RandomPurpose::kTest, static_cast<std::uint32_t>(repeat), 1);
    planted_.assign(mean_.size(), 0.0f);
    double norm = 0, gradient = 0;
    for (const GradientTensor& t : sketch_->tensors()) {
      for (std::int64_t k = t.offset; k < t.offset + t.count; ++k) {
        const auto at = static_cast<std::size_t>(k);
        planted_[at] = random.normal(at);
        norm += static_cast<double>(planted_[at]) * static_cast<double>(planted_[at]);
        gradient += mean_[at] * mean_[at];
      }
    }
    for (float& b : planted_) {
      b *= static_cast<float>(bias * std::sqrt(gradient / norm));
    }
  }

  std::unique_ptr<PairMaker> maker_;
  std::unique_ptr<GradientPairs> pairs_;
  std::unique_ptr<GradientSketch> sketch_;
  std::vector<double> mean_;
  std::vector<float> planted_;
};

inline Json json_of(const Rate& rate) {
  const ProbabilityInterval interval = rate.interval();
  return {{"hits", rate.hits},
          {"trials", rate.trials},
          {"rate", rate.value()},
          {"lower95", interval.lower},
          {"upper95", interval.upper}};
}

inline std::string text_of(const Rate& rate) {
  const ProbabilityInterval interval = rate.interval();
  return fmt::format("{}/{} = {:.2f} % [{:.2f}, {:.2f}]", rate.hits, rate.trials, 100 * rate.value(),
                     100 * interval.lower, 100 * interval.upper);
}

inline Json calibrate_all(const BenchOptions& o, Stream& stream) {
  SmallDraws draws(o, stream);
  const auto generator = [&](double bias) {
    return [&draws, bias](std::uint64_t repeat, std::int64_t draw, float* ss, float* sup) {
      draws.draw(repeat, draw, ss, sup, bias);
    };
  };
  CalibrationOptions options;
  options.pilot_draws = 32;
  options.draws = 256;
  options.repeats = o.repeats;
  const auto progress = [&](const char* what) {
    return [what](std::int64_t done) { say(fmt::format("{}: repeat {}", what, done)); };
  };
  options.progress = progress("null");
  options.true_relative_bias = 0;
  const CalibrationResult null = calibrate(draws.sketch(), generator(0), options);
  say("");
  fmt::print("noise2noise, exactly unbiased, {} draws, level 5 %: rejected {}\n", options.draws,
             text_of(null.combined));
  // The whole sequential procedure of a verification, with its default number of draws.
  const VerificationOptions defaults;
  SequentialPlan plan = SequentialPlan::doubling(defaults.most_draws, defaults.first_look);
  plan.tolerance = 1e-9;  // no early "unbiased": all looks are taken
  options.repeats = o.power_repeats;
  options.true_relative_bias = std::numeric_limits<double>::quiet_NaN();
  options.progress = progress("power");
  const SequentialCalibration power = calibrate_sequential(draws.sketch(), generator(o.bias), plan, options);
  say("");
  fmt::print(
      "planted bias of {} in a random direction, at most {} draws: found {}, after {:.0f} draws on average\n",
      percent_text(o.bias), defaults.most_draws, text_of(power.significant), power.mean_draws);
  Json j;
  j["null"] = {{"method", "noise2noise"},
               {"draws", 256},
               {"level", 0.05},
               {"rejected", json_of(null.combined)},
               {"global_test", json_of(null.global)},
               {"any_layer", json_of(null.any_layer)},
               {"upper_bound_covers", json_of(null.upper_covers)}};
  j["power"] = {{"planted_relative_bias", o.bias},
                {"most_draws", defaults.most_draws},
                {"alpha", plan.alpha},
                {"found", json_of(power.significant)},
                {"mean_draws", power.mean_draws}};
  return j;
}

}  // namespace selfsame::bench
