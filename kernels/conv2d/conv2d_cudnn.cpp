// SPDX-License-Identifier: Apache-2.0
// kernels/conv2d/conv2d.hpp with cuDNN: the calls that conv2d.cpp lists. Tensors and filters are copied to
// NHWC in the type of the network, all lanes at once, and cuDNN runs lane by lane. Descriptors and algorithms
// are kept per stream and shape. Not yet run on a GPU.
#include "kernels/conv2d/conv2d_cudnn.hpp"

#include <map>
#include <mutex>
#include <tuple>

#include "kernels/add/add.hpp"
#include "kernels/conv2d/conv2d_gpu_plan.hpp"
#include "kernels/device/cuda/cudnn_library.hpp"
#include "kernels/layout/layout.hpp"

namespace selfsame::conv2d_cudnn {
namespace {

/// The most an algorithm may take: the implicit products that cuDNN prefers on tensor cores need little.
constexpr std::size_t kLibraryBytes = std::size_t{64} << 20;

DType network_type(const ConstTensorView& x, const ConstTensorView& y) {
  return x.dtype == DType::kBF16 || y.dtype == DType::kBF16 ? DType::kBF16 : DType::kF32;
}

/// The convolution of one lane.
NativeShape shape_of(const ConstTensorView& x, const ConstTensorView& y, const ConstParameterView& w) {
  return {x.shape.n / w.lanes,         x.shape.c,          y.shape.c,         x.shape.h, x.shape.w,
          static_cast<int>(w.dims[2]), network_type(x, y), NativeMath::kExact};
}

/// With its algorithm, from the map of the process. Work of several streams does not meet: each has its own.
const NativeConvolution& convolution_for(NativePass pass, const NativeShape& shape, Stream& stream) {
  static std::mutex lock;
  static std::map<std::tuple<void*, NativePass, NativeShape>, std::unique_ptr<NativeConvolution>> made;
  const std::scoped_lock guard(lock);
  std::unique_ptr<NativeConvolution>& convolution = made[{stream.queue().native(), pass, shape}];
  if (convolution == nullptr) {
    auto fresh = std::make_unique<NativeConvolution>(pass, shape, stream);
    fresh->choose(NativeSearch::kHeuristic, {}, nullptr, kLibraryBytes, stream);
    convolution = std::move(fresh);
  }
  return *convolution;
}

/// NHWC scratch memory for a lane's tensor or, in PyTorch's order of dimensions, a filter.
class Native {
 public:
  Native(Scratch& scratch, DType dtype, Shape4 shape)
      : view_(scratch.take<std::byte>(static_cast<std::size_t>(shape.count()) * size_of(dtype)), dtype, shape,
              static_cast<int>(shape.c)) {}
  [[nodiscard]] TensorView view() const { return view_; }
  [[nodiscard]] void* data() const { return view_.data; }

