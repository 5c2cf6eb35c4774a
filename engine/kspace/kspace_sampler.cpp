// SPDX-License-Identifier: Apache-2.0
#include "engine/kspace/kspace_sampler.hpp"

#include <algorithm>

#include "losses/kspace/registry.hpp"

namespace selfsame {

KSpaceSampler::KSpaceSampler(const MaskConfig& mask, const KSpaceObjective& objective)
    : config_(mask), objective_(objective) {
  for (const MaskFamilyInfo& info : mask_families()) {
    if (info.name == mask.type) {
      planes_ = info.planes;
      fastmri_ = info.fastmri;
    }
  }
}

const MaskFamily& KSpaceSampler::family(std::int64_t h, std::int64_t w) const {
  const std::scoped_lock lock(mutex_);
  std::unique_ptr<MaskFamily>& made = families_[{mask_rows(h), w}];
  if (made == nullptr) {
    made = make_mask_family(config_.type, {mask_rows(h), w, config_.file.string()}, config_.options);
  }
  return *made;
}

SampleMasks KSpaceSampler::draw(std::int64_t h, std::int64_t w, const SamplingMask& measured,
                                const std::string& file_name, std::uint64_t seed, std::uint32_t epoch,
                                std::uint32_t example) const {
  const MaskFamily& masks = family(h, w);
  DrawnMask drawn;
  if (!measured.sampled.empty()) {
    drawn.mask = measured;
  } else if (fastmri_ && !file_name.empty()) {
    drawn = masks.draw_for_file(file_name);
  } else {
    const std::uint32_t when = config_.frozen ? 0 : epoch;
    drawn = masks.draw(RandomStream(seed, RandomPurpose::kMask, when, example));
  }
  SampleMasks out;
  out.pair = drawn.pair;
  out.h = drawn.mask.h;
  out.w = drawn.mask.w;
  out.sampled.resize(drawn.mask.sampled.size());
  std::transform(drawn.mask.sampled.begin(), drawn.mask.sampled.end(), out.sampled.begin(),
                 [](std::uint8_t s) { return s != 0 ? 1.0f : 0.0f; });
  out.input.resize(out.sampled.size());
  out.weight.resize(out.sampled.size());
  objective_.split(out.input, out.weight, drawn.mask, masks.law(drawn.pair),
                   RandomStream(seed, RandomPurpose::kSplit, objective_.resamples() ? epoch : 0, example));
  return out;
}

SampleMasks validation_masks(const KSpaceSampler& sampler, std::uint64_t seed, const KSpaceSource& source,
                             std::uint32_t index, const KSpaceExample& example) {
  constexpr std::uint32_t kHeldOut = 0x80000000u;
  return sampler.draw(example.h, example.w, example.measured, source.file_name(index), seed, 0,
                      index | kHeldOut);
}

TestMasks::TestMasks(const std::optional<MaskConfig>& mask) {
  if (mask) {
    whole_ = make_kspace_objective("supervised_kspace", {});
    sampler_ = std::make_unique<KSpaceSampler>(*mask, *whole_);
  }
}

void TestMasks::replace(SampleMasks& masks, std::uint64_t seed, const KSpaceSource& source,
                        std::uint32_t index, const KSpaceExample& example) const {
  if (sampler_ != nullptr) {
    const std::int64_t pair = masks.pair;  // an objective's correction is that of its own masks
    masks = validation_masks(*sampler_, seed, source, index, example);
    masks.input = masks.sampled;
    masks.pair = pair;
  }
}

}  // namespace selfsame
