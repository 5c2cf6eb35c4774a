// SPDX-License-Identifier: Apache-2.0
#include "kernels/dot/dot.hpp"

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/dot/dot_gpu.hpp"
#include "kernels/dot/dot_reference.hpp"
#include "kernels/dot/dot_versions.hpp"

namespace selfsame {
namespace {

using KernelTable = const DotKernels& (*)();

/// One unit of work per sample, whose elements lie one after the other.
template <KernelTable kernels>
void flat(std::span<double> values, const DotRule& rule, ConstTensorView a, ConstTensorView b,
          Stream& stream) {
  const std::int64_t count = a.sample_size();
  stream.pool().run(a.shape.n, [&](std::int64_t n, int) {
    const double sum =
        kernels().sum(a.as<float>() + n * a.sample_stride, b.as<float>() + n * b.sample_stride, count);
    double& value = values[static_cast<std::size_t>(n)];
    const double before = rule.keep == 0 ? 0.0 : rule.keep * value;
    value = before + rule.scale * (sum / static_cast<double>(count)) + rule.offset;
  });
}

template <Isa isa>
bool is_float(const DType& t) {
  return isa_available(isa) && t == DType::kF32;
}
bool is_real(const DType& t) { return t == DType::kF32 || t == DType::kF64; }

#define SELFSAME_ENTRY(space, device) {"gpu", gpu_takes_float, space::dot::sample_dot, device},

constexpr DotImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"avx512", is_float<Isa::kAvx512>, flat<avx512::dot_kernels>},
    {"avx2", is_float<Isa::kAvx2>, flat<avx2::dot_kernels>},
    {"baseline", is_float<Isa::kBaseline>, flat<baseline::dot_kernels>},
    {"reference", is_real, dot_reference::sample_dot},
};

}  // namespace

std::span<const DotImplementation> dot_implementations() { return kImplementations; }

std::size_t sample_dot_workspace(const Shape4& shape) {
  return Scratch::rounded(static_cast<std::size_t>(shape.n * dot_parts(shape)) * sizeof(double));
}

void sample_dot(std::span<double> values, double keep, double scale, double offset, ConstTensorView a,
                ConstTensorView b, Stream& stream) {
  const OpRange range(stream, "sample_dot");
  elementwise::check_same_layout(a, b, "a", "b");
  SELFSAME_CHECK(a.block == 1 && a.split == 0, "a {} block {} split {}", a.shape.text(), a.block, a.split);
  SELFSAME_CHECK(static_cast<std::int64_t>(values.size()) == a.shape.n, "{} values for {}", values.size(),
                 a.shape.text());
  SELFSAME_CHECK(a.shape.count() > 0, "no elements in {}", a.shape.text());
  select_implementation("dot", dot_implementations(), a.dtype, stream)
      .sample_dot(values, {keep, scale, offset}, a, b, stream);
}

}  // namespace selfsame
