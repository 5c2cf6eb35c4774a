// SPDX-License-Identifier: Apache-2.0
#include "engine/kspace/slice_method.hpp"

#include <algorithm>
#include <cmath>

namespace selfsame {
namespace {

std::int64_t rows_of(const KSpaceExample& e, std::span<const float> mask) {
  return static_cast<std::int64_t>(mask.size()) / e.w;
}

SamplingMask as_mask(const KSpaceExample& e, std::span<const float> mask) {
  SamplingMask sampled{rows_of(e, mask), e.w, {}};
  for (const float m : mask) {
    sampled.sampled.push_back(m != 0.0f ? 1 : 0);
  }
  return sampled;
}

}  // namespace

std::vector<std::complex<float>> masked_kspace(const KSpaceExample& e, std::span<const float> mask) {
  std::vector<std::complex<float>> kspace = e.kspace;
  // A mask of columns repeats in every row; one of planes in every coil.
  for (std::size_t i = 0; i < kspace.size(); ++i) {
    if (mask[i % mask.size()] == 0.0f) {
      kspace[i] = 0;
    }
  }
  return kspace;
}

const std::vector<float>& test_mask(const KSpaceObjective* objective, const SampleMasks& masks) {
  return objective != nullptr && objective->predicts_from_split() ? masks.input : masks.sampled;
}

double held_out_error(std::span<const float> predicted, const KSpaceExample& e, const SampleMasks& masks) {
  double sum = 0;
  for (std::size_t i = 0; i < e.kspace.size(); ++i) {
    const std::size_t j = i % masks.weight.size();
    if (masks.sampled[j] != 0.0f && masks.input[j] == 0.0f) {
      const double re = static_cast<double>(predicted[2 * i]) - e.kspace[i].real();
      const double im = static_cast<double>(predicted[2 * i + 1]) - e.kspace[i].imag();
      sum += static_cast<double>(masks.weight[j]) * (re * re + im * im);
    }
  }
  return sum / static_cast<double>(e.kspace.size());
}

void mask_by_maps(std::vector<float>& image, const KSpaceExample& example) {
  for (std::size_t i = 0; i < image.size() && !example.maps.empty(); ++i) {
    bool inside = false;
    for (std::size_t c = i; c < example.maps.size() && !inside; c += image.size()) {
      inside = example.maps[c] != std::complex<float>(0);
    }
    image[i] = inside ? image[i] : 0.0f;
  }
}

std::vector<float> NetworkMethod::predict(const KSpaceExample& e, std::span<const float> mask,
                                          ReconstructionDomain domain) const {
  const std::vector<std::complex<float>> kspace = masked_kspace(e, mask);
  // Learned maps see the centre that every mask samples, or, of a measured mask, its own.
  const CalibrationRegion centre = e.measured.sampled.empty()
                                       ? always_sampled(sampler_.law(e.h, e.w), e.h, 0)
                                       : fully_sampled_centre(e.measured, e.h, e.h, e.w);
  SliceInput input;
  input.coils = e.coils;
  input.h = e.h;
  input.w = e.w;
  input.mask_h = rows_of(e, mask);
  input.kspace = kspace;
  input.mask = mask;
  input.maps = e.maps;
  input.centre_first = centre.column;
  input.centre_count = centre.columns;
  return reconstructor_.predict(input, domain);
}

std::vector<float> NetworkMethod::predicted_kspace(const KSpaceExample& e, const SampleMasks& masks,
                                                   std::span<const float> mask) const {
  std::vector<float> kspace = predict(e, mask, ReconstructionDomain::kKSpace);
  if (objective_ != nullptr && objective_->corrects()) {
    const std::vector<std::complex<float>> measured = masked_kspace(e, mask);
    objective_->correct(kspace, sampler_.family(e.h, e.w).law(masks.pair),
                        {reinterpret_cast<const float*>(measured.data()), 2 * measured.size()},
                        as_mask(e, mask), e.coils, e.h, e.w);
  }
  return kspace;
}

std::vector<float> NetworkMethod::magnitude(const KSpaceExample& e, const SampleMasks& masks,
                                            Stream& host) const {
  const std::vector<float>& mask = test_mask(objective_, masks);
  std::vector<float> image;
  if (objective_ != nullptr && objective_->corrects()) {
    const std::vector<float> kspace = predicted_kspace(e, masks, mask);
    KSpaceExample corrected = e;
    std::copy(kspace.begin(), kspace.end(), reinterpret_cast<float*>(corrected.kspace.data()));
    image = reference_image(
        corrected, e.maps.empty() ? ReferenceImage::kRootSumOfSquares : ReferenceImage::kSense, host);
  } else {
    image = predict(e, mask, ReconstructionDomain::kMagnitude);
  }
  mask_by_maps(image, e);
  return image;
}

std::vector<float> NetworkMethod::consistent_magnitude(const KSpaceExample& e, const SampleMasks& masks,
                                                       Stream& host) const {
  const std::vector<float>& mask = test_mask(objective_, masks);
  const std::vector<float> predicted = predicted_kspace(e, masks, mask);
  KSpaceExample consistent = e;
  for (std::size_t i = 0; i < consistent.kspace.size(); ++i) {
    if (mask[i % mask.size()] == 0.0f) {
      consistent.kspace[i] = {predicted[2 * i], predicted[2 * i + 1]};
    }
  }
  std::vector<float> image = reference_image(
      consistent, e.maps.empty() ? ReferenceImage::kRootSumOfSquares : ReferenceImage::kSense, host);
  mask_by_maps(image, e);
  return image;
}

std::vector<float> classical_magnitude(const ClassicalReconstruction& method, const KSpaceExample& e,
                                       std::span<const float> mask, Stream& host) {
  const std::vector<std::complex<float>> kspace = masked_kspace(e, mask);
  std::vector<std::complex<float>> image(static_cast<std::size_t>(e.h * e.w));
  SenseMeasurement measurement;
  measurement.kspace = {kspace.data(), DType::kF32, {1, e.coils, e.h, e.w}};
  measurement.maps = {e.maps.data(), DType::kF32, {1, e.coils, e.h, e.w}};
  measurement.mask = {mask.data(), DType::kF32, {1, 1, rows_of(e, mask), e.w}, 1};
  method.reconstruct({image.data(), DType::kF32, {1, 1, e.h, e.w}}, measurement, host);
  std::vector<float> magnitude(image.size());
  std::transform(image.begin(), image.end(), magnitude.begin(),
                 [](const std::complex<float>& z) { return std::abs(z); });
  return magnitude;
}

}  // namespace selfsame
