// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "mri/fourier/fourier_gpu.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

void shift(ComplexView y, ConstComplexView x, std::int64_t rows, std::int64_t columns, Stream& stream) {
  SELFSAME_IF_CUDA(if (stream.device() == DeviceKind::kCuda) {
    cuda::fourier_shift::shift(y, x, rows, columns, 0.5, stream);
  })
  SELFSAME_IF_SIMULATED(if (stream.device() == DeviceKind::kSimulated) {
    simulated::fourier_shift::shift(y, x, rows, columns, 0.5, stream);
  })
}

TEST(FourierShift, OnEveryDeviceTurnsPlanesAboutAndScalesThem) {
  if (contract::test_device() == DeviceKind::kCpu) {
    GTEST_SKIP() << "the CPU's transforms shift nothing";
  }
  const Shape4 s{2, 3, 5, 70};
  for (const auto& [rows, columns] : {std::pair{0, 0}, std::pair{2, 35}, std::pair{4, 69}, std::pair{3, 0}}) {
    OpCase c;
    c.op = "fourier";
    const Shape4 parts{s.n, s.c, s.h, 2 * s.w};
    c.tensor("y", Role::kOutput, parts, 1).tensor("x", Role::kInput, parts, 1);
    c.call = [rows = rows, columns = columns](const Arguments& a, Stream& stream) {
      shift(as_complex(a.tensor("y")), as_complex(a.tensor("x")), rows, columns, stream);
    };
    c.randomize(71);
    const std::vector<double>& x = c.operand("x").values;
    const std::vector<double> y = contract::run_case(c, DType::kF32, "").at("y");
    for (std::int64_t i = 0; i < s.count(); ++i) {
      const std::int64_t plane = i / (s.h * s.w), h = i / s.w % s.h, w = i % s.w;
      const auto from =
          static_cast<std::size_t>((plane * s.h + (h + rows) % s.h) * s.w + (w + columns) % s.w);
      for (const std::size_t part : {0u, 1u}) {
        ASSERT_EQ(y[2 * static_cast<std::size_t>(i) + part], 0.5 * x[2 * from + part]);
      }
    }
  }
}

}  // namespace
}  // namespace selfsame
