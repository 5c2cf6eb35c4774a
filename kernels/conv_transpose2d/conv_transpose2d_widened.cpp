// SPDX-License-Identifier: Apache-2.0
// conv_transpose2d in bf16 on a CPU without bf16 arithmetic, as conv2d_widened.cpp does it.
#include "kernels/conv_transpose2d/conv_transpose2d_versions.hpp"

namespace selfsame::conv_transpose2d_widened {
namespace {

/// Bytes of the float copies of both tensors.
std::size_t copied_bytes(const Shape4& x, std::int64_t x_split, std::int64_t K, std::int64_t samples) {
  return widened::bytes({samples, x.c, x.h, x.w}, widened::kStoredBlock, x_split) +
         widened::bytes({samples, K, 2 * x.h, 2 * x.w}, widened::kStoredBlock, 0);
}

template <typename F>
void for_each_chunk(const ConstTensorView& x, std::int64_t K, std::int64_t lanes, F&& f) {
  const std::int64_t batch = x.shape.n / lanes;
  widened::for_each_chunk(widened::Chunks(batch, lanes, copied_bytes(x.shape, x.split, K, 1)), batch, lanes,
                          f);
}

}  // namespace

bool supports(const ConvTransposeShape& s) {
  ConvTransposeShape in_float = s;
  in_float.dtype = DType::kF32;
  in_float.x_block = in_float.y_block = widened::kFloatBlock;
  return s.dtype == DType::kBF16 && s.x_block == widened::kStoredBlock &&
         s.y_block == widened::kStoredBlock && conv_transpose2d_cpu::supports(in_float);
}

std::size_t workspace(const ConvTransposeShape& s) {
  const Shape4 x{s.samples, s.c, s.h, s.w};
  const widened::Chunks chunks(s.samples / s.lanes, s.lanes, copied_bytes(x, s.x_split, s.k, 1));
  ConvTransposeShape in_float = s;
  in_float.lanes = chunks.lanes;
  in_float.samples = chunks.lanes * chunks.samples;
  return conv_transpose2d_cpu::workspace(in_float) + copied_bytes(x, s.x_split, s.k, in_float.samples);
}

void forward(const ConvTranspose2dImplementation& in_float, const WidenKernels& kernels, TensorView y,
             ConstTensorView x, ConstParameterView w, Stream& stream) {
  for_each_chunk(x, y.shape.c, w.lanes, [&](auto first, auto samples, auto lane, auto lanes) {
    Scratch scratch(stream);
    const TensorView out = widened::begin_write(y.samples(first, samples), scratch);
    const ConstTensorView in = widened::read(kernels, x.samples(first, samples), scratch, stream);
    in_float.forward(out, in, widened::lanes_of(w, lane, lanes), stream);
    widened::end_write(kernels, y.samples(first, samples), out, stream);
  });
}

void backward_data(const ConvTranspose2dImplementation& in_float, const WidenKernels& kernels, TensorView dx,
                   ConstTensorView dy, ConstParameterView w, Stream& stream) {
  for_each_chunk(dx, dy.shape.c, w.lanes, [&](auto first, auto samples, auto lane, auto lanes) {
    Scratch scratch(stream);
    const TensorView out = widened::begin_write(dx.samples(first, samples), scratch);
    const ConstTensorView in = widened::read(kernels, dy.samples(first, samples), scratch, stream);
    in_float.backward_data(out, in, widened::lanes_of(w, lane, lanes), stream);
    widened::end_write(kernels, dx.samples(first, samples), out, stream);
  });
}

void backward_weight(const ConvTranspose2dImplementation& in_float, const WidenKernels& kernels,
                     ParameterView dw, ConstTensorView dy, ConstTensorView x, Stream& stream) {
  for_each_chunk(x, dy.shape.c, dw.lanes, [&](auto first, auto samples, auto lane, auto lanes) {
    Scratch scratch(stream);
    const ConstTensorView out = widened::read(kernels, dy.samples(first, samples), scratch, stream);
    const ConstTensorView in = widened::read(kernels, x.samples(first, samples), scratch, stream);
    in_float.backward_weight(widened::lanes_of(dw, lane, lanes), out, in, stream);
  });
}

}  // namespace selfsame::conv_transpose2d_widened
