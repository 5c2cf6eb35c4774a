// SPDX-License-Identifier: Apache-2.0
#pragma once
#if __has_include(<cuda_runtime_api.h>)
#include <cuda_runtime_api.h>

namespace selfsame {

/// Errors: Error(kDevice) with the call and CUDA's name and text of the error.
void cuda_check(cudaError_t error, const char* call);

}  // namespace selfsame
#endif
