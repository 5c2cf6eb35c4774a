// SPDX-License-Identifier: Apache-2.0
#include "models/network.hpp"

namespace selfsame {

std::unique_ptr<Model> make_model(const ModelOptions& options) {
  if (const auto* unet = std::get_if<UNetOptions>(&options)) {
    return make_unet(*unet);
  }
  return make_dncnn(std::get<DnCnnOptions>(options));
}

}  // namespace selfsame
