// SPDX-License-Identifier: Apache-2.0
// The contract of the elementwise ops and the normalisations in the layout of bf16 networks on the CPU:
// blocks of 32 channels (and 16), in float and bf16. The tests of each op cover its other layouts.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/activation/activation.hpp"
#include "kernels/add/add.hpp"
#include "kernels/average_pool/average_pool.hpp"
#include "kernels/batch_norm/batch_norm.hpp"
#include "kernels/concat/concat.hpp"
#include "kernels/instance_norm/instance_norm.hpp"
#include "kernels/layout/layout.hpp"
#include "kernels/reflect_pad/reflect_pad.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::Bounds;
using contract::OpCase;
using contract::Role;
using BoundsByName = std::map<std::string, Bounds>;

struct Form {
  Shape4 shape;
  int block;
  std::int64_t split, gap, lanes;
};
// Tails of a block, two parts, a gap between samples, one pixel, several pieces of a plane, lanes.
const Form kForms[] = {{{2, 33, 3, 5}, 32, 0, 32, 1},  {{2, 40, 2, 2}, 32, 3, 0, 2},
                       {{1, 5, 2, 2}, 32, 0, 0, 1},    {{2, 32, 17, 19}, 32, 0, 0, 2},
                       {{3, 70, 13, 6}, 32, 37, 0, 3}, {{2, 20, 9, 7}, 16, 3, 16, 2}};

// One rounding to 8 bits: at most 2^-8 = 3.91e-3 of the element, and the float errors before it.
constexpr Bounds kRounded{3.92e-3, 3.92e-3};

struct Tested {
  OpCase op_case;
  BoundsByName in_float, in_bf16;
};

/// All bf16 and float versions against the reference, twice and with 1 to 4 threads, each lane alone.
template <typename Implementation>
void expect_contract(std::span<const Implementation> list, const Tested& tested, int block) {
  for (const DType dtype : {DType::kF32, DType::kBF16}) {
    const auto names = contract::supported_names(list, ElementwiseProblem{dtype, block});
    EXPECT_GE(names.size(), 1u);
    contract::expect_parity(tested.op_case, names, dtype == DType::kF32 ? tested.in_float : tested.in_bf16,
                            dtype);
    contract::expect_repeatable(tested.op_case, names, dtype);
    if (tested.op_case.lanes > 1) {
      contract::expect_lanes_independent(tested.op_case, names, dtype);
    }
  }
}

OpCase new_case(const char* op, const Form& f) {
  OpCase c;
  c.op = op;
  c.lanes = f.lanes;
  return c;
}

TEST(Bf16Blocks, Activation) {
  for (const Form& f : kForms) {
    OpCase forward = new_case("activation", f), backward = forward;
    forward.tensor("y", Role::kOutput, f.shape, f.block, f.split, f.gap)
        .tensor("x", Role::kInput, f.shape, f.block, f.split)
        .randomize(1);
    forward.call = [](const Arguments& a, Stream& s) {
      leaky_relu_forward(a.tensor("y"), a.tensor("x"), 0.2, s);
    };
    backward.tensor("dx", Role::kOutput, f.shape, f.block, f.split)
        .tensor("dy", Role::kInput, f.shape, f.block, f.split, f.gap)
        .tensor("x", Role::kInput, f.shape, f.block, f.split)
        .randomize(2);
    backward.call = [](const Arguments& a, Stream& s) {
      leaky_relu_backward(a.tensor("dx"), a.tensor("dy"), a.tensor("x"), 0.2, s);
    };
    const BoundsByName in_float{{"*", {1.2e-7, 1.2e-7}}}, in_bf16{{"*", kRounded}};
    expect_contract(activation_implementations(), {forward, in_float, in_bf16}, f.block);
    expect_contract(activation_implementations(), {backward, in_float, in_bf16}, f.block);
  }
}

TEST(Bf16Blocks, Add) {
  for (const Form& f : kForms) {
    OpCase sum = new_case("add", f);
    sum.tensor("y", Role::kOutput, f.shape, f.block, f.split, f.gap)
        .tensor("a", Role::kInput, f.shape, f.block, f.split)
        .tensor("b", Role::kInput, f.shape, f.block, f.split)
        .randomize(3);
    sum.call = [](const Arguments& a, Stream& s) {
      add_scaled(a.tensor("y"), 0.75f, a.tensor("a"), -1.5f, a.tensor("b"), s);
    };
    OpCase scaled = sum;
    scaled.call = [](const Arguments& a, Stream& s) {
      add_scaled(a.tensor("y"), 0.3f, a.tensor("a"), 0, {}, s);
    };
    const BoundsByName in_float{{"*", {2.4e-7, 2.4e-7}}}, in_bf16{{"*", kRounded}};
    expect_contract(add_implementations(), {sum, in_float, in_bf16}, f.block);
    expect_contract(add_implementations(), {scaled, in_float, in_bf16}, f.block);
  }
}

