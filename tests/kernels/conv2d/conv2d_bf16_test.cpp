// SPDX-License-Identifier: Apache-2.0
// conv2d in bf16 on the CPU: float arithmetic on widened tensors, matrix tiles where the processor has them,
// and the same tiles emulated.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "kernels/conv2d/conv2d.hpp"
#include "kernels/device/isa.hpp"
#include "tests/support/bf16_conv_shapes.hpp"
#include "tests/support/conv_shapes.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::Bounds;
using contract::OpCase;
using contract::Role;
using contract::Values;

constexpr int kMostThreads = 4;
constexpr std::int64_t kLaneGap = 7;

std::int64_t sample_gap(const ConvShape& s, int block) { return s.h % 2 == 1 ? 3 * block : 0; }

std::string name_of_shape(const ConvShape& s) {
  return fmt::format("L{} N{} C{} K{} {}x{} filter {} blocks {}->{} split {}", s.lanes, s.samples, s.c, s.k,
                     s.h, s.w, s.filter, s.x_block, s.y_block, s.x_split);
}

struct Passes {
  OpCase forward, backward_data, backward_weight;
};

Passes passes_of(const ConvShape& s) {
  ConvShape lane = s;
  lane.samples = s.samples / s.lanes;
  lane.lanes = 1;
  OpCase base;
  base.op = "conv2d";
  base.lanes = s.lanes;
  base.workspace_bytes = std::max(conv2d_workspace(s, kMostThreads), conv2d_workspace(lane, kMostThreads));
  Passes p{base, base, base};
  const Shape4 x{s.samples, s.c, s.h, s.w}, y{s.samples, s.k, s.h, s.w};
  const std::array<std::int64_t, 4> w{s.k, s.c, s.filter, s.filter}, b{s.k, 1, 1, 1};
  const std::int64_t x_gap = sample_gap(s, s.x_block), y_gap = sample_gap(s, s.y_block);
  p.forward.tensor("y", Role::kOutput, y, s.y_block, 0, y_gap)
      .tensor("x", Role::kInput, x, s.x_block, s.x_split, x_gap)
      .parameter("w", Role::kInput, w, kLaneGap)
      .parameter("b", Role::kInput, b, kLaneGap)
      .randomize(1);
  p.forward.call = [](const Arguments& a, Stream& stream) {
    conv2d_forward(a.tensor("y"), a.tensor("x"), a.parameter("w"), a.parameter("b"), stream);
  };
  p.backward_data.tensor("dx", Role::kOutput, x, s.x_block, s.x_split, x_gap)
      .tensor("dy", Role::kInput, y, s.y_block, 0, y_gap)
      .parameter("w", Role::kInput, w, kLaneGap)
      .randomize(2);
  p.backward_data.call = [](const Arguments& a, Stream& stream) {
    conv2d_backward_data(a.tensor("dx"), a.tensor("dy"), a.parameter("w"), stream);
  };
  p.backward_weight.parameter("dw", Role::kAccumulated, w, kLaneGap)
      .tensor("dy", Role::kInput, y, s.y_block, 0, y_gap)
      .tensor("x", Role::kInput, x, s.x_block, s.x_split, x_gap)
      .parameter("db", Role::kAccumulated, b, kLaneGap)
      .randomize(3);
  p.backward_weight.call = [](const Arguments& a, Stream& stream) {
    conv2d_backward_weight(a.parameter("dw"), a.parameter("db"), a.tensor("dy"), a.tensor("x"), stream);
  };
  return p;
}

std::vector<std::string> names_for(const ConvShape& shape) {
  return contract::supported_names(conv2d_implementations(), shape);
}

/// A rounding to bf16 is at most 2^-8 of an element, 2^-8 / sqrt(3) = 2.3e-3 root mean square. Tiles round
/// the filters, and a bf16 output is rounded: together 3.2e-3. An element that cancels has as large an error
/// from the filters as one that does not; at 4 standard deviations, where the largest output is too, it
/// is 2.3e-3 of that, to which its own rounding adds 3.9e-3.
Bounds rounded_bounds(std::int64_t terms) { return {4e-3 + test::sum_bound(terms), 8e-3}; }

// A gradient of a parameter has no rounded factor: its inputs are bf16 exactly, and it is stored in float.
Bounds sum_bounds(std::int64_t terms) { return {test::sum_bound(terms), test::sum_bound(terms)}; }