 private:
  TensorView view_;
};

/// One lane of a parameter as a tensor of block 1.
template <typename View>
auto as_tensor(const View& p, std::int64_t lane) {
  return TensorView(const_cast<float*>(p.template lane<float>(lane)), DType::kF32,
                    {p.dims[0], p.dims[1], p.dims[2], p.dims[3]}, 1);
}

/// The same memory as one row of elements.
TensorView flat(TensorView t) { return {t.data, t.dtype, {1, t.shape.count(), 1, 1}, 1}; }

/// NHWC memory for one lane of a convolution. Every lane uses the same: the stream's order keeps them apart.
struct LaneMemory {
  Native x, y, filter, bias;
  void* library;
  LaneMemory(Scratch& scratch, const NativeShape& s)
      : x(scratch, s.dtype, {s.samples, s.c, s.h, s.w}),
        y(scratch, s.dtype, {s.samples, s.k, s.h, s.w}),
        filter(scratch, s.dtype, {s.k, s.c, s.filter, s.filter}),
        bias(scratch, s.dtype, {1, s.k, 1, 1}),
        library(scratch.take<std::byte>(kLibraryBytes)) {}
  void run(const NativeConvolution& convolution, Stream& stream) const {
    convolution.run({x.data(), filter.data(), y.data()}, library, kLibraryBytes, stream);
  }
};

/// parameter += sum, which has the type of the network; `exchange` holds it in float and in PyTorch's order.
void accumulate(const ParameterView& parameter, std::int64_t lane, TensorView sum, float* exchange,
                Stream& stream) {
  const TensorView to = as_tensor(parameter, lane), sum_float(exchange, DType::kF32, to.shape, 1);
  convert_layout(sum_float, sum, stream);
  add_scaled(flat(to), 1.0F, flat(to), 1.0F, flat(sum_float), stream);
}

}  // namespace

void prepare(Stream& stream) { static_cast<void>(cudnn_handle(stream)); }
bool in_use() { return cudnn_loaded(); }

bool supports(const ConvShape& shape) {
  return conv2d_tensor_core_supports(shape) || conv2d_direct_supports(shape) || conv2d_planes_supports(shape);
}

std::size_t workspace(const ConvShape& s) {
  const std::size_t element = size_of(s.dtype);
  const auto bytes = [](std::int64_t count, std::size_t size) {
    return Scratch::rounded(static_cast<std::size_t>(count) * size);
  };
  const std::int64_t pixels = s.samples / s.lanes * s.h * s.w, filter = s.k * s.c * s.filter * s.filter;
  return bytes(pixels * s.c, element) + bytes(pixels * s.k, element) + bytes(filter, element) +
         bytes(filter, sizeof(float)) + 2 * bytes(s.k, sizeof(float)) + Scratch::rounded(kLibraryBytes);
}

void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, Stream& stream) {
  const NativeShape shape = shape_of(x, y, w);
  const NativeConvolution& convolution = convolution_for(NativePass::kForward, shape, stream);
  Scratch scratch(stream);
  const LaneMemory lane(scratch, shape);
  for (std::int64_t l = 0; l < w.lanes; ++l) {
    convert_layout(lane.x.view(), x.samples(l * shape.samples, shape.samples), stream);
    convert_layout(lane.filter.view(), as_tensor(w, l), stream);
    lane.run(convolution, stream);
    if (!b.empty()) {
      convert_layout(flat(lane.bias.view()), flat(as_tensor(b, l)), stream);
      convolution.add_bias(lane.y.data(), lane.bias.data(), stream);
    }
    convert_layout(y.samples(l * shape.samples, shape.samples), lane.y.view(), stream);
  }
}

void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
  const NativeShape shape = shape_of(dx, dy, w);
  const NativeConvolution& convolution = convolution_for(NativePass::kBackwardData, shape, stream);
  Scratch scratch(stream);
  const LaneMemory lane(scratch, shape);
  for (std::int64_t l = 0; l < w.lanes; ++l) {
    convert_layout(lane.y.view(), dy.samples(l * shape.samples, shape.samples), stream);
    convert_layout(lane.filter.view(), as_tensor(w, l), stream);
    lane.run(convolution, stream);
    convert_layout(dx.samples(l * shape.samples, shape.samples), lane.x.view(), stream);
  }
}

void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                     Stream& stream) {
  const NativeShape shape = shape_of(x, dy, dw);
  const NativeConvolution& convolution = convolution_for(NativePass::kBackwardWeight, shape, stream);
  Scratch scratch(stream);
  const LaneMemory lane(scratch, shape);
  float* exchange = scratch.take<float>(static_cast<std::size_t>(dw.count()));
  float* bias_exchange = scratch.take<float>(static_cast<std::size_t>(shape.k));
  for (std::int64_t l = 0; l < dw.lanes; ++l) {
    convert_layout(lane.x.view(), x.samples(l * shape.samples, shape.samples), stream);
    convert_layout(lane.y.view(), dy.samples(l * shape.samples, shape.samples), stream);
    lane.run(convolution, stream);
    accumulate(dw, l, lane.filter.view(), exchange, stream);
    if (!db.empty()) {
      convolution.sum_bias(lane.bias.data(), lane.y.data(), stream);
      accumulate(db, l, {lane.bias.data(), shape.dtype, {shape.k, 1, 1, 1}, 1}, bias_exchange, stream);
    }
  }
}

}  // namespace selfsame::conv2d_cudnn
