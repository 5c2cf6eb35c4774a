// SPDX-License-Identifier: Apache-2.0
#include "engine/kspace/fill_sample.hpp"

#include <algorithm>

#include "engine/kspace/slice_method.hpp"

namespace selfsame {

SliceShape common_shape(const KSpaceSource& source, const PreparationOptions& options) {
  SliceShape common;
  std::int64_t first = 0;
  for (std::int64_t i = 0; i < source.count(); ++i) {
    const SliceShape shape = prepared_shape(source.shape(i), options);
    if (common.h == 0) {
      common = shape;
      first = i;
    }
    if (shape.h != common.h) {
      fail(ErrorKind::kData,
           "{} has {} rows and {} has {}: bring them to one number with /kspace/readout (at most {})",
           source.name(first), common.h, source.name(i), shape.h, std::min(shape.h, common.h));
    }
    common.coils = std::max(common.coils, shape.coils);
    common.w = std::max(common.w, shape.w);
  }
  return common;
}

void place_stack(std::span<std::complex<float>> to, const SliceShape& shape,
                 const std::vector<std::complex<float>>& from, std::int64_t coils, std::int64_t w) {
  std::fill(to.begin(), to.end(), std::complex<float>(0));
  const std::int64_t left = shape.w / 2 - w / 2;
  for (std::int64_t row = 0; row < coils * shape.h; ++row) {
    std::copy_n(from.begin() + row * w, w, to.begin() + row * shape.w + left);
  }
}

void place_rows(std::span<float> to, std::int64_t width, std::span<const float> from, std::int64_t w) {
  std::fill(to.begin(), to.end(), 0.0f);
  const std::int64_t left = width / 2 - w / 2;
  for (std::int64_t row = 0; row < static_cast<std::int64_t>(from.size()) / w; ++row) {
    std::copy_n(from.begin() + row * w, w, to.begin() + row * width + left);
  }
}

void fill_sample(KSpacePass::Sample& sample, const SliceShape& shape, const KSpaceExample& example,
                 const SampleMasks& masks, bool truth) {
  const KSpaceExample& e = example;
  place_stack(sample.kspace, shape, truth ? e.kspace : masked_kspace(e, masks.sampled), e.coils, e.w);
  if (!sample.maps.empty()) {
    place_stack(sample.maps, shape, e.maps, e.coils, e.w);
  }
  if (!sample.truth.empty()) {
    place_stack(sample.truth, shape, e.kspace, e.coils, e.w);
  }
  place_rows(sample.sampled, shape.w, masks.sampled, e.w);
  place_rows(sample.input, shape.w, masks.input, e.w);
  place_rows(sample.weight, shape.w, masks.weight, e.w);
  if (!sample.magnitude.empty()) {
    place_rows(sample.magnitude, shape.w, e.reference, e.w);
  }
  sample.peak = e.reference.empty() ? 1.0f : *std::max_element(e.reference.begin(), e.reference.end());
  sample.sigma = e.sigma;
  sample.origin = {};
  sample.origin.image_h = shape.h;
  sample.origin.image_w = 2 * shape.w;
}

}  // namespace selfsame
