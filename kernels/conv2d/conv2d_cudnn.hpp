// SPDX-License-Identifier: Apache-2.0
#pragma once
#if defined(SELFSAME_CUDNN)
#include <compare>
#include <memory>
#include <string>

#include "kernels/conv2d/conv2d.hpp"

/// cuDNN: the yardstick of our own kernels on an NVIDIA GPU, and an alternative to be asked for by the name
/// "cudnn". The library is loaded when it is first asked for (kernels/device/cuda/cudnn_library.hpp).
///
/// Our tensors have blocks of 8 channels, which cuDNN knows for 8-bit types only (CUDNN_TENSOR_NCHW_VECT_C),
/// so the version for training converts to NHWC and back in the workspace: its time is not cuDNN's. A bench
/// times NativeConvolution, which runs on NHWC memory without conversion.
///
/// Only algorithms that cuDNN reports as deterministic are used; lanes are a loop. Not yet run on a GPU.
namespace selfsame::conv2d_cudnn {

enum class NativePass { kForward, kBackwardData, kBackwardWeight };

/// What multiplies: bf16 always accumulates in fp32 on tensor cores.
enum class NativeMath {
  kExact,  ///< float: no tensor cores
  kTf32,   ///< float: tensor cores may be used
};

/// How the algorithm is chosen among those that fit the workspace.
enum class NativeSearch {
  kHeuristic,   ///< cudnnGet...Algorithm_v7: no work on the GPU
  kExhaustive,  ///< cudnnFind...AlgorithmEx: runs and times all, overwrites the output, waits for the GPU
};

/// Stride 1, zero padding that keeps the size. All memory is dense and of type `dtype`, float or bf16.
struct NativeShape {
  std::int64_t samples = 1, c = 1, k = 1, h = 1, w = 1;
  int filter = 3;
  DType dtype = DType::kBF16;
  NativeMath math = NativeMath::kExact;
  auto operator<=>(const NativeShape&) const = default;
};

/// Memory of the device: x (N, H, W, C), w (K, R, S, C), y (N, H, W, K). The pass overwrites y, x or w.
struct NativeOperands {
  void *x = nullptr, *w = nullptr, *y = nullptr;
};

/// One convolution of cuDNN on its native layout, with its descriptors and its algorithm.
class NativeConvolution {
 public:
  /// Errors, here and below: Error(kDevice) with cuDNN's call and text.
  NativeConvolution(NativePass pass, const NativeShape& shape, Stream& stream);
  ~NativeConvolution();
  NativeConvolution(const NativeConvolution&) = delete;
  NativeConvolution& operator=(const NativeConvolution&) = delete;

  /// Picks the fastest deterministic algorithm that needs at most `bytes`; `workspace` and `operands` are
  /// used by the exhaustive search only. Errors: Error(kDevice) also if there is none.
  void choose(NativeSearch search, const NativeOperands& operands, void* workspace, std::size_t bytes,
              Stream& stream);
  /// What the chosen algorithm needs, and its number in cuDNN's enumeration of the pass.
  [[nodiscard]] std::size_t workspace_bytes() const;
  [[nodiscard]] int algorithm() const;

  /// Enqueues the pass; the workspace has at least workspace_bytes().
  void run(const NativeOperands& operands, void* workspace, std::size_t bytes, Stream& stream) const;
  /// y[n,p,q,k] += b[k], b of the shape's type.
  void add_bias(void* y, const void* b, Stream& stream) const;
  /// db[k] = sum of y[n,p,q,k], rounded to the shape's type.
  void sum_bias(void* db, const void* y, Stream& stream) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Loads the library and makes the stream's handle, before anything is recorded and before the workspace is
/// planned: conv2d_workspace counts this version only once it has been asked for. The algorithm of a shape is
/// chosen at its first call, on the host.
void prepare(Stream& stream);
/// True once a stream has been prepared, or a call was made.
[[nodiscard]] bool in_use();

/// What our own versions support, so that it is never chosen unasked.
[[nodiscard]] bool supports(const ConvShape& shape);
/// NHWC copies of one lane's input and output, the filter, and what an algorithm may take.
[[nodiscard]] std::size_t workspace(const ConvShape& shape);
void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, Stream& stream);
void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream);
/// In bf16, cuDNN rounds the sum over the pixels of a lane to bf16 before it is added to dw and db.
void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                     Stream& stream);

}  // namespace selfsame::conv2d_cudnn
#endif
