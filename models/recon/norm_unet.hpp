// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "kernels/standardize/standardize.hpp"
#include "models/recon/recon_plan.hpp"
#include "models/unet/unet_network.hpp"

// Private to this folder.

namespace selfsame::recon {

/// A U-Net on complex images: real and imaginary part are two planes, standardised each by itself, padded
/// with zeros to multiples of a number of pixels (floor of the half above and to the left), and brought back
/// after the network. With multiple 16 and eps 0 it is fastMRI's NormUnet. Every coil is an image by itself.
struct NormUNetOptions {
  UNetOptions unet;  ///< 2 -> 2; residual: in normalised units
  std::int64_t multiple = 1;
  double eps = 0;

  /// Height or width of the padded planes.
  [[nodiscard]] std::int64_t padded(std::int64_t size) const {
    return (size + multiple - 1) / multiple * multiple;
  }
};

class NormUNet {
 public:
  /// @param images  (N, C, H, W), complex
  NormUNet(const NormUNetOptions& options, const ReconPlan& plan, const Shape4& images, UNetTensors tensors,
           std::string name);

  /// Plans the forward pass on z from the plan's next tick on; returns its result.
  TensorView* plan_forward(const TensorView* z);
  /// Plans the backward pass; returns the gradient at z, null if it is not wanted.
  TensorView* plan_backward(const TensorView* dresult, bool input_gradient);

  ConstComplexView forward(ConstComplexView z, Stream& stream);
  /// Returns the gradient at z; empty if it was not planned.
  ConstComplexView backward(ConstComplexView dresult, Stream& stream);

 private:
  ReconPlan plan_;
  std::string name_;
  Shape4 images_;
  StandardizeOptions standardize_;
  std::unique_ptr<UNetPart> unet_;
  Shape4 planes_, padded_;
  TensorView *in_ = nullptr, *y_ = nullptr, *mean_ = nullptr, *std_ = nullptr, *out_ = nullptr;
  TensorView* result_ = nullptr;
  TensorView *dout_ = nullptr, *dprediction_ = nullptr, *dmean_ = nullptr, *dstd_ = nullptr;
  TensorView *din_ = nullptr, *dz_ = nullptr;
};

/// Operations of the U-Net's convolutions on one image.
[[nodiscard]] double forward_flops(const NormUNetOptions& options, std::int64_t h, std::int64_t w);

}  // namespace selfsame::recon
