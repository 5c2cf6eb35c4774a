// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "models/network.hpp"

// DnCNN: a plain residual denoiser.
//
//   conv 3x3 with bias -> ReLU
//   layers - 2 times: conv 3x3 without bias -> batch norm (affine, eps 1e-5, momentum 0.1) -> ReLU
//   conv 3x3 with bias;   prediction = input - output
//
// Batch norm uses the statistics of the lane's batch in training and running statistics in inference. Tensor
// names are those of an nn.Sequential: model.0 (conv), model.2 (conv), model.3 (norm), model.5, model.6, ...
// Source: Zhang et al., "Beyond a Gaussian denoiser", IEEE TIP 2017. Differs from the paper's initial
// weights: PyTorch's defaults, as everywhere here.
