// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "models/recon/norm_unet.hpp"

// Private to this folder.

namespace selfsame::recon {

/// The coil maps as fastMRI's SensitivityModel learns them: the fully sampled centre columns, transformed to
/// coil images, a NormUNet on every coil by itself, divided by their root sum of squares.
class SensitivityModel {
 public:
  SensitivityModel(const NormUNetOptions& options, const ReconPlan& plan, UNetTensors tensors,
                   const std::string& name);

  /// Returns the maps.
  TensorView* plan_forward();
  void plan_backward(TensorView* dmaps);

  ConstComplexView forward(ConstComplexView kspace, std::int64_t first, std::int64_t count, Stream& stream);
  /// dmaps is overwritten.
  void backward(ComplexView dmaps, Stream& stream);

 private:
  ReconPlan plan_;
  std::string name_;
  NormUNet network_;
  TensorView *centre_ = nullptr, *maps_ = nullptr, *magnitude_ = nullptr;
};

}  // namespace selfsame::recon
