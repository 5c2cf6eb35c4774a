// SPDX-License-Identifier: Apache-2.0
#pragma once
#if defined(SELFSAME_CUFFT)
#include <cufft.h>

#include "kernels/device/stream.hpp"

// cuFFT, loaded when an implementation of that name first needs it. SELFSAME_CUFFT_LIBRARY names another
// file. Not yet run on a GPU.

#define SELFSAME_CUFFT_FUNCTIONS(X) \
  X(cufftCreate)                    \
  X(cufftDestroy)                   \
  X(cufftSetAutoAllocation)         \
  X(cufftMakePlanMany64)            \
  X(cufftSetWorkArea)               \
  X(cufftSetStream)                 \
  X(cufftExecC2C)

namespace selfsame {

/// The functions under their own names.
struct CufftLibrary {
#define SELFSAME_FUNCTION(name) decltype(&::name) name = nullptr;
  SELFSAME_CUFFT_FUNCTIONS(SELFSAME_FUNCTION)
#undef SELFSAME_FUNCTION
};

/// Loads it on the first call. Errors: those of SharedLibrary.
[[nodiscard]] const CufftLibrary& cufft_library();
/// True once it has been loaded.
[[nodiscard]] bool cufft_loaded();
/// Errors: Error(kDevice) with the call and the status (cuFFT has no text for it).
void cufft_check(cufftResult status, const char* call);

}  // namespace selfsame
#endif
