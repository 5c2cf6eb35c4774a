// SPDX-License-Identifier: Apache-2.0
// kernels/gemm/gemm.hpp with cuBLAS. cuBLAS counts in columns: a matrix of rows is its transpose there, so it
// is asked for c^T = op(b)^T op(a)^T. Not yet run on a GPU.
#include "kernels/gemm/gemm_cublas.hpp"

#include <algorithm>
#include <limits>

#include "kernels/device/cuda/cublas_library.hpp"

namespace selfsame::gemm_cublas {
namespace {

/// What NVIDIA recommends for its GPUs of compute capability 9.
constexpr std::size_t kLibraryBytes = std::size_t{32} << 20;

cublasOperation_t operation(GemmOp op) { return op == GemmOp::kNone ? CUBLAS_OP_N : CUBLAS_OP_T; }
bool fits(std::int64_t v) { return v <= std::numeric_limits<int>::max(); }

}  // namespace

void prepare(Stream& stream) { static_cast<void>(cublas_handle(stream, nullptr, 0)); }
bool in_use() { return cublas_loaded(); }
std::size_t workspace() { return Scratch::rounded(kLibraryBytes); }

bool supports(const GemmShape& s) {
  return (s.dtype == DType::kF32 || s.dtype == DType::kF64) && fits(s.m) && fits(s.n) && fits(s.k) &&
         fits(s.lanes);
}

void run(const GemmShape& s, ParameterView c, double alpha, ConstParameterView a, ConstParameterView b,
         double beta, Stream& stream) {
  Scratch scratch(stream);
  std::byte* memory = scratch.take<std::byte>(kLibraryBytes);
  const bool wide = s.dtype == DType::kF64;
  const cudaDataType type = wide ? CUDA_R_64F : CUDA_R_32F;
  const float alpha_float = static_cast<float>(alpha), beta_float = static_cast<float>(beta);
  const void* alpha_at = wide ? static_cast<const void*>(&alpha) : &alpha_float;
  const void* beta_at = wide ? static_cast<const void*>(&beta) : &beta_float;
  const auto columns = [](const auto& matrix) {
    return static_cast<int>(std::max<std::int64_t>(1, matrix.dims[1]));
  };
  cublas_check(cublas_library().cublasGemmStridedBatchedEx(
                   cublas_handle(stream, memory, kLibraryBytes), operation(s.op_b), operation(s.op_a),
                   static_cast<int>(s.n), static_cast<int>(s.m), static_cast<int>(s.k), alpha_at, b.data,
                   type, columns(b), b.lane_stride, a.data, type, columns(a), a.lane_stride, beta_at, c.data,
                   type, columns(c), c.lane_stride, static_cast<int>(s.lanes),
                   wide ? CUBLAS_COMPUTE_64F : CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
               "cublasGemmStridedBatchedEx");
}

}  // namespace selfsame::gemm_cublas
