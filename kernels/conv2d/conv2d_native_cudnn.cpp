// SPDX-License-Identifier: Apache-2.0
// NativeConvolution of kernels/conv2d/conv2d_cudnn.hpp, with the functions of cuDNN that take a convolution
// descriptor. Not yet run on a GPU.
#include <vector>

#include "kernels/conv2d/conv2d_cudnn.hpp"
#include "kernels/device/cuda/cudnn_library.hpp"

namespace selfsame::conv2d_cudnn {
namespace {

constexpr int kMostAlgorithms = 16;  // of a pass; more than any version lists

const CudnnLibrary& api() { return cudnn_library(); }

#define SELFSAME_CALL(name, ...) cudnn_check(api().name(__VA_ARGS__), #name)

/// Descriptors that destroy themselves.
template <typename Descriptor, auto kDestroy>
class Owned {
 public:
  Owned() = default;
  ~Owned() {
    if (value_ != nullptr) {
      static_cast<void>((api().*kDestroy)(value_));
    }
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  Descriptor* address() { return &value_; }
  operator Descriptor() const {
    return value_;
  }  // NOLINT(google-explicit-constructor): as cuDNN's calls take it

 private:
  Descriptor value_ = nullptr;
};
using Tensor = Owned<cudnnTensorDescriptor_t, &CudnnLibrary::cudnnDestroyTensorDescriptor>;
using Filter = Owned<cudnnFilterDescriptor_t, &CudnnLibrary::cudnnDestroyFilterDescriptor>;
using Convolution = Owned<cudnnConvolutionDescriptor_t, &CudnnLibrary::cudnnDestroyConvolutionDescriptor>;

cudnnDataType_t type_of(DType dtype) {
  return dtype == DType::kBF16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

void describe(Tensor& tensor, DType dtype, std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
  SELFSAME_CALL(cudnnCreateTensorDescriptor, tensor.address());
  SELFSAME_CALL(cudnnSetTensor4dDescriptor, tensor, CUDNN_TENSOR_NHWC, type_of(dtype), static_cast<int>(n),
                static_cast<int>(c), static_cast<int>(h), static_cast<int>(w));
}

constexpr float kOne = 1.0F, kZero = 0.0F;

}  // namespace

struct NativeConvolution::State {
  NativePass pass = NativePass::kForward;
  NativeShape shape;
  Tensor x, y, bias;
  Filter w;
  Convolution convolution;
  int algorithm = -1;
  std::size_t bytes = 0;

  [[nodiscard]] cudnnMathType_t math() const {
    return shape.dtype == DType::kBF16 || shape.math == NativeMath::kTf32 ? CUDNN_TENSOR_OP_MATH
                                                                          : CUDNN_FMA_MATH;
  }