TEST(Bf16Blocks, AveragePool) {
  for (const Form& f : kForms) {
    const Shape4 pooled{f.shape.n, f.shape.c, f.shape.h / 2, f.shape.w / 2};
    OpCase forward = new_case("average_pool", f), backward = forward;
    forward.tensor("y", Role::kOutput, pooled, f.block, f.split, f.gap)
        .tensor("x", Role::kInput, f.shape, f.block, f.split)
        .randomize(4);
    forward.call = [](const Arguments& a, Stream& s) {
      average_pool_forward(a.tensor("y"), a.tensor("x"), s);
    };
    backward.tensor("dx", Role::kOutput, f.shape, f.block, f.split, f.gap)
        .tensor("dy", Role::kInput, pooled, f.block, f.split)
        .tensor("add", Role::kInput, f.shape, f.block, f.split)
        .randomize(5);
    backward.call = [](const Arguments& a, Stream& s) {
      average_pool_backward(a.tensor("dx"), a.tensor("dy"), a.tensor("add"), s);
    };
    // Three additions may cancel: their error, three half units of float, is small beside the largest
    // element.
    const BoundsByName in_float{{"*", {3e-7, 3e-7}}}, in_bf16{{"*", kRounded}};
    expect_contract(average_pool_implementations(), {forward, in_float, in_bf16}, f.block);
    expect_contract(average_pool_implementations(), {backward, in_float, in_bf16}, f.block);
  }
}

TEST(Bf16Blocks, Concat) {
  for (const Form& f : kForms) {
    if (f.split == 0) {
      continue;
    }
    Shape4 first = f.shape, second = f.shape;
    first.c = f.split, second.c = f.shape.c - f.split;
    OpCase forward = new_case("concat", f), backward = forward;
    forward.tensor("y", Role::kOutput, f.shape, f.block, f.split, f.gap)
        .tensor("a", Role::kInput, first, f.block, 0, f.gap)
        .tensor("b", Role::kInput, second, f.block)
        .randomize(6);
    forward.call = [](const Arguments& a, Stream& s) {
      concat_forward(a.tensor("y"), a.tensor("a"), a.tensor("b"), s);
    };
    backward.tensor("da", Role::kOutput, first, f.block)
        .tensor("db", Role::kOutput, second, f.block, 0, f.gap)
        .tensor("dy", Role::kInput, f.shape, f.block, f.split)
        .randomize(7);
    backward.call = [](const Arguments& a, Stream& s) {
      concat_backward(a.tensor("da"), a.tensor("db"), a.tensor("dy"), s);
    };
    const BoundsByName exact{{"*", {0, 0}}};  // values are rounded before
    expect_contract(concat_implementations(), {forward, {{"*", {6e-8, 6e-8}}}, exact}, f.block);
    expect_contract(concat_implementations(), {backward, {{"*", {6e-8, 6e-8}}}, exact}, f.block);
  }
}

TEST(Bf16Blocks, ReflectPad) {
  for (const Form& f : kForms) {
    Shape4 padded = f.shape;
    padded.h += 1, padded.w += f.shape.c % 2;
    OpCase forward = new_case("reflect_pad", f), backward = forward;
    forward.tensor("y", Role::kOutput, padded, f.block, f.split, f.gap)
        .tensor("x", Role::kInput, f.shape, f.block, f.split)
        .randomize(8);
    forward.call = [](const Arguments& a, Stream& s) {
      reflect_pad_forward(a.tensor("y"), a.tensor("x"), s);
    };
    backward.tensor("dx", Role::kOutput, f.shape, f.block, f.split)
        .tensor("dy", Role::kInput, padded, f.block, f.split, f.gap)
        .randomize(9);
    backward.call = [](const Arguments& a, Stream& s) {
      reflect_pad_backward(a.tensor("dx"), a.tensor("dy"), s);
    };
    expect_contract(reflect_pad_implementations(), {forward, {{"*", {6e-8, 6e-8}}}, {{"*", {0, 0}}}},
                    f.block);
    expect_contract(reflect_pad_implementations(), {backward, {{"*", {2.4e-7, 2.4e-7}}}, {{"*", kRounded}}},
                    f.block);
  }
}

