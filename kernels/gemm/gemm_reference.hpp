// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/gemm/gemm.hpp"

namespace selfsame::gemm_reference {
[[nodiscard]] bool supports(const GemmShape& shape);
void run(const GemmShape& shape, ParameterView c, double alpha, ConstParameterView a, ConstParameterView b,
         double beta, Stream& stream);
}  // namespace selfsame::gemm_reference
