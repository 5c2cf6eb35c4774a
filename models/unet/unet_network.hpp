// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "models/network.hpp"

// The two halves of models/unet/unet.hpp: its tensors, and the network that runs on them. Either may be a
// part of something larger: the tensors of a table with more in it, the network of a reconstruction.

namespace selfsame {

/// Indices of the tensors in the parameter table.
struct UNetTensors {
  std::vector<std::array<int, 2>> down, up;  // by level
  std::array<int, 2> bottom{};
  std::vector<int> transpose;
  int last_weight = 0, last_bias = 0;
};

/// Adds the tensors to the table, in the order of the state dict, `prefix` in front of their names.
[[nodiscard]] UNetTensors declare_unet(const UNetOptions& options, ParameterTable& table,
                                       const std::string& prefix = "");

/// A U-Net whose owner says when its passes run: each is planned, once, from the plan's next tick on. Views
/// of the owner may be null: then they lie outside the plan.
class UNetPart : public Network {
 public:
  /// @param input  (N, in, H, W), block 1: what forward will get
  virtual void plan_forward(const TensorView* input) = 0;
  /// @param input           that of plan_forward; it is read until the end
  /// @param dprediction     what backward will get
  /// @param input_gradient  backward writes dinput
  virtual void plan_backward(const TensorView* input, const TensorView* dprediction, bool input_gradient) = 0;
  /// The result of forward; it lives until the last tick for which the owner extends it.
  [[nodiscard]] virtual TensorView* prediction() const = 0;
  /// The gradient at the input (block 1) after backward, or null; born at the last tick of the backward.
  [[nodiscard]] virtual TensorView* dinput() const = 0;
};

/// @param tensors  in the table of site.parameters
/// @param name     in front of the names of planned tensors and of profiler ranges
[[nodiscard]] std::unique_ptr<UNetPart> make_unet_part(const UNetOptions& options, const NetworkSite& site,
                                                       UNetTensors tensors, std::string name);

/// The U-Net alone, planned.
[[nodiscard]] std::unique_ptr<Network> make_unet_network(const UNetOptions& options, const NetworkSite& site);

}  // namespace selfsame
