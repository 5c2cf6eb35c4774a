// SPDX-License-Identifier: Apache-2.0
// conv2d in bf16 on a CPU without bf16 arithmetic: chunks of the tensors are widened to float in scratch, the
// float versions compute them, and outputs are rounded once. The weight gradient of a lane is the sum over
// the chunks of its samples, in order.
#include <algorithm>

#include "kernels/conv2d/conv2d_versions.hpp"

namespace selfsame::conv2d_widened {
namespace {

ConvShape in_float(const ConvShape& shape) {
  ConvShape s = shape;
  s.dtype = DType::kF32;
  s.x_block = widened::float_block(shape.x_block);
  s.y_block = widened::float_block(shape.y_block);
  return s;
}

/// Bytes of the float copies of both tensors.
std::size_t copied_bytes(const ConvShape& s, std::int64_t samples) {
  return widened::bytes({samples, s.c, s.h, s.w}, s.x_block, s.x_split) +
         widened::bytes({samples, s.k, s.h, s.w}, s.y_block, 0);
}

/// One call: which float version computes it, and its chunks.
struct Call {
  const Conv2dImplementation& version;
  const WidenKernels& kernels;
  widened::Chunks chunks;
  std::int64_t batch, lanes;

  Call(const FloatVersion& f, const ConstTensorView& y, const ConstTensorView& x, const ConstParameterView& w)
      : Call(f, {w.lanes, x.shape.n, x.shape.c, y.shape.c, x.shape.h, x.shape.w, static_cast<int>(w.dims[2]),
                 DType::kBF16, x.block, y.block, x.split}) {}
  Call(const FloatVersion& f, const ConvShape& s)
      : version(f.winograd.supports(in_float(s)) ? f.winograd : f.direct),
        kernels(f.widen()),
        chunks(s.samples / s.lanes, s.lanes, copied_bytes(s, 1)),
        batch(s.samples / s.lanes),
        lanes(s.lanes) {}

  template <typename F>
  void for_each_chunk(F&& f) const {
    widened::for_each_chunk(chunks, batch, lanes, f);
  }
};

}  // namespace

bool supports(const ConvShape& s) {
  const auto taken = [](int block) { return block == widened::kStoredBlock || block == 1; };
  return s.dtype == DType::kBF16 && taken(s.x_block) && taken(s.y_block) && conv2d_cpu::supports(in_float(s));
}

std::size_t workspace(const ConvShape& s, int threads) {
  const widened::Chunks chunks(s.samples / s.lanes, s.lanes, copied_bytes(s, 1));
  ConvShape f = in_float(s);
  f.lanes = chunks.lanes;
  f.samples = chunks.lanes * chunks.samples;
  const std::size_t computed =
      std::max(conv2d_cpu::workspace(f, threads),
               conv2d_winograd::supports(f) ? conv2d_winograd::workspace(f, threads) : 0);
  return computed + copied_bytes(s, f.samples);
}

void forward(const FloatVersion& version, TensorView y, ConstTensorView x, ConstParameterView w,
             ConstParameterView b, Stream& stream) {
  const Call call(version, y, x, w);
  call.for_each_chunk([&](auto first, auto samples, auto lane, auto lanes) {
    Scratch scratch(stream);
    const TensorView out = widened::begin_write(y.samples(first, samples), scratch);
    const ConstTensorView in = widened::read(call.kernels, x.samples(first, samples), scratch, stream);
    call.version.forward(out, in, widened::lanes_of(w, lane, lanes), widened::lanes_of(b, lane, lanes),
                         stream);
    widened::end_write(call.kernels, y.samples(first, samples), out, stream);
  });
}

void backward_data(const FloatVersion& version, TensorView dx, ConstTensorView dy, ConstParameterView w,
                   Stream& stream) {
  const Call call(version, dy, dx, w);
  call.for_each_chunk([&](auto first, auto samples, auto lane, auto lanes) {
    Scratch scratch(stream);
    const TensorView out = widened::begin_write(dx.samples(first, samples), scratch);
    const ConstTensorView in = widened::read(call.kernels, dy.samples(first, samples), scratch, stream);
    call.version.backward_data(out, in, widened::lanes_of(w, lane, lanes), stream);
    widened::end_write(call.kernels, dx.samples(first, samples), out, stream);
  });
}

void backward_weight(const FloatVersion& version, ParameterView dw, ParameterView db, ConstTensorView dy,
                     ConstTensorView x, Stream& stream) {
  const Call call(version, dy, x, dw);
  call.for_each_chunk([&](auto first, auto samples, auto lane, auto lanes) {
    Scratch scratch(stream);
    const ConstTensorView out = widened::read(call.kernels, dy.samples(first, samples), scratch, stream);
    const ConstTensorView in = widened::read(call.kernels, x.samples(first, samples), scratch, stream);
    call.version.backward_weight(widened::lanes_of(dw, lane, lanes), widened::lanes_of(db, lane, lanes), out,
                                 in, stream);
  });
}

}  // namespace selfsame::conv2d_widened
