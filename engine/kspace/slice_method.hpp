// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <span>
#include <vector>

#include "engine/kspace/kspace_preparation.hpp"
#include "engine/kspace/kspace_sampler.hpp"
#include "engine/kspace/reconstructor.hpp"
#include "mri/recon/classical.hpp"

namespace selfsame {

/// k-space of an example where the mask (rows 1 or h) is not zero.
[[nodiscard]] std::vector<std::complex<float>> masked_kspace(const KSpaceExample& example,
                                                             std::span<const float> mask);

/// What the network, and every method beside it, is given at test time: all that was sampled, or the
/// objective's input set where the network was trained for that and the rest served as target.
[[nodiscard]] const std::vector<float>& test_mask(const KSpaceObjective* objective, const SampleMasks& masks);

/// The squared error on the samples that were measured and that the network did not see, weighted as the
/// objective weights them, per number of k-space. Looks at nothing that was not measured.
/// @param predicted  k-space, (coils, h, w) complex
[[nodiscard]] double held_out_error(std::span<const float> predicted, const KSpaceExample& example,
                                    const SampleMasks& masks);

/// Sets pixels that the maps leave out to zero: nothing was asked of the network there.
void mask_by_maps(std::vector<float>& image, const KSpaceExample& example);

/// A trained network on prepared slices.
class NetworkMethod {
 public:
  /// @param objective  that it was trained with, for its corrections at test time; may be null
  NetworkMethod(Reconstructor& reconstructor, const KSpaceObjective* objective, const KSpaceSampler& sampler)
      : reconstructor_(reconstructor), objective_(objective), sampler_(sampler) {}

  /// The prediction from the samples of `mask`, in a domain.
  [[nodiscard]] std::vector<float> predict(const KSpaceExample& example, std::span<const float> mask,
                                           ReconstructionDomain domain) const;
  /// Coil k-space from the samples of `mask`, corrected as the objective says.
  [[nodiscard]] std::vector<float> predicted_kspace(const KSpaceExample& example, const SampleMasks& masks,
                                                    std::span<const float> mask) const;
  /// The magnitude image with the samples that were given in the place of the predicted ones (the paper's
  /// data consistency): k = M y + (1 - M) F S x, and the image of that. Of networks that predict an image.
  [[nodiscard]] std::vector<float> consistent_magnitude(const KSpaceExample& example,
                                                        const SampleMasks& masks, Stream& host) const;
  /// The magnitude image (h, w) from test_mask, zero where the maps are, corrected as the objective says.
  [[nodiscard]] std::vector<float> magnitude(const KSpaceExample& example, const SampleMasks& masks,
                                             Stream& host) const;

 private:
  Reconstructor& reconstructor_;
  const KSpaceObjective* objective_;
  const KSpaceSampler& sampler_;
};

/// The magnitude image (h, w) of a classical method. The example must have maps.
[[nodiscard]] std::vector<float> classical_magnitude(const ClassicalReconstruction& method,
                                                     const KSpaceExample& example,
                                                     std::span<const float> mask, Stream& host);

}  // namespace selfsame
