// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "engine/kspace/kspace_data.hpp"
#include "engine/kspace/kspace_pass.hpp"

namespace selfsame {

/// The one size of all batches of a source: the most coils and the largest width, which smaller slices are
/// padded to. Of all slices, so that it does not depend on which of them a run trains on.
/// Errors: Error(kData) if heights differ: rows are pixels of the readout, and zeros there would be samples.
[[nodiscard]] SliceShape common_shape(const KSpaceSource& source, const PreparationOptions& options);

/// Puts a prepared slice and its masks where a pass reads them, and the origin's window.
/// @param truth  the objective sees all of the k-space, and not what the mask samples
void fill_sample(KSpacePass::Sample& sample, const SliceShape& shape, const KSpaceExample& example,
                 const SampleMasks& masks, bool truth);

/// Copies rows of a mask (h, w) into the centre of rows of `width`; the rest is zero.
void place_rows(std::span<float> to, std::int64_t width, std::span<const float> from, std::int64_t w);
/// The same for a stack (coils, h, w), into the first coils.
void place_stack(std::span<std::complex<float>> to, const SliceShape& shape,
                 const std::vector<std::complex<float>>& from, std::int64_t coils, std::int64_t w);

}  // namespace selfsame
