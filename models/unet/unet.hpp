// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "models/network.hpp"

// U-Net as in fastMRI and in Klug, Atik, Heckel 2023, with their tensor names.
//
//   block(C -> K):  twice [ conv 3x3 without bias -> instance norm (no affine, eps 1e-5) -> LeakyReLU 0.2 ]
//   level i of p:   down_i = block;  pool 2x2 average
//   bottom:         conv   = block
//   level i upward: up = LeakyReLU(instance norm(transposed conv 2x2 stride 2, no bias)), reflect-padded
//   right and
//                   below by one where the sizes differ; block on [up, down_i]
//   last:           conv 1x1 with bias;  prediction = input - last when residual
//
// Channels double per level from `channels` on. H and W need not be multiples of 2^p; both must be at least
// 2^p, so that every level has a pixel and every reflected row exists.
//
// Parameters: 9*in*out + 9*out^2 per block, 4*in*out per transposed convolution, in*out + out at the end.
// Source: Ronneberger et al. 2015; Zbontar et al. 2018 (fastMRI); weight names of fastmri.models.Unet.