TEST(Conv2dBf16, EveryVersionMatchesTheReference) {
  std::set<std::string> ran;
  for (const ConvShape& shape : test::kBf16ConvShapes) {
    SCOPED_TRACE(name_of_shape(shape));
    const auto names = names_for(shape);
    ran.insert(names.begin(), names.end());
    const Passes p = passes_of(shape);
    const std::int64_t taps = shape.filter * shape.filter,
                       pixels = shape.samples / shape.lanes * shape.h * shape.w;
    contract::expect_parity(p.forward, names, {{"*", rounded_bounds(shape.c * taps)}}, DType::kBF16);
    contract::expect_parity(p.backward_data, names, {{"*", rounded_bounds(shape.k * taps)}}, DType::kBF16);
    contract::expect_parity(p.backward_weight, names, {{"*", sum_bounds(pixels + 1)}}, DType::kBF16);
  }
  EXPECT_EQ(ran.size(), contract::simd_versions() + (amx_available() ? 2 : 1));
  EXPECT_TRUE(ran.contains("amx_emulated"));
}

TEST(Conv2dBf16, ResultsDoNotDependOnThreadsOrOtherLanes) {
  for (const ConvShape& shape : test::kBf16ConvShapes) {
    SCOPED_TRACE(name_of_shape(shape));
    const auto names = names_for(shape);
    const Passes p = passes_of(shape);
    for (const OpCase& op_case : {p.forward, p.backward_data, p.backward_weight}) {
      contract::expect_repeatable(op_case, names, DType::kBF16);
      if (shape.lanes > 1) {
        contract::expect_lanes_independent(op_case, names, DType::kBF16);
      }
    }
  }
}

TEST(Conv2dBf16, ASampleDoesNotDependOnItsBatch) {
  ConvShape five{1, 5, 40, 33, 6, 7, 3, DType::kBF16, 32, 32, 0}, one = five;
  one.samples = 1;
  const Passes all = passes_of(five);
  for (const std::string& name : names_for(five)) {
    const std::vector<double> together = contract::run_case(all.forward, DType::kBF16, name).at("y");
    Passes alone = passes_of(one);
    alone.forward.operand("w").values = all.forward.operand("w").values;
    alone.forward.operand("b").values = all.forward.operand("b").values;
    const std::vector<double>& x = all.forward.operand("x").values;
    const auto x_size = static_cast<std::ptrdiff_t>(x.size() / 5),
               y_size = static_cast<std::ptrdiff_t>(together.size() / 5);
    alone.forward.operand("x").values = {x.begin() + 3 * x_size, x.begin() + 4 * x_size};
    contract::expect_bitwise(contract::run_case(alone.forward, DType::kBF16, name),
                             {{"y", {together.begin() + 3 * y_size, together.begin() + 4 * y_size}}}, name);
  }
}

TEST(Conv2dBf16, TheProcessorsTilesAgreeWithTheEmulatedOnesToTheBit) {
  if (!amx_available()) {
    GTEST_SKIP() << "this processor has no AMX with bf16, or SELFSAME_ISA hides it";
  }
  for (const ConvShape& shape : test::kBf16ConvShapes) {
    const Passes p = passes_of(shape);
    for (const OpCase& op_case : {p.forward, p.backward_data, p.backward_weight}) {
      if (shape.x_block == shape.y_block) {
        contract::expect_bitwise(contract::run_case(op_case, DType::kBF16, "amx_bf16"),
                                 contract::run_case(op_case, DType::kBF16, "amx_emulated"),
                                 name_of_shape(shape));
      }
    }
  }
}

TEST(Conv2dBf16, OneOutputMayBePartOfAConcatenation) {
  const ConvShape shape{1, 2, 32, 40, 5, 17, 3, DType::kBF16, 32, 32, 0};
  const OpCase plain = passes_of(shape).forward;
  for (const int part : {0, 1}) {
    OpCase inside = plain;
    contract::Operand& whole = inside.operand("y");
    whole.role = Role::kUpdated;
    whole.shape.c = 2 * shape.k;
    whole.split = shape.k;
    whole.gap = 0;
    whole.values.assign(static_cast<std::size_t>(whole.shape.count()), 0.5);
    inside.call = [part](const Arguments& a, Stream& stream) {
      conv2d_forward(a.tensor("y").part(part), a.tensor("x"), a.parameter("w"), a.parameter("b"), stream);
    };
    for (const std::string& name : names_for(shape)) {
      const std::vector<double> y = contract::run_case(plain, DType::kBF16, name).at("y");
      const std::vector<double> both = contract::run_case(inside, DType::kBF16, name).at("y");
      const auto size = static_cast<std::ptrdiff_t>(shape.k * shape.h * shape.w);
      for (std::ptrdiff_t n = 0; n < 2; ++n) {
        EXPECT_TRUE(std::equal(y.begin() + n * size, y.begin() + (n + 1) * size,
                               both.begin() + (2 * n + part) * size))
            << name;
        EXPECT_EQ(std::count(both.begin() + (2 * n + 1 - part) * size,
                             both.begin() + (2 * n + 2 - part) * size, 0.5),
                  size)
            << name;
      }
    }
  }
}

}  // namespace
}  // namespace selfsame
