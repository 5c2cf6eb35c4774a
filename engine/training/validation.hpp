// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "engine/data/image_source.hpp"
#include "engine/inference/predictor.hpp"
#include "engine/training/training_task.hpp"
#include "kernels/noise/noise.hpp"

namespace selfsame {

enum class ValidationTarget {
  kClean,  ///< ground truth (or the second measurement of pairs that are taken as truth)
  kNoisy,  ///< an independent noisy measurement: no ground truth is looked at
};

struct ValidationSpec {
  ValidationTarget target = ValidationTarget::kClean;
  NoiseModel input_noise, target_noise;
  std::uint64_t noise_seed = 0;  ///< shared by all runs of a study
};

/// The pixels of `image` with its measurement noise, a function of (seed, purpose, draw,
/// example) alone: what every validation and every evaluation with the same seed sees. Not clipped.
/// @param draw  0 for the input; 1 for an independent second measurement
[[nodiscard]] std::vector<float> noisy_pixels(const Image& image, std::uint32_t example, std::uint32_t draw,
                                              const NoiseModel& noise, std::uint64_t seed,
                                              RandomPurpose purpose, Stream& stream);

/// Noisy validation images and their targets, made once and kept: every validation of a run, and of all runs
/// with the same noise seed, sees the same measurements.
class ValidationSet {
 public:
  ValidationSet(const ImageSource& source, std::span<const std::uint32_t> examples,
                const ValidationSpec& spec, int threads);

  /// By image. psnr: of the prediction clipped to [0, 1], peak 1; loss: mean squared error, not clipped.
  [[nodiscard]] std::vector<ValidationResult> evaluate(Predictor& predictor) const;
  /// Makes the predictor take the memory that `evaluate` will need.
  void prepare(Predictor& predictor) const;
  [[nodiscard]] std::size_t count() const { return images_.size(); }
  [[nodiscard]] std::size_t bytes() const;

  struct Item {
    std::uint32_t example = 0;
    std::int64_t channels = 0, h = 0, w = 0;
    std::vector<float> noisy, target;
  };
  [[nodiscard]] const std::vector<Item>& images() const { return images_; }

 private:
  std::vector<Item> images_;
  std::vector<std::vector<std::size_t>> groups_;  // of equal size, each run as one batch
};

}  // namespace selfsame
