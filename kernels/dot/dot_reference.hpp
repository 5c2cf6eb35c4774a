// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/dot/dot.hpp"

namespace selfsame::dot_reference {
void sample_dot(std::span<double> values, const DotRule& rule, ConstTensorView a, ConstTensorView b,
                Stream& stream);
}  // namespace selfsame::dot_reference
