// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/checkpoint/safetensors.hpp"
#include "models/network.hpp"

namespace selfsame {

/// A residual network whose weights are all zero: its prediction is its input, to the bit. Writes the weights
/// under their PyTorch names, each with `prefix` in front.
inline void write_zero_weights(const std::filesystem::path& path, const Model& model,
                               const std::string& prefix = "") {
  const ParameterTable table = model.parameters();
  const std::vector<float> zeros(static_cast<std::size_t>(table.lane_size(true)));
  std::vector<StoredTensor> tensors;
  for (const ParameterInfo& info : table.tensors()) {
    tensors.push_back(
        float_tensor(prefix + info.name, info.shape, {zeros.data(), static_cast<std::size_t>(info.count())}));
  }
  write_safetensors(path, tensors, {});
}

/// U-Net of 4 channels and 2 pools, as {"type": "unet", "channels": 4, "pools": 2, "in": CHANNELS}.
inline std::unique_ptr<Model> small_unet(int channels) {
  UNetOptions options;
  options.in_channels = options.out_channels = channels;
  options.channels = 4;
  options.pools = 2;
  return make_unet(options);
}

}  // namespace selfsame
