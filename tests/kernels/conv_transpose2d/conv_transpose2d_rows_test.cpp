// SPDX-License-Identifier: Apache-2.0
// The rows of kernels/conv_transpose2d/conv_transpose2d_rows.cu, which only a library's product uses, on the
// simulated device.
#include <gtest/gtest.h>

#include "kernels/conv_transpose2d/conv_transpose2d_gpu.hpp"
#include "tests/support/op_contract.hpp"

#if defined(SELFSAME_SIMULATED)

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

struct Form {
  Shape4 small;  // channels of the large image
  int block;
};
const Form kForms[] = {{{1, 1, 1, 1}, 1}, {{2, 5, 3, 2}, 8}, {{1, 17, 2, 5}, 8}, {{2, 3, 4, 3}, 1}};

/// y and its rows, one of which is made from the other.
OpCase new_case(const Form& f, bool gather) {
  const Shape4 s = f.small;
  OpCase c;
  c.op = "conv_transpose2d_rows";
  c.tensor("y", gather ? Role::kInput : Role::kOutput, {s.n, s.c, 2 * s.h, 2 * s.w}, f.block, 0, f.block);
  c.parameter("rows", gather ? Role::kOutput : Role::kInput, {s.n * s.h * s.w, s.c, 2, 2});
  c.call = [gather](const Arguments& a, Stream& stream) {
    gather ? simulated::conv_transpose2d_rows::gather(a.parameter("rows").data, a.tensor("y"), stream)
           : simulated::conv_transpose2d_rows::scatter(a.tensor("y"), a.parameter("rows").data, stream);
  };
  return c.randomize(1);
}

/// Calls f(index in y, index in rows), both in logical order.
template <typename F>
void for_each_element(const Shape4& s, const F& f) {
  for (std::int64_t i = 0; i < 4 * s.count(); ++i) {
    const std::int64_t q = i % (2 * s.w), p = i / (2 * s.w) % (2 * s.h), k = i / (4 * s.w * s.h) % s.c;
    const std::int64_t pixel = (i / (4 * s.w * s.h * s.c) * s.h + p / 2) * s.w + q / 2;
    f(static_cast<std::size_t>(i), static_cast<std::size_t>(((pixel * s.c + k) * 2 + p % 2) * 2 + q % 2));
  }
}

void expect_rows(const Form& form, DType dtype) {
  for (const bool gather : {true, false}) {
    OpCase c = new_case(form, gather);
    c.stored_as("y", dtype).stored_as("rows", dtype);
    const contract::Operand& given = c.operand(gather ? "y" : "rows");
    Stream stream(DeviceKind::kSimulated, 1);
    const std::vector<double> got = contract::run_case(c, dtype, stream).at(gather ? "rows" : "y");
    for_each_element(form.small, [&](std::size_t y, std::size_t row) {
      const auto value = static_cast<float>(given.values[gather ? y : row]);
      const float want = dtype == DType::kBF16 ? to_float(to_bf16(value)) : value;
      EXPECT_EQ(got[gather ? row : y], static_cast<double>(want)) << gather << " " << y << " " << row;
    });
  }
}

TEST(ConvTranspose2dRows, AreTheLargeImageWithTheTapsOfAPixelTogether) {
  for (const Form& form : kForms) {
    expect_rows(form, DType::kF32);
    expect_rows(form, DType::kBF16);
  }
}

}  // namespace
}  // namespace selfsame
#endif
