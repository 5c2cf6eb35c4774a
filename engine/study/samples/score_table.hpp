// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/study/samples/sample_results.hpp"

namespace selfsame {

/// Mean of one score over the seeds and test images of one method and size, and how seeds and images differ.
struct ScoreCell {
  std::size_t seeds = 0;                 ///< that took part; 0: nothing is known
  double mean = 0;                       ///< over images, then over seeds
  std::vector<double> seed_deviations;   ///< by seed: its mean - mean; 0 for seeds that did not take part
  std::vector<double> image_deviations;  ///< by image: its mean over the seeds - mean
};

/// The runs of a study by method, size and seed: those whose risk can be compared.
class ScoreTable {
 public:
  /// Errors: Error(kInternal) for no method, sizes that do not rise, a run of an unknown method, size or
  /// seed, a run twice, or scores of another number of images than the study has.
  explicit ScoreTable(const SampleResults& results);

  /// Indices of the seeds that have a usable run: no failure, and a finite risk above 0.
  [[nodiscard]] std::vector<std::size_t> seeds(std::size_t method, std::size_t size) const;
  /// Those that both methods have.
  [[nodiscard]] std::vector<std::size_t> shared(std::size_t first, std::size_t second,
                                                std::size_t size) const;
  /// Over the given seeds, each of which has a usable run. NaN scores make the mean NaN.
  [[nodiscard]] ScoreCell cell(std::size_t method, std::size_t size, const std::vector<std::size_t>& seeds,
                               double SampleScore::*score) const;

  /// A sentence for every run that is left out though it ended, in the order of the runs.
  [[nodiscard]] const std::vector<std::string>& left_out() const { return left_out_; }
  [[nodiscard]] std::int64_t runs() const { return usable_; }

 private:
  [[nodiscard]] const SampleRun* at(std::size_t method, std::size_t size, std::size_t seed) const {
    return runs_[(method * results_.sizes.size() + size) * results_.seeds.size() + seed];
  }

  const SampleResults& results_;
  std::vector<const SampleRun*> runs_;  // (methods, sizes, seeds), null where there is none
  std::vector<std::string> left_out_;
  std::int64_t usable_ = 0;
};

}  // namespace selfsame
