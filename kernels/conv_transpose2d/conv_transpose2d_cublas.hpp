// SPDX-License-Identifier: Apache-2.0
#pragma once
#if defined(SELFSAME_CUBLAS)
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"

/// cuBLAS: one matrix product per lane and pass, an alternative to be asked for by the name "cublas". The
/// library is loaded when it is first asked for (kernels/device/cuda/cublas_library.hpp). The small image is
/// copied to NHWC and the large one to rows of (K, 4) in the workspace, so that the weights multiply as they
/// lie; in bf16 they are rounded to bf16. Sums are in fp32, without tf32. The same bits at every call: cuBLAS
/// is given a workspace and uses no atomics unless told to. Not yet run on a GPU.
namespace selfsame::conv_transpose2d_cublas {

/// Loads the library and makes the stream's handle, before anything is recorded and before the workspace is
/// planned: conv_transpose2d_workspace counts this version only once it has been asked for.
void prepare(Stream& stream);
/// True once a stream has been prepared, or a call was made.
[[nodiscard]] bool in_use();

/// What our own versions support, so that it is never chosen unasked.
[[nodiscard]] bool supports(const ConvTransposeShape& shape);
/// Both images of one lane, the weights in bf16, and what cuBLAS may take.
[[nodiscard]] std::size_t workspace(const ConvTransposeShape& shape);
void forward(TensorView y, ConstTensorView x, ConstParameterView w, Stream& stream);
void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream);
void backward_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x, Stream& stream);

}  // namespace selfsame::conv_transpose2d_cublas
#endif
