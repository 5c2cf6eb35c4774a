// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "models/recon/reconstruction.hpp"

// The three architectures of models/recon/reconstruction.hpp. Private to this folder.

namespace selfsame::recon {

[[nodiscard]] std::unique_ptr<ReconstructionModel> make_recon_unet(const ReconUNetOptions& options);
[[nodiscard]] std::unique_ptr<ReconstructionModel> make_magnitude_unet(const MagnitudeUNetOptions& options);
[[nodiscard]] std::unique_ptr<ReconstructionModel> make_varnet(const VarNetOptions& options);

/// Errors: Error(kInternal) that names what the site wants and what was given.
void check_input(const ReconstructionInput& input, const ReconstructionSite& site, bool with_maps);

/// Operations of one transform of all coils, 5 n log2 n each for n complex numbers.
[[nodiscard]] double fourier_flops(std::int64_t coils, std::int64_t h, std::int64_t w);

}  // namespace selfsame::recon
