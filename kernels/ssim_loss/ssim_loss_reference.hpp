// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/ssim_loss/ssim_loss.hpp"

namespace selfsame::ssim_loss_reference {
void run(std::span<double> sample_values, TensorView dprediction, ConstTensorView prediction,
         ConstTensorView target, std::span<const float> ranges, std::int64_t lanes, Stream& stream);
}  // namespace selfsame::ssim_loss_reference
