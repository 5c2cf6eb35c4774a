// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <memory>
#include <vector>

#include "models/network.hpp"

// The two halves of models/unet/unet.hpp: its tensors, and the network that runs on them.

namespace selfsame {

/// Indices of the tensors in the parameter table.
struct UNetTensors {
  std::vector<std::array<int, 2>> down, up;  // by level
  std::array<int, 2> bottom{};
  std::vector<int> transpose;
  int last_weight = 0, last_bias = 0;
};

/// Adds the tensors to the table, in the order of the state dict.
[[nodiscard]] UNetTensors declare_unet(const UNetOptions& options, ParameterTable& table);

[[nodiscard]] std::unique_ptr<Network> make_unet_network(const UNetOptions& options, const NetworkSite& site);

}  // namespace selfsame
