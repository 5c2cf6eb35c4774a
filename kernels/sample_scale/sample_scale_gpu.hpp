// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/sample_scale/sample_scale.hpp"

// The functions of sample_scale_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace sample_scale {
  void scale_lanes(TensorView y, ConstTensorView a, ConstParameterView scalars, double offset, double factor,
                   Stream& stream);
  void add_lane_means(ParameterView gradient, std::span<const double> values, double factor, Stream& stream);
  void divide_samples(TensorView y, std::span<double> values, std::span<const double> divisors,
                      Stream & stream);
})

}  // namespace selfsame
