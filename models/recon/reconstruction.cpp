// SPDX-License-Identifier: Apache-2.0
#include "models/recon/reconstruction.hpp"

#include <cmath>

#include "models/recon/networks.hpp"

namespace selfsame {

std::unique_ptr<ReconstructionModel> make_reconstruction_model(const ReconstructionOptions& options) {
  if (const auto* unet = std::get_if<ReconUNetOptions>(&options)) {
    return recon::make_recon_unet(*unet);
  }
  if (const auto* unet = std::get_if<MagnitudeUNetOptions>(&options)) {
    return recon::make_magnitude_unet(*unet);
  }
  return recon::make_varnet(std::get<VarNetOptions>(options));
}

namespace recon {

void check_input(const ReconstructionInput& input, const ReconstructionSite& site, bool with_maps) {
  const NetworkSite& n = site.network;
  const Shape4 coils{n.samples, site.coils, n.h, n.w};
  const DType dtype = parameter_type(n.dtype);
  SELFSAME_CHECK(!input.kspace.empty() && input.kspace.shape == coils && input.kspace.dtype == dtype,
                 "k-space {} {} for a network of {} {}", input.kspace.shape.text(),
                 name_of(input.kspace.dtype), coils.text(), name_of(dtype));
  SELFSAME_CHECK(
      !with_maps || (!input.maps.empty() && input.maps.shape == coils && input.maps.dtype == dtype),
      "coil maps {}{} {} for a network of {} {}", input.maps.empty() ? "(none) " : "",
      input.maps.shape.text(), name_of(input.maps.dtype), coils.text(), name_of(dtype));
}

double fourier_flops(std::int64_t coils, std::int64_t h, std::int64_t w) {
  const double n = static_cast<double>(h * w);
  return 5.0 * static_cast<double>(coils) * n * std::log2(n);
}

}  // namespace recon
}  // namespace selfsame
