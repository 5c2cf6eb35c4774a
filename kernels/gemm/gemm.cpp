// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/gemm.hpp"

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/gemm/gemm_cpu.hpp"
#include "kernels/gemm/gemm_cublas.hpp"
#include "kernels/gemm/gemm_gpu.hpp"
#include "kernels/gemm/gemm_reference.hpp"

namespace selfsame {
namespace {

#define SELFSAME_ENTRY(space, device) \
  GemmImplementation{"tiles", gemm_reference::supports, space::gemm_tiles::run, device},

constexpr GemmImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY)
#if defined(SELFSAME_CUBLAS)
    // Behind one that supports the same: it runs only when it is asked for.
    {"cublas", gemm_cublas::supports, gemm_cublas::run, DeviceKind::kCuda},
#endif
    gemm_cpu::Version<Isa::kAvx512, avx512::gemm_kernels>::entry("avx512"),
    gemm_cpu::Version<Isa::kAvx2, avx2::gemm_kernels>::entry("avx2"),
    gemm_cpu::Version<Isa::kBaseline, baseline::gemm_kernels>::entry("baseline"),
    {"reference", gemm_reference::supports, gemm_reference::run},
};

template <typename View>
std::string text_of(const View& matrix) {
  return fmt::format("({}, {}, {})", matrix.lanes, matrix.dims[0], matrix.dims[1]);
}

GemmShape check(const ParameterView& c, const ConstParameterView& a, GemmOp op_a, const ConstParameterView& b,
                GemmOp op_b) {
  GemmShape s;
  s.lanes = c.lanes;
  s.m = c.dims[0];
  s.n = c.dims[1];
  s.k = a.dims[op_a == GemmOp::kNone ? 1 : 0];
  s.op_a = op_a, s.op_b = op_b;
  s.dtype = c.dtype;
  const bool fits = a.dims[op_a == GemmOp::kNone ? 0 : 1] == s.m &&
                    b.dims[op_b == GemmOp::kNone ? 0 : 1] == s.k &&
                    b.dims[op_b == GemmOp::kNone ? 1 : 0] == s.n && a.lanes == s.lanes && b.lanes == s.lanes;
  const auto name = [](GemmOp op) { return op == GemmOp::kNone ? "" : " transposed"; };
  SELFSAME_CHECK(fits && s.m >= 0 && s.n >= 0 && s.k >= 0, "product {} = {}{} times {}{}", text_of(c),
                 text_of(a), name(op_a), text_of(b), name(op_b));
  SELFSAME_CHECK(a.dtype == s.dtype && b.dtype == s.dtype && s.dtype != DType::kBF16, "types {} {} {}",
                 name_of(c.dtype), name_of(a.dtype), name_of(b.dtype));
  SELFSAME_CHECK(s.lanes <= 1 || c.lane_stride >= s.m * s.n, "lanes of the result overlap: stride {} for {}",
                 c.lane_stride, text_of(c));
  SELFSAME_CHECK(c.data != a.data && c.data != b.data, "the result {} is one of the operands", text_of(c));
  return s;
}

}  // namespace

std::span<const GemmImplementation> gemm_implementations() { return kImplementations; }

std::size_t gemm_workspace(const GemmShape& shape, int threads, DeviceKind device) {
  if (device != DeviceKind::kCpu) {
#if defined(SELFSAME_CUBLAS)
    if (device == DeviceKind::kCuda && gemm_cublas::in_use()) {
      return gemm_cublas::workspace();
    }
#endif
    return 0;
  }
  return gemm_cpu::workspace(shape, threads);
}

void gemm(ParameterView c, double alpha, ConstParameterView a, GemmOp op_a, ConstParameterView b, GemmOp op_b,
          double beta, Stream& stream) {
  const OpRange range(stream, "gemm");
  const GemmShape shape = check(c, a, op_a, b, op_b);
  const GemmImplementation& chosen = select_implementation("gemm", gemm_implementations(), shape, stream);
  if (shape.lanes > 0 && shape.m > 0 && shape.n > 0) {
    chosen.run(shape, c, alpha, a, b, beta, stream);
  }
}

}  // namespace selfsame
