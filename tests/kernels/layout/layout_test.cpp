// SPDX-License-Identifier: Apache-2.0
#include "kernels/layout/layout.hpp"

#include <gtest/gtest.h>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

struct Layout {
  int block;
  std::int64_t split, gap;
};
struct Form {
  Shape4 shape;
  Layout y, x;
};
const Form kForms[] = {{{1, 1, 1, 1}, {16, 0, 0}, {1, 0, 0}},   {{1, 1, 1, 1}, {1, 0, 0}, {16, 0, 0}},
                       {{2, 2, 9, 13}, {16, 0, 16}, {1, 0, 3}}, {{2, 2, 9, 13}, {1, 0, 3}, {16, 0, 16}},
                       {{2, 37, 5, 3}, {16, 20, 0}, {1, 0, 0}}, {{2, 37, 5, 3}, {1, 0, 0}, {16, 20, 32}},
                       {{1, 16, 8, 17}, {16, 0, 0}, {1, 3, 0}}, {{1, 16, 8, 17}, {1, 3, 0}, {16, 3, 0}},
                       {{2, 19, 4, 3}, {8, 0, 8}, {16, 5, 0}},  {{2, 19, 4, 3}, {16, 0, 0}, {16, 5, 16}},
                       {{2, 6, 3, 3}, {6, 0, 0}, {1, 0, 0}},    {{2, 1, 9, 13}, {8, 0, 8}, {1, 0, 3}},
                       {{2, 19, 5, 3}, {8, 7, 8}, {1, 0, 0}},   {{2, 19, 5, 3}, {1, 0, 1}, {8, 7, 8}},
                       {{2, 19, 5, 3}, {8, 0, 4}, {8, 7, 0}},   {{2, 16, 5, 3}, {8, 0, 8}, {8, 0, 16}},
                       {{2, 16, 5, 3}, {8, 5, 3}, {8, 5, 0}},   {{2, 3, 5, 3}, {1, 0, 1}, {1, 0, 0}}};

OpCase make_case(const Form& f) {
  OpCase c;
  c.op = "layout";
  c.tensor("y", Role::kOutput, f.shape, f.y.block, f.y.split, f.y.gap)
      .tensor("x", Role::kInput, f.shape, f.x.block, f.x.split, f.x.gap);
  c.call = [](const Arguments& a, Stream& s) { convert_layout(a.tensor("y"), a.tensor("x"), s); };
  return c.randomize(18);
}

std::vector<std::string> names(const Form& f, DType network = DType::kF32) {
  return contract::supported_names(layout_implementations(),
                                   LayoutProblem{activation_type(network, f.x.block),
                                                 activation_type(network, f.y.block), f.x.block, f.y.block});
}

TEST(Layout, EveryVersionOnEveryDeviceKeepsTheValuesAndZeroesThePadding) {
  for (const Form& f : kForms) {
    const bool fast = f.x.block * f.y.block == 16;
    contract::expect_ran_at_least(names(f), fast ? 1 + contract::simd_versions() : 1);
    contract::expect_parity(make_case(f), names(f), {{"*", {0, 0}}});
    EXPECT_EQ(contract::run_case(make_case(f), DType::kF64, "reference").at("y"),
              make_case(f).operand("x").values);
  }
}

// A network in bf16 keeps planes in float: between planes and blocks values are rounded to nearest, once.
TEST(Layout, EveryBf16VersionOnEveryDeviceRoundsToNearest) {
  for (const Form& f : kForms) {
    const OpCase c = make_case(f);
    std::vector<double> rounded = c.operand("x").values;
    for (double& v : rounded) {
      v = f.x.block > 1 || f.y.block > 1 ? to_float(to_bf16(static_cast<float>(v))) : v;
    }
    for (const std::string& name : names(f, DType::kBF16)) {
      EXPECT_EQ(contract::run_case(c, DType::kBF16, name).at("y"), rounded) << name;
    }
  }
}

TEST(Layout, TypesAreConverted) {
  const Shape4 shape{2, 3, 2, 5};
  Stream stream(DeviceKind::kCpu, 2);
  const contract::GuardedTensor exact(shape, DType::kF64, 1), rounded(shape, DType::kF32, 16, 1),
      widened(shape, DType::kF64, 4);
  const std::vector<double> values = [&] {
    std::vector<double> v(static_cast<std::size_t>(shape.count()));
    for (std::size_t i = 0; i < v.size(); ++i) {
      v[i] = 1.0 / (3.0 + static_cast<double>(i));
    }
    return v;
  }();
  exact.fill(values);
  rounded.poison();
  widened.poison();
  convert_layout(rounded.view(), exact.view(), stream);
  convert_layout(widened.view(), rounded.view(), stream);
  EXPECT_EQ(rounded.damage() + widened.damage(), "");
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(rounded.values()[i], static_cast<float>(values[i]));
    EXPECT_EQ(widened.values()[i], static_cast<float>(values[i]));
  }
}

TEST(Layout, ResultsOnEveryDeviceDoNotDependOnThreads) {
  for (const Form& f : {kForms[4], kForms[5]}) {
    contract::expect_repeatable(make_case(f), names(f));
  }
}

TEST(Layout, ShapesThatDifferAreErrors) {
  Stream stream(DeviceKind::kCpu, 1);
  OpCase wrong = make_case(kForms[2]);
  wrong.operand("y").shape.c = 3;
  EXPECT_THROW(contract::run_case(wrong, DType::kF32, stream), Error);
}

}  // namespace
}  // namespace selfsame
