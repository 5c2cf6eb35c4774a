// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "engine/kspace/fill_sample.hpp"
#include "engine/verify/gradient_pairs.hpp"
#include "engine/verify/grouped_difference.hpp"

namespace selfsame {

/// Pairs of gradients of accelerated MRI. Every draw takes a slice, a new mask, a new split; slices must be
/// fully sampled. Besides the gradients, the slope of objective and risk along the error of every column of
/// k-space is kept, sum over coils and rows of Re conj(d_j) (f_j - target_j): at which frequencies an
/// objective is biased.
///
/// The truth is k-space without noise where the source can make it (simulated images, phantoms, unless coils
/// are compressed); of measured files it is the fully sampled k-space as it was measured, so that a bias from
/// noise that input and target share cannot be seen.
class KSpacePairs final : public GradientPairs {
 public:
  /// Masks are drawn anew every time, whatever the configuration says. @param batch  slices of a draw
  /// Errors: those of the data; Error(kUsage) for slices that were measured undersampled.
  KSpacePairs(const TrainConfig& config, std::unique_ptr<KSpaceObjective> objective, std::int64_t lanes,
              std::int64_t batch, Stream& stream);

  [[nodiscard]] std::vector<UnbiasednessClaim> claims() const override { return {objective_->claim()}; }
  [[nodiscard]] std::vector<GradientTensor> tensors() const override { return gradients_->tensors(); }
  [[nodiscard]] std::int64_t lanes() const override { return pass_->lanes(); }
  void set_weights(const TrainedPoint& point) override { gradients_->set_weights(point); }
  void run(std::int64_t first, std::size_t claim, bool objective) override;
  [[nodiscard]] const float* self_supervised(std::int64_t i) const override {
    return kept_.data() + i * extent_;
  }
  [[nodiscard]] const float* supervised(std::int64_t i) const override { return gradients_->gradient(i); }
  [[nodiscard]] std::int64_t groups() const override { return by_column_ ? shape_.w : 0; }
  [[nodiscard]] std::span<const double> group_difference(std::int64_t i) const override {
    return {difference_.data() + i * shape_.w, static_cast<std::size_t>(shape_.w)};
  }
  [[nodiscard]] std::span<const double> group_supervised(std::int64_t i) const override {
    return {supervised_columns_.data() + i * shape_.w, static_cast<std::size_t>(shape_.w)};
  }

  /// The objective's weight of every frequency in the loss, in closed form.
  [[nodiscard]] std::vector<double> risk_weights_of_law() const {
    return objective_->preflight(sampler_.law(shape_.h, shape_.w)).weight;
  }

 private:
  void fill(std::int64_t first);
  void put_truth(std::span<std::complex<float>> to, std::uint32_t index, const KSpaceExample& example);
  void see_columns(ConstTensorView prediction, ConstTensorView dprediction, Stream& stream,
                   std::vector<double>& columns);

  TrainConfig config_;
  std::unique_ptr<ReconstructionModel> model_;
  std::unique_ptr<KSpaceObjective> objective_;
  KSpaceRunData data_;
  KSpaceSampler sampler_;
  std::unique_ptr<PreparedSlices> slices_, clean_;  // clean: the same slices without noise, or null
  SliceShape shape_;
  std::unique_ptr<KSpacePass> pass_;
  std::unique_ptr<PassGradients> gradients_;
  std::int64_t extent_ = 0;
  bool by_column_ = false;
  std::vector<float> kept_, prediction_, dprediction_;
  std::vector<double> difference_, supervised_columns_;  // (L, W)
};

}  // namespace selfsame
