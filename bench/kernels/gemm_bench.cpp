// SPDX-License-Identifier: Apache-2.0
// bench/gemm: every version of the batched matrix product in float, on the products of the subspace study
// (docs/theory.md): rows of 100 pixels, many samples, a few lanes; and on a square one.
#include "bench/support/op_table.hpp"
#include "kernels/gemm/gemm.hpp"

namespace selfsame::bench {
namespace {

struct Named {
  const char* pass;
  GemmShape shape;
};

constexpr Named kProducts[] = {
    {"gram", {1, 100, 100, 16384, GemmOp::kTransposed, GemmOp::kNone, DType::kF32}},
    {"gram_turned", {1, 100, 100, 16384, GemmOp::kNone, GemmOp::kTransposed, DType::kF32}},
    {"apply", {1, 100, 16384, 100, GemmOp::kNone, GemmOp::kNone, DType::kF32}},
    {"step", {64, 100, 100, 100, GemmOp::kNone, GemmOp::kNone, DType::kF32}},
    {"square", {1, 1024, 1024, 1024, GemmOp::kNone, GemmOp::kNone, DType::kF32}},
};

int run(const OpBenchOptions& options) {
  OpBench bench(options);
  Stream& stream = bench.stream();
  for (const auto& [pass, s] : kProducts) {
    OpCall call;
    call.op = "gemm", call.pass = pass, call.layers = "subspace";
    call.shape = fmt::format("{}x{}x{}x{}", s.lanes, s.m, s.n, s.k);
    call.flops = 2.0 * static_cast<double>(s.lanes * s.m * s.n * s.k);
    call.bytes = 4.0 * static_cast<double>(s.lanes * (s.m * s.k + s.k * s.n + s.m * s.n));
    call.workspace = gemm_workspace(s, stream.pool().threads(), stream.device());
    call.versions = version_names(gemm_implementations(), s, stream.device());
    call.prepare = [s = s, &stream]() -> PreparedCall {
      const auto of = [&](std::int64_t rows, std::int64_t columns) {
        return std::make_shared<Operand>(stream, Shape4{s.lanes, 1, rows, columns}, DType::kF32, 1);
      };
      const auto c = of(s.m, s.n);
      const auto a = s.op_a == GemmOp::kNone ? of(s.m, s.k) : of(s.k, s.m);
      const auto b = s.op_b == GemmOp::kNone ? of(s.k, s.n) : of(s.n, s.k);
      const auto matrix = [](const Operand& o) {
        const TensorView v = o.view();
        return ParameterView(v.data, v.dtype, v.shape.n, {v.shape.h, v.shape.w, 1, 1}, v.sample_stride);
      };
      return {[=, &stream] { gemm(matrix(*c), 1, matrix(*a), s.op_a, matrix(*b), s.op_b, 0, stream); }, c};
    };
    bench.run(call);
  }
  return bench.finish();
}

}  // namespace
}  // namespace selfsame::bench

int main(int argc, char** argv) {
  selfsame::bench::OpBenchOptions options;
  options.bench = "gemm";
  int exit_code = 0;
  if (!parse_options(argc, argv, "Time of every version of the batched matrix product", options, exit_code)) {
    return exit_code;
  }
  try {
    return selfsame::bench::run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "gemm: {}\n", error.what());
    return 2;
  }
}
