// SPDX-License-Identifier: Apache-2.0
#pragma once
#if defined(SELFSAME_CUBLAS)
#include "kernels/gemm/gemm.hpp"

/// cuBLAS: one call for all lanes, an alternative to be asked for by the name "cublas". The library is loaded
/// when it is first asked for (kernels/device/cuda/cublas_library.hpp). Sums in the type of the operands,
/// without tf32. The same bits at every call, because cuBLAS is given a workspace and uses no atomics unless
/// told to; but it chooses its algorithm by all sizes, so a lane may have other bits alone. Not yet run on a
/// GPU.
namespace selfsame::gemm_cublas {

/// Loads the library and makes the stream's handle, before anything is recorded and before the workspace is
/// planned: gemm_workspace counts this version only once it has been asked for.
void prepare(Stream& stream);
[[nodiscard]] bool in_use();

/// float or double with sizes that fit an int.
[[nodiscard]] bool supports(const GemmShape& shape);
[[nodiscard]] std::size_t workspace();
void run(const GemmShape& shape, ParameterView c, double alpha, ConstParameterView a, ConstParameterView b,
         double beta, Stream& stream);

}  // namespace selfsame::gemm_cublas
#endif
