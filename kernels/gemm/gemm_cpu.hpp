// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/gemm/gemm.hpp"
#include "kernels/gemm/gemm_kernels.hpp"

// Threads and scratch memory around the loops of gemm_simd.cpp. Private to this folder.

namespace selfsame::gemm_cpu {

[[nodiscard]] bool supports(const GemmShape& shape);
[[nodiscard]] std::size_t workspace(const GemmShape& shape, int threads);
void run(const GemmKernels& kernels, const GemmShape& shape, ParameterView c, double alpha,
         ConstParameterView a, ConstParameterView b, double beta, Stream& stream);

template <Isa isa, const GemmKernels& (*kernels)()>
struct Version {
  static bool supports(const GemmShape& shape) { return isa_available(isa) && gemm_cpu::supports(shape); }
  static void run(const GemmShape& shape, ParameterView c, double alpha, ConstParameterView a,
                  ConstParameterView b, double beta, Stream& stream) {
    gemm_cpu::run(kernels(), shape, c, alpha, a, b, beta, stream);
  }
  static constexpr GemmImplementation entry(const char* name) { return {name, supports, run}; }
};

}  // namespace selfsame::gemm_cpu
