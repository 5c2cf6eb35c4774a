// SPDX-License-Identifier: Apache-2.0
#pragma once
#if defined(SELFSAME_CUBLAS)
#include <cublas_v2.h>

#include "kernels/device/stream.hpp"

// cuBLAS, loaded when an implementation of that name first needs it. SELFSAME_CUBLAS_LIBRARY names another
// file. Not yet run on a GPU.

#define SELFSAME_CUBLAS_FUNCTIONS(X) \
  X(cublasCreate_v2)                 \
  X(cublasSetStream_v2)              \
  X(cublasSetWorkspace_v2)           \
  X(cublasGetStatusString)

namespace selfsame {

/// cublas_v2.h overloads both.
using CublasGemmEx = cublasStatus_t(cublasHandle_t, cublasOperation_t, cublasOperation_t, int m, int n, int k,
                                    const void* alpha, const void* a, cudaDataType, int lda, const void* b,
                                    cudaDataType, int ldb, const void* beta, void* c, cudaDataType, int ldc,
                                    cublasComputeType_t, cublasGemmAlgo_t);

using CublasGemmStridedBatchedEx = cublasStatus_t(cublasHandle_t, cublasOperation_t, cublasOperation_t, int m,
                                                  int n, int k, const void* alpha, const void* a,
                                                  cudaDataType, int lda, long long stride_a, const void* b,
                                                  cudaDataType, int ldb, long long stride_b, const void* beta,
                                                  void* c, cudaDataType, int ldc, long long stride_c,
                                                  int batch, cublasComputeType_t, cublasGemmAlgo_t);

/// The functions under their own names.
struct CublasLibrary {
  CublasGemmEx* cublasGemmEx = nullptr;
  CublasGemmStridedBatchedEx* cublasGemmStridedBatchedEx = nullptr;
#define SELFSAME_FUNCTION(name) decltype(&::name) name = nullptr;
  SELFSAME_CUBLAS_FUNCTIONS(SELFSAME_FUNCTION)
#undef SELFSAME_FUNCTION
};

/// Loads it on the first call. Errors: those of SharedLibrary.
[[nodiscard]] const CublasLibrary& cublas_library();
/// True once it has been loaded.
[[nodiscard]] bool cublas_loaded();
/// Errors: Error(kDevice) with the call and the library's text.
void cublas_check(cublasStatus_t status, const char* call);
/// The stream's own handle, with this workspace. The first call for a stream makes it, which takes memory of
/// the device and cannot be recorded into a graph: Error(kInternal) while the stream records.
[[nodiscard]] cublasHandle_t cublas_handle(Stream& stream, void* workspace, std::size_t bytes);

}  // namespace selfsame
#endif