TEST(Bf16Blocks, LayoutConvertsToAndFromPlanesOfFloats) {
  for (const Form& f : kForms) {
    for (const DType dtype : {DType::kF32, DType::kBF16}) {
      OpCase to_blocks = new_case("layout", f), from_blocks = to_blocks;
      to_blocks.lanes = from_blocks.lanes = 1;
      to_blocks.tensor("y", Role::kOutput, f.shape, f.block, f.split, f.gap)
          .tensor("x", Role::kInput, f.shape, 1, 0, 3)
          .randomize(10);
      to_blocks.call = [](const Arguments& a, Stream& s) { convert_layout(a.tensor("y"), a.tensor("x"), s); };
      from_blocks.tensor("y", Role::kOutput, f.shape, 1, 0, 3)
          .tensor("x", Role::kInput, f.shape, f.block, f.split, f.gap)
          .randomize(11);
      from_blocks.call = to_blocks.call;
      const Bounds rounded = dtype == DType::kBF16 ? kRounded : Bounds{6e-8, 6e-8};
      const auto to =
          contract::supported_names(layout_implementations(), LayoutProblem{DType::kF32, dtype, 1, f.block});
      const auto from =
          contract::supported_names(layout_implementations(), LayoutProblem{dtype, DType::kF32, f.block, 1});
      EXPECT_GE(to.size(), contract::simd_versions());
      EXPECT_GE(from.size(), contract::simd_versions());
      contract::expect_parity(to_blocks, to, {{"*", rounded}}, dtype);
      contract::expect_parity(from_blocks, from, {{"*", {6e-8, 6e-8}}}, dtype);
    }
  }
}

void make_positive(std::vector<double>& values) {
  for (double& v : values) {
    v = 0.5 + 0.25 * std::abs(v);
  }
}

// Statistics and parameter gradients are float sums of what the tensors hold, as in a float network (see
// instance_norm_test.cpp); y and dx are rounded once more. An element within rounding of the rectifier's kink
// may fall on either side of it in dx only if its pre-activation is that small: then so is the difference
// times x, but not d, so the largest error is that of one element's dy: not bounded here, but at slope 1
// there is no kink.
const BoundsByName kNormForward{{"*", {2e-6, 2e-6}}},
    kNormBackward{{"dx", {4e-6, 4e-6}}, {"*", {4e-5, 4e-5}}};
BoundsByName with_rounded(BoundsByName bounds, const char* name) {
  bounds[name] = kRounded;
  return bounds;
}

TEST(Bf16Blocks, InstanceNorm) {
  for (const Form& f : kForms) {
    const Shape4 statistics{f.shape.n, f.shape.c, 1, 1};
    const std::array<std::int64_t, 4> dims{f.shape.c, 1, 1, 1};
    OpCase forward = new_case("instance_norm", f), backward = forward;
    forward.tensor("y", Role::kOutput, f.shape, f.block, f.split, f.gap)
        .tensor("mean", Role::kOutput, statistics, f.block, f.split)
        .tensor("r", Role::kOutput, statistics, f.block, f.split, f.gap)
        .tensor("x", Role::kInput, f.shape, f.block, f.split, f.gap)
        .parameter("gamma", Role::kInput, dims, 2)
        .parameter("beta", Role::kInput, dims)
        .stored_as("mean", DType::kF32)
        .stored_as("r", DType::kF32)
        .randomize(12);
    forward.call = [](const Arguments& a, Stream& s) {
      instance_norm_forward(a.tensor("y"), a.tensor("mean"), a.tensor("r"), a.tensor("x"),
                            a.parameter("gamma"), a.parameter("beta"), 1e-5, 0.2, s);
    };
    backward.workspace_bytes = instance_norm_workspace(f.shape, f.block, f.split);
    backward.tensor("dx", Role::kOutput, f.shape, f.block, f.split, f.gap)
        .tensor("dy", Role::kInput, f.shape, f.block, f.split)
        .tensor("x", Role::kInput, f.shape, f.block, f.split, f.gap)
        .tensor("mean", Role::kInput, statistics, f.block, f.split)
        .tensor("r", Role::kInput, statistics, f.block, f.split)
        .parameter("gamma", Role::kInput, dims)
        .parameter("beta", Role::kInput, dims, 1)
        .parameter("dgamma", Role::kAccumulated, dims, 3)
        .parameter("dbeta", Role::kAccumulated, dims)
        .stored_as("mean", DType::kF32)
        .stored_as("r", DType::kF32)
        .randomize(13);
    make_positive(backward.operand("r").values);
    backward.call = [](const Arguments& a, Stream& s) {
      instance_norm_backward(a.tensor("dx"), a.parameter("dgamma"), a.parameter("dbeta"), a.tensor("dy"),
                             a.tensor("x"), a.tensor("mean"), a.tensor("r"), a.parameter("gamma"),
                             a.parameter("beta"), 0.2, s);
    };
    expect_contract(instance_norm_implementations(), {forward, kNormForward, with_rounded(kNormForward, "y")},
                    f.block);
    expect_contract(instance_norm_implementations(),
                    {backward, kNormBackward, with_rounded(kNormBackward, "dx")}, f.block);
  }
}

