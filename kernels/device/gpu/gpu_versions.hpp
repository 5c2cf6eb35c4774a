// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/device.hpp"
#include "kernels/device/tensor.hpp"

// The functions of a .cu file as an op's list names them: once per device that runs CUDA kernels.

#if defined(SELFSAME_CUDA)
#define SELFSAME_IF_CUDA(...) __VA_ARGS__
#else
#define SELFSAME_IF_CUDA(...)
#endif
#if defined(SELFSAME_SIMULATED)
#define SELFSAME_IF_SIMULATED(...) __VA_ARGS__
#else
#define SELFSAME_IF_SIMULATED(...)
#endif

/// Declares the same functions in namespace cuda and in namespace simulated.
#define SELFSAME_DECLARE_GPU(...) \
  namespace cuda {                \
  __VA_ARGS__                     \
  }                               \
  namespace simulated {           \
  __VA_ARGS__                     \
  }

/// X(space, device) for every GPU device that this binary was built with; X ends in a comma.
#define SELFSAME_FOR_EACH_GPU(X)               \
  SELFSAME_IF_CUDA(X(cuda, DeviceKind::kCuda)) \
  SELFSAME_IF_SIMULATED(X(simulated, DeviceKind::kSimulated))

namespace selfsame {

/// What the GPU versions of many ops take.
inline bool gpu_takes_float(const DType& t) { return t == DType::kF32; }

}  // namespace selfsame
