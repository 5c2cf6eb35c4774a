// SPDX-License-Identifier: Apache-2.0
// kernels/concat/concat.hpp on a GPU: both parts are copied as they lie by one kernel, sixteen bytes per
// thread where addresses and sizes allow it. Not yet run on a GPU.
#include "kernels/concat/concat_gpu.hpp"

#include <algorithm>

#include "kernels/device/gpu/flat_map.cuh"

namespace selfsame::SELFSAME_GPU::concat {
namespace {

struct Bytes16 {
  alignas(16) std::uint32_t words[4];
};

/// Sizes in units of the copy.
template <typename Unit>
struct PartCopy {
  Unit* to;
  const Unit* from;
  std::int64_t to_stride, from_stride, count;
};

template <typename Unit>
struct CopyArgs {
  PartCopy<Unit> first, second;
};

template <typename Unit>
__global__ void concat_copy_kernel(CopyArgs<Unit> a) {
  const PartCopy<Unit> part = block_z() == 0 ? a.first : a.second;
  const std::int64_t i = static_cast<std::int64_t>(block_x()) * block_size_x() + thread_x();
  const std::int64_t n = block_y();
  if (i < part.count) {
    part.to[n * part.to_stride + i] = part.from[n * part.from_stride + i];
  }
}

template <typename Unit>
PartCopy<Unit> part_copy(const TensorView& to, const ConstTensorView& from) {
  const auto in_units = [&](std::int64_t elements) {
    return elements * static_cast<std::int64_t>(size_of(to.dtype)) / static_cast<std::int64_t>(sizeof(Unit));
  };
  return {static_cast<Unit*>(to.data), static_cast<const Unit*>(from.data), in_units(to.sample_stride),
          in_units(from.sample_stride), in_units(to.sample_size())};
}

struct Part {
  TensorView to;
  ConstTensorView from;
};

template <typename Unit>
void copy_as(LaunchName name, const Part& first, const Part& second, Stream& stream) {
  constexpr int kThreads = 256;
  const CopyArgs<Unit> a{part_copy<Unit>(first.to, first.from), part_copy<Unit>(second.to, second.from)};
  const std::int64_t longest = std::max(a.first.count, a.second.count), samples = first.to.shape.n;
  if (samples > 0 && longest > 0) {
    launch(name, concat_copy_kernel<Unit>,
           LaunchShape{{blocks_for(longest, kThreads), samples, 2}, {kThreads, 1, 1}}, stream, a);
  }
}

void copy(LaunchName name, const Part& first, const Part& second, Stream& stream) {
  const bool wide = is_aligned16(first.to) && is_aligned16(first.from) && is_aligned16(second.to) &&
                    is_aligned16(second.from);
  wide                                       ? copy_as<Bytes16>(name, first, second, stream)
  : size_of(first.to.dtype) == sizeof(float) ? copy_as<std::uint32_t>(name, first, second, stream)
                                             : copy_as<std::uint16_t>(name, first, second, stream);
}

}  // namespace

void forward(TensorView y, ConstTensorView a, ConstTensorView b, Stream& stream) {
  copy("concat_forward", {y.part(0), a}, {y.part(1), b}, stream);
}

void backward(TensorView da, TensorView db, ConstTensorView dy, Stream& stream) {
  copy("concat_backward", {da, dy.part(0)}, {db, dy.part(1)}, stream);
}

}  // namespace selfsame::SELFSAME_GPU::concat
