// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/neighbor_pairs/neighbor_pairs.hpp"

namespace selfsame::neighbor_pairs_reference {
void neighbor_pairs(TensorView first, TensorView second, ConstTensorView image,
                    std::span<const SampleOrigin> origins, Stream& stream);
}  // namespace selfsame::neighbor_pairs_reference