  /// The first, cuDNN lists the fastest first, that may be used.
  template <typename Perf>
  void take_first(const std::vector<Perf>& candidates, std::size_t limit) {
    for (const Perf& p : candidates) {
      const bool exact = p.mathType == CUDNN_FMA_MATH || p.mathType == CUDNN_DEFAULT_MATH;
      if (p.status == CUDNN_STATUS_SUCCESS && p.determinism == CUDNN_DETERMINISTIC && p.memory <= limit &&
          (math() != CUDNN_FMA_MATH || exact)) {
        // The default would let float use tensor cores.
        const cudnnMathType_t chosen = math() == CUDNN_FMA_MATH ? CUDNN_FMA_MATH : p.mathType;
        SELFSAME_CALL(cudnnSetConvolutionMathType, convolution, chosen);
        algorithm = static_cast<int>(p.algo);
        bytes = p.memory;
        return;
      }
    }
    fail(ErrorKind::kDevice,
         "cudnn: no deterministic algorithm for {} samples, {} -> {} channels, {}x{}, filter {} in {} bytes "
         "of "
         "workspace",
         shape.samples, shape.c, shape.k, shape.h, shape.w, shape.filter, limit);
  }
  /// `list(requested, &returned, results)` calls cuDNN.
  template <typename Perf, typename List>
  void choose_from(std::size_t limit, const List& list) {
    SELFSAME_CALL(cudnnSetConvolutionMathType, convolution, math());
    std::vector<Perf> candidates(kMostAlgorithms);
    int found = 0;
    list(kMostAlgorithms, &found, candidates.data());
    candidates.resize(static_cast<std::size_t>(found));
    take_first(candidates, limit);
  }
};

NativeConvolution::NativeConvolution(NativePass pass, const NativeShape& shape, Stream&)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.pass = pass;
  s.shape = shape;
  describe(s.x, shape.dtype, shape.samples, shape.c, shape.h, shape.w);
  describe(s.y, shape.dtype, shape.samples, shape.k, shape.h, shape.w);
  describe(s.bias, shape.dtype, 1, shape.k, 1, 1);
  SELFSAME_CALL(cudnnCreateFilterDescriptor, s.w.address());
  SELFSAME_CALL(cudnnSetFilter4dDescriptor, s.w, type_of(shape.dtype), CUDNN_TENSOR_NHWC,
                static_cast<int>(shape.k), static_cast<int>(shape.c), shape.filter, shape.filter);
  SELFSAME_CALL(cudnnCreateConvolutionDescriptor, s.convolution.address());
  const int pad = shape.filter / 2;
  SELFSAME_CALL(cudnnSetConvolution2dDescriptor, s.convolution, pad, pad, 1, 1, 1, 1, CUDNN_CROSS_CORRELATION,
                CUDNN_DATA_FLOAT);
}

NativeConvolution::~NativeConvolution() = default;

void NativeConvolution::choose(NativeSearch search, const NativeOperands& o, void* workspace,
                               std::size_t bytes, Stream& stream) {
  State& s = *state_;
  const cudnnHandle_t handle = cudnn_handle(stream);
  const bool heuristic = search == NativeSearch::kHeuristic;
  switch (s.pass) {
    case NativePass::kForward:
      s.choose_from<cudnnConvolutionFwdAlgoPerf_t>(bytes, [&](int most, int* found, auto* results) {
        if (heuristic) {
          SELFSAME_CALL(cudnnGetConvolutionForwardAlgorithm_v7, handle, s.x, s.w, s.convolution, s.y, most,
                        found, results);
        } else {
          SELFSAME_CALL(cudnnFindConvolutionForwardAlgorithmEx, handle, s.x, o.x, s.w, o.w, s.convolution,
                        s.y, o.y, most, found, results, workspace, bytes);
        }
      });
      SELFSAME_CALL(cudnnGetConvolutionForwardWorkspaceSize, handle, s.x, s.w, s.convolution, s.y,
                    static_cast<cudnnConvolutionFwdAlgo_t>(s.algorithm), &s.bytes);
      break;
    case NativePass::kBackwardData:
      s.choose_from<cudnnConvolutionBwdDataAlgoPerf_t>(bytes, [&](int most, int* found, auto* results) {
        if (heuristic) {
          SELFSAME_CALL(cudnnGetConvolutionBackwardDataAlgorithm_v7, handle, s.w, s.y, s.convolution, s.x,
                        most, found, results);
        } else {
          SELFSAME_CALL(cudnnFindConvolutionBackwardDataAlgorithmEx, handle, s.w, o.w, s.y, o.y,
                        s.convolution, s.x, o.x, most, found, results, workspace, bytes);
        }
      });
      SELFSAME_CALL(cudnnGetConvolutionBackwardDataWorkspaceSize, handle, s.w, s.y, s.convolution, s.x,
                    static_cast<cudnnConvolutionBwdDataAlgo_t>(s.algorithm), &s.bytes);
      break;
    case NativePass::kBackwardWeight:
      s.choose_from<cudnnConvolutionBwdFilterAlgoPerf_t>(bytes, [&](int most, int* found, auto* results) {
        if (heuristic) {
          SELFSAME_CALL(cudnnGetConvolutionBackwardFilterAlgorithm_v7, handle, s.x, s.y, s.convolution, s.w,
                        most, found, results);
        } else {
          SELFSAME_CALL(cudnnFindConvolutionBackwardFilterAlgorithmEx, handle, s.x, o.x, s.y, o.y,
                        s.convolution, s.w, o.w, most, found, results, workspace, bytes);
        }
      });
      SELFSAME_CALL(cudnnGetConvolutionBackwardFilterWorkspaceSize, handle, s.x, s.y, s.convolution, s.w,
                    static_cast<cudnnConvolutionBwdFilterAlgo_t>(s.algorithm), &s.bytes);
      break;
  }
}

std::size_t NativeConvolution::workspace_bytes() const { return state_->bytes; }
int NativeConvolution::algorithm() const { return state_->algorithm; }

void NativeConvolution::run(const NativeOperands& o, void* workspace, std::size_t bytes,
                            Stream& stream) const {
  const State& s = *state_;
  SELFSAME_CHECK(s.algorithm >= 0 && s.bytes <= bytes, "cudnn: algorithm {} needs {} bytes, given {}",
                 s.algorithm, s.bytes, bytes);
  const cudnnHandle_t handle = cudnn_handle(stream);
  switch (s.pass) {
    case NativePass::kForward:
      SELFSAME_CALL(cudnnConvolutionForward, handle, &kOne, s.x, o.x, s.w, o.w, s.convolution,
                    static_cast<cudnnConvolutionFwdAlgo_t>(s.algorithm), workspace, bytes, &kZero, s.y, o.y);
      break;
    case NativePass::kBackwardData:
      SELFSAME_CALL(cudnnConvolutionBackwardData, handle, &kOne, s.w, o.w, s.y, o.y, s.convolution,
                    static_cast<cudnnConvolutionBwdDataAlgo_t>(s.algorithm), workspace, bytes, &kZero, s.x,
                    o.x);
      break;
    case NativePass::kBackwardWeight:
      SELFSAME_CALL(cudnnConvolutionBackwardFilter, handle, &kOne, s.x, o.x, s.y, o.y, s.convolution,
                    static_cast<cudnnConvolutionBwdFilterAlgo_t>(s.algorithm), workspace, bytes, &kZero, s.w,
                    o.w);
      break;
  }
}

void NativeConvolution::add_bias(void* y, const void* b, Stream& stream) const {
  SELFSAME_CALL(cudnnAddTensor, cudnn_handle(stream), &kOne, state_->bias, b, &kOne, state_->y, y);
}

void NativeConvolution::sum_bias(void* db, const void* y, Stream& stream) const {
  SELFSAME_CALL(cudnnConvolutionBackwardBias, cudnn_handle(stream), &kOne, state_->y, y, &kZero, state_->bias,
                db);
}

}  // namespace selfsame::conv2d_cudnn