TEST(Bf16Blocks, BatchNorm) {
  for (const Form& f : kForms) {
    const Shape4 statistics{f.lanes, f.shape.c, 1, 1};
    const std::array<std::int64_t, 4> dims{f.shape.c, 1, 1, 1};
    OpCase base = new_case("batch_norm", f);
    base.workspace_bytes = batch_norm_workspace(f.shape, f.block, f.split);
    OpCase training = base, inference = base, backward = base;
    training.tensor("y", Role::kOutput, f.shape, f.block, f.split, f.gap)
        .tensor("mean", Role::kOutput, statistics, f.block, f.split)
        .tensor("r", Role::kOutput, statistics, f.block, f.split)
        .tensor("x", Role::kInput, f.shape, f.block, f.split, f.gap)
        .parameter("running_mean", Role::kUpdated, dims, 1)
        .parameter("running_var", Role::kUpdated, dims)
        .stored_as("mean", DType::kF32)
        .stored_as("r", DType::kF32)
        .randomize(14);
    make_positive(training.operand("running_var").values);
    training.call = [](const Arguments& a, Stream& s) {
      batch_norm_forward_training(a.tensor("y"), a.tensor("mean"), a.tensor("r"), a.parameter("running_mean"),
                                  a.parameter("running_var"), a.tensor("x"), {}, {}, 1e-5, 0.1, 0.2, s);
    };
    inference.tensor("y", Role::kOutput, f.shape, f.block, f.split, f.gap)
        .tensor("x", Role::kInput, f.shape, f.block, f.split)
        .parameter("running_mean", Role::kInput, dims)
        .parameter("running_var", Role::kInput, dims)
        .parameter("gamma", Role::kInput, dims)
        .parameter("beta", Role::kInput, dims)
        .randomize(15);
    make_positive(inference.operand("running_var").values);
    inference.call = [](const Arguments& a, Stream& s) {
      batch_norm_forward_inference(a.tensor("y"), a.tensor("x"), a.parameter("running_mean"),
                                   a.parameter("running_var"), a.parameter("gamma"), a.parameter("beta"),
                                   1e-5, 0.2, s);
    };
    backward.tensor("dx", Role::kOutput, f.shape, f.block, f.split)
        .tensor("dy", Role::kInput, f.shape, f.block, f.split, f.gap)
        .tensor("x", Role::kInput, f.shape, f.block, f.split)
        .tensor("mean", Role::kInput, statistics, f.block, f.split)
        .tensor("r", Role::kInput, statistics, f.block, f.split)
        .parameter("gamma", Role::kInput, dims)
        .parameter("beta", Role::kInput, dims)
        .parameter("dgamma", Role::kAccumulated, dims)
        .parameter("dbeta", Role::kAccumulated, dims, 2)
        .stored_as("mean", DType::kF32)
        .stored_as("r", DType::kF32)
        .randomize(16);
    make_positive(backward.operand("r").values);
    backward.call = [](const Arguments& a, Stream& s) {
      batch_norm_backward(a.tensor("dx"), a.parameter("dgamma"), a.parameter("dbeta"), a.tensor("dy"),
                          a.tensor("x"), a.tensor("mean"), a.tensor("r"), a.parameter("gamma"),
                          a.parameter("beta"), 0.2, s);
    };
    const auto list = batch_norm_implementations();
    expect_contract(list, {training, kNormForward, with_rounded(kNormForward, "y")}, f.block);
    expect_contract(list, {inference, kNormForward, with_rounded(kNormForward, "y")}, f.block);
    expect_contract(list, {backward, kNormBackward, with_rounded(kNormBackward, "dx")}, f.block);
  }
}

}  // namespace
}  // namespace selfsame
