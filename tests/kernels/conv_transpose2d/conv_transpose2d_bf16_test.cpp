// SPDX-License-Identifier: Apache-2.0
// conv_transpose2d in bf16 on the CPU: see conv2d_bf16_test.cpp for the versions and the bounds.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "kernels/conv_transpose2d/conv_transpose2d.hpp"
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

constexpr std::int64_t kLaneGap = 7;

std::string name_of_shape(const ConvTransposeShape& s) {
  return fmt::format("L{} N{} C{} K{} {}x{} split {}", s.lanes, s.samples, s.c, s.k, s.h, s.w, s.x_split);
}

struct Passes {
  OpCase forward, backward_data, backward_weight;
};

Passes passes_of(const ConvTransposeShape& s) {
  ConvTransposeShape lane = s;
  lane.samples = s.samples / s.lanes;
  lane.lanes = 1;
  OpCase base;
  base.op = "conv_transpose2d";
  base.lanes = s.lanes;
  base.workspace_bytes = std::max(conv_transpose2d_workspace(s), conv_transpose2d_workspace(lane));
  Passes p{base, base, base};
  const Shape4 x{s.samples, s.c, s.h, s.w}, y{s.samples, s.k, 2 * s.h, 2 * s.w};
  const std::array<std::int64_t, 4> w{s.c, s.k, 2, 2};
  p.forward.tensor("y", Role::kOutput, y, s.y_block, 0, 64)
      .tensor("x", Role::kInput, x, s.x_block, s.x_split, 32)
      .parameter("w", Role::kInput, w, kLaneGap)
      .randomize(1);
  p.forward.call = [](const Arguments& a, Stream& stream) {
    conv_transpose2d_forward(a.tensor("y"), a.tensor("x"), a.parameter("w"), stream);
  };
  p.backward_data.tensor("dx", Role::kOutput, x, s.x_block, s.x_split, 32)
      .tensor("dy", Role::kInput, y, s.y_block, 0, 64)
      .parameter("w", Role::kInput, w, kLaneGap)
      .randomize(2);
  p.backward_data.call = [](const Arguments& a, Stream& stream) {
    conv_transpose2d_backward_data(a.tensor("dx"), a.tensor("dy"), a.parameter("w"), stream);
  };
  p.backward_weight.parameter("dw", Role::kAccumulated, w, kLaneGap)
      .tensor("dy", Role::kInput, y, s.y_block, 0, 64)
      .tensor("x", Role::kInput, x, s.x_block, s.x_split, 32)
      .randomize(3);
  p.backward_weight.call = [](const Arguments& a, Stream& stream) {
    conv_transpose2d_backward_weight(a.parameter("dw"), a.tensor("dy"), a.tensor("x"), stream);
  };
  return p;
}

std::vector<std::string> names_for(const ConvTransposeShape& shape) {
  return contract::supported_names(conv_transpose2d_implementations(), shape);
}

Bounds rounded_bounds(std::int64_t terms) { return {4e-3 + test::sum_bound(terms), 8e-3}; }
Bounds sum_bounds(std::int64_t terms) { return {test::sum_bound(terms), test::sum_bound(terms)}; }

TEST(ConvTranspose2dBf16, EveryVersionMatchesTheReference) {
  std::set<std::string> ran;
  for (const ConvTransposeShape& shape : test::kBf16ConvTransposeShapes) {
    SCOPED_TRACE(name_of_shape(shape));
    const auto names = names_for(shape);
    ran.insert(names.begin(), names.end());
    const Passes p = passes_of(shape);
    const std::int64_t pixels = shape.samples / shape.lanes * shape.h * shape.w;
    contract::expect_parity(p.forward, names, {{"*", rounded_bounds(shape.c)}}, DType::kBF16);
    contract::expect_parity(p.backward_data, names, {{"*", rounded_bounds(4 * shape.k)}}, DType::kBF16);
    contract::expect_parity(p.backward_weight, names, {{"*", sum_bounds(pixels + 1)}}, DType::kBF16);
  }
  EXPECT_EQ(ran.size(), contract::simd_versions() + (amx_available() ? 2 : 1));
  EXPECT_TRUE(ran.contains("amx_emulated"));
}

TEST(ConvTranspose2dBf16, ResultsDoNotDependOnThreadsOrOtherLanes) {
  for (const ConvTransposeShape& shape : test::kBf16ConvTransposeShapes) {
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

TEST(ConvTranspose2dBf16, MoreThreadsThanAreasOfScratchGiveTheSameBits) {
  const ConvTransposeShape shape{1, 40, 32, 32, 3, 3, DType::kBF16, 32, 32, 0};
  const Passes p = passes_of(shape);
  for (const OpCase& op_case : {p.forward, p.backward_data, p.backward_weight}) {
    contract::expect_bitwise(contract::run_case(op_case, DType::kBF16, "amx_emulated", 40),
                             contract::run_case(op_case, DType::kBF16, "amx_emulated", 1), "40 threads");
  }
}

TEST(ConvTranspose2dBf16, TheProcessorsTilesAgreeWithTheEmulatedOnesToTheBit) {
  if (!amx_available()) {
    GTEST_SKIP() << "this processor has no AMX with bf16, or SELFSAME_ISA hides it";
  }
  for (const ConvTransposeShape& shape : test::kBf16ConvTransposeShapes) {
    const Passes p = passes_of(shape);
    for (const OpCase& op_case : {p.forward, p.backward_data, p.backward_weight}) {
      contract::expect_bitwise(contract::run_case(op_case, DType::kBF16, "amx_bf16"),
                               contract::run_case(op_case, DType::kBF16, "amx_emulated"),
                               name_of_shape(shape));
    }
  }
}

}  // namespace
}  // namespace selfsame
