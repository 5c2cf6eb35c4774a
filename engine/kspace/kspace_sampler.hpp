// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/config/kspace_config.hpp"
#include "engine/kspace/kspace_preparation.hpp"
#include "engine/kspace/kspace_source.hpp"
#include "losses/kspace/kspace_objective.hpp"
#include "mri/masks/mask_family.hpp"

namespace selfsame {

/// What a sample of a batch sees: at the size of its own k-space, rows 1 or h.
struct SampleMasks {
  std::int64_t h = 1, w = 0;
  std::vector<float> sampled, input, weight;
  std::int64_t pair = 0;  ///< which of the family's laws drew it
};

/// Draws masks and splits: functions of (seed, epoch, example), the same for any batch, lane or thread.
class KSpaceSampler {
 public:
  /// @param objective  must outlive the sampler
  KSpaceSampler(const MaskConfig& mask, const KSpaceObjective& objective);

  /// The family for k-space of this size; made once per size.
  [[nodiscard]] const MaskFamily& family(std::int64_t h, std::int64_t w) const;
  /// What is known of all masks of this size: frequencies of probability 1 are in every one of them,
  /// whichever of several (centre, acceleration) pairs it was drawn with.
  [[nodiscard]] SamplingLaw law(std::int64_t h, std::int64_t w) const { return mixed_law(family(h, w)); }
  /// Rows of its masks: 1 or h.
  [[nodiscard]] std::int64_t mask_rows(std::int64_t h) const { return planes_ ? h : 1; }

  /// @param measured   what the slice was measured with; empty: a mask is drawn
  /// @param file_name  if not empty, and the family is fastMRI's: the mask that its tools give this file
  [[nodiscard]] SampleMasks draw(std::int64_t h, std::int64_t w, const SamplingMask& measured,
                                 const std::string& file_name, std::uint64_t seed, std::uint32_t epoch,
                                 std::uint32_t example) const;

 private:
  MaskConfig config_;
  const KSpaceObjective& objective_;
  bool planes_ = false, fastmri_ = false;
  mutable std::mutex mutex_;  // of the families: slices are prepared beside the training
  mutable std::map<std::pair<std::int64_t, std::int64_t>, std::unique_ptr<MaskFamily>> families_;
};

/// Masks of `test_mask` in the place of those that an objective predicts from.
class TestMasks {
 public:
  /// @param mask  absent: replace() does nothing
  explicit TestMasks(const std::optional<MaskConfig>& mask);

  /// A slice's masks for reconstructing it: everything that is sampled is input. They depend on the slice,
  /// the seed and the mask alone, so that methods that train differently are judged by the same measurements.
  void replace(SampleMasks& masks, std::uint64_t seed, const KSpaceSource& source, std::uint32_t index,
               const KSpaceExample& example) const;

 private:
  std::unique_ptr<KSpaceObjective> whole_;  ///< that splits nothing
  std::unique_ptr<KSpaceSampler> sampler_;
};

/// The masks of a validation or test slice: the same for all runs with this seed, fastMRI's own for
/// its files and mask types, and never those of training: bit 31 of the example is set.
[[nodiscard]] SampleMasks validation_masks(const KSpaceSampler& sampler, std::uint64_t seed,
                                           const KSpaceSource& source, std::uint32_t index,
                                           const KSpaceExample& example);

}  // namespace selfsame
