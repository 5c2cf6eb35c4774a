// SPDX-License-Identifier: Apache-2.0
#pragma once
#if defined(SELFSAME_CUDNN)
#include <cudnn.h>

#include "kernels/device/stream.hpp"

// cuDNN 9, loaded when an implementation of that name first needs it. SELFSAME_CUDNN_LIBRARY names another
// file. Not yet run on a GPU.

#define SELFSAME_CUDNN_FUNCTIONS(X)                 \
  X(cudnnGetVersion)                                \
  X(cudnnGetErrorString)                            \
  X(cudnnCreate)                                    \
  X(cudnnSetStream)                                 \
  X(cudnnCreateTensorDescriptor)                    \
  X(cudnnSetTensor4dDescriptor)                     \
  X(cudnnDestroyTensorDescriptor)                   \
  X(cudnnCreateFilterDescriptor)                    \
  X(cudnnSetFilter4dDescriptor)                     \
  X(cudnnDestroyFilterDescriptor)                   \
  X(cudnnCreateConvolutionDescriptor)               \
  X(cudnnSetConvolution2dDescriptor)                \
  X(cudnnSetConvolutionMathType)                    \
  X(cudnnDestroyConvolutionDescriptor)              \
  X(cudnnGetConvolutionForwardAlgorithm_v7)         \
  X(cudnnFindConvolutionForwardAlgorithmEx)         \
  X(cudnnGetConvolutionForwardWorkspaceSize)        \
  X(cudnnConvolutionForward)                        \
  X(cudnnGetConvolutionBackwardDataAlgorithm_v7)    \
  X(cudnnFindConvolutionBackwardDataAlgorithmEx)    \
  X(cudnnGetConvolutionBackwardDataWorkspaceSize)   \
  X(cudnnConvolutionBackwardData)                   \
  X(cudnnGetConvolutionBackwardFilterAlgorithm_v7)  \
  X(cudnnFindConvolutionBackwardFilterAlgorithmEx)  \
  X(cudnnGetConvolutionBackwardFilterWorkspaceSize) \
  X(cudnnConvolutionBackwardFilter)                 \
  X(cudnnConvolutionBackwardBias)                   \
  X(cudnnAddTensor)

namespace selfsame {

/// The functions under their own names.
struct CudnnLibrary {
#define SELFSAME_FUNCTION(name) decltype(&::name) name = nullptr;
  SELFSAME_CUDNN_FUNCTIONS(SELFSAME_FUNCTION)
#undef SELFSAME_FUNCTION
};

/// Loads it on the first call. Errors: those of SharedLibrary.
[[nodiscard]] const CudnnLibrary& cudnn_library();
/// True once it has been loaded.
[[nodiscard]] bool cudnn_loaded();
/// Errors: Error(kDevice) with the call and the library's text.
void cudnn_check(cudnnStatus_t status, const char* call);
/// The stream's own handle. The first call for a stream makes it, which takes memory of the device and cannot
/// be recorded into a graph: Error(kInternal) while the stream records.
[[nodiscard]] cudnnHandle_t cudnn_handle(Stream& stream);

}  // namespace selfsame
#endif
