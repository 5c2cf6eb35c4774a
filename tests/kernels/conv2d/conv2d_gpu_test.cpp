// SPDX-License-Identifier: Apache-2.0
// The layouts of GPU activations (blocks of 8, planes at the ends) in float and bf16, on every device.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "kernels/conv2d/conv2d_gpu.hpp"
#include "tests/kernels/conv2d/conv2d_cases.hpp"

namespace selfsame {
namespace {

using namespace conv2d_cases;

// Sizes 1 to 5 and around tiles of 8 and 16 pixels; channels around blocks of 8, chunks of 16 and tiles of 32
// and 64; odd numbers of blocks; lanes; concatenated inputs whose parts fill their blocks or not.
// Columns: lanes, samples, c, k, h, w, filter, dtype, x_block, y_block, x_split.
constexpr ConvShape kBlocked[] = {
    {1, 1, 8, 8, 1, 1, 3, DType::kF32, 8, 8, 0},    {1, 2, 16, 16, 8, 8, 3, DType::kF32, 8, 8, 0},
    {1, 1, 24, 40, 9, 17, 3, DType::kF32, 8, 8, 0}, {1, 1, 5, 3, 3, 2, 3, DType::kF32, 8, 8, 0},
    {2, 4, 16, 24, 5, 4, 3, DType::kF32, 8, 8, 0},  {1, 1, 20, 12, 7, 10, 3, DType::kF32, 8, 8, 4},
    {1, 1, 48, 24, 5, 9, 3, DType::kF32, 8, 8, 24}, {3, 3, 9, 33, 2, 5, 3, DType::kF32, 8, 8, 0},
    {1, 1, 32, 72, 4, 5, 3, DType::kF32, 8, 8, 0},  {1, 1, 16, 72, 6, 5, 1, DType::kF32, 8, 8, 0},
    {2, 4, 12, 8, 3, 18, 1, DType::kF32, 8, 8, 0},  {1, 1, 24, 17, 5, 3, 1, DType::kF32, 8, 8, 8},
    {1, 3, 8, 16, 17, 33, 3, DType::kF32, 8, 8, 0},
};

// One side or both planes.
constexpr ConvShape kEnds[] = {
    {1, 2, 1, 16, 9, 17, 3, DType::kF32, 1, 8, 0}, {2, 4, 3, 12, 5, 4, 3, DType::kF32, 1, 8, 0},
    {1, 1, 2, 8, 1, 1, 3, DType::kF32, 1, 8, 0},   {1, 1, 17, 9, 3, 2, 1, DType::kF32, 1, 8, 0},
    {1, 2, 32, 1, 9, 7, 1, DType::kF32, 8, 1, 0},  {2, 2, 12, 3, 4, 5, 3, DType::kF32, 8, 1, 0},
    {1, 1, 16, 2, 4, 3, 1, DType::kF32, 8, 1, 4},  {1, 1, 24, 16, 2, 3, 3, DType::kF32, 8, 1, 0},
    {1, 2, 3, 2, 5, 4, 3, DType::kF32, 1, 1, 0},   {2, 2, 5, 3, 4, 4, 1, DType::kF32, 1, 1, 2},
    {1, 1, 1, 8, 70, 65, 3, DType::kF32, 1, 8, 0},
};

constexpr DType kTypes[] = {DType::kF32, DType::kBF16};

ConvShape in(ConvShape shape, DType dtype) {
  shape.dtype = dtype;
  return shape;
}

template <typename F>
void for_every_shape(F&& f) {
  for (const DType dtype : kTypes) {
    for (const std::span<const ConvShape> list : {std::span<const ConvShape>(kBlocked), {kEnds}}) {
      for (const ConvShape& shape : list) {
        SCOPED_TRACE(name_of_shape(shape) + " " + name_of(dtype));
        f(in(shape, dtype), dtype);
      }
    }
  }
}

// bf16: the products of rounded operands are exact in fp32, so the sum has fp32's bound. What is left are the
// rounding of the weights (they are float outside) and of the result, 2^-8 each at most, 2^-9 in the mean
// square. Both are random, sqrt(2)*2^-9 = 2.8e-3 together in the mean square; doubled for small tensors whose
// sums happen to cancel.
constexpr double kBf16 = 2 * 2 * 0x1p-9;  // 7.8e-3
// tf32: both operands are rounded by 2^-11 at most; doubled for the same reason.
constexpr double kTf32 = 2 * 2 * 0x1p-11;  // 2.0e-3

enum class Pass { kData, kWeight };

/// Of one implementation: fp32 sums, and what its storage and operands round.
Bounds bound_for(const std::string& name, const ConvShape& s, int out_block, Pass pass, std::int64_t terms) {
  double bound = test::sum_bound(terms);
  const bool blocked = s.x_block == 8 && s.y_block == 8;
  if (name == "tensor_core_tf32" && blocked) {
    bound += kTf32;
  }
  // cuDNN computes all in bf16: it rounds planes and gradients of weights too, at most four times in a row.
  const bool rounds = name == "cudnn" || (pass == Pass::kData && (blocked || out_block == 8));
  if (s.dtype == DType::kBF16 && rounds) {
    bound += kBf16;
  }
  return {bound, bound};
}

TEST(Conv2dGpu, EveryPassOnEveryDeviceMatchesTheReference) {
  std::set<std::string> ran;
  for_every_shape([&](const ConvShape& s, DType dtype) {
    const std::int64_t taps = s.filter * s.filter, pixels = s.samples / s.lanes * s.h * s.w;
    for (const std::string& name : names_for(s)) {
      ran.insert(name);
      const auto bounds = [&](int out_block, Pass pass, std::int64_t terms) {
        return std::map<std::string, Bounds>{{"*", bound_for(name, s, out_block, pass, terms)}};
      };
      const Bias bias = s.k % 2 == 0 ? Bias::kWith : Bias::kWithout;
      contract::expect_parity(forward_case(s, bias), {name}, bounds(s.y_block, Pass::kData, s.c * taps),
                              dtype);
      contract::expect_parity(backward_data_case(s), {name}, bounds(s.x_block, Pass::kData, s.k * taps),
                              dtype);
      contract::expect_parity(backward_weight_case(s, bias), {name}, bounds(0, Pass::kWeight, pixels + 1),
                              dtype);
    }
  });
  contract::expect_ran_at_least({ran.begin(), ran.end()}, 1);
  if (contract::test_device() != DeviceKind::kCpu) {
    for (const char* name : {"tensor_core", "direct", "planes", "tensor_core_tf32"}) {
      EXPECT_TRUE(ran.contains(name)) << name;
    }
  }
}

TEST(Conv2dGpu, BackwardIsAdjointOfForwardOnEveryDevice) {
  for (const ConvShape& plain : {kBlocked[2], kBlocked[5], kBlocked[10], kEnds[0], kEnds[5]}) {
    for (const DType dtype : kTypes) {
      const ConvShape s = in(plain, dtype);
      SCOPED_TRACE(name_of_shape(s) + " " + name_of(dtype));
      const OpCase forward = forward_case(s, Bias::kWithout);
      OpCase data = backward_data_case(s), weight = backward_weight_case(s, Bias::kWithout);
      data.operand("w").values = forward.operand("w").values;
      weight.operand("x").values = forward.operand("x").values;
      for (const std::string& name : names_for(s)) {
        // Rounding of the operands that differ between the two sides, each at most as large as in parity.
        const double bound = bound_for(name, s, 8, Pass::kData, s.h * s.w * s.c * s.k).relative;
        contract::expect_adjoint(forward, "x", "y", data, "dy", "dx", dtype, name, bound);
        contract::expect_adjoint(forward, "w", "y", weight, "dy", "dw", dtype, name, bound);
      }
    }
  }
}

TEST(Conv2dGpu, ResultsRepeatAndLanesHaveTheirOwnBitsOnEveryDevice) {
  for_every_shape([](const ConvShape& s, DType dtype) {
    if (s.lanes == 1 && s.h * s.w > 1) {
      return;
    }
    for (const OpCase& op_case :
         {forward_case(s, Bias::kWith), backward_data_case(s), backward_weight_case(s, Bias::kWith)}) {
      contract::expect_repeatable(op_case, names_for(s), dtype);
      if (s.lanes > 1) {
        contract::expect_lanes_independent(op_case, names_for(s), dtype);
      }
    }
  });
}

/// The values of sample n of `samples`.
std::vector<double> sample(const std::vector<double>& all, std::int64_t n, std::int64_t samples) {
  const auto size = static_cast<std::ptrdiff_t>(all.size()) / samples;
  return {all.begin() + n * size, all.begin() + (n + 1) * size};
}

TEST(Conv2dGpu, ASampleDoesNotDependOnItsBatchOnEveryDevice) {
  for (const DType dtype : kTypes) {
    for (const ConvShape& plain : {kBlocked[1], kBlocked[10], kEnds[0], kEnds[4]}) {
      ConvShape batch = in(plain, dtype), one = batch;
      batch.lanes = one.lanes = one.samples = 1, batch.samples = 3;
      SCOPED_TRACE(name_of_shape(batch) + " " + name_of(dtype));
      const OpCase together = forward_case(batch, Bias::kWith), back = backward_data_case(batch);
      OpCase alone = forward_case(one, Bias::kWith), back_alone = backward_data_case(one);
      alone.operand("w").values = together.operand("w").values;
      alone.operand("b").values = together.operand("b").values;
      back_alone.operand("w").values = back.operand("w").values;
      alone.operand("x").values = sample(together.operand("x").values, 2, 3);
      back_alone.operand("dy").values = sample(back.operand("dy").values, 2, 3);
      for (const std::string& name : names_for(batch)) {
        const Values y = contract::run_case(together, dtype, name),
                     dx = contract::run_case(back, dtype, name);
        contract::expect_bitwise(contract::run_case(alone, dtype, name), {{"y", sample(y.at("y"), 2, 3)}},
                                 name);
        contract::expect_bitwise(contract::run_case(back_alone, dtype, name),
                                 {{"dx", sample(dx.at("dx"), 2, 3)}}, name);
      }
    }
  }
}

TEST(Conv2dGpu, AnOutputMayBeOnePartOfAConcatenationOnEveryDevice) {
  for (const DType dtype : kTypes) {
    for (const ConvShape& plain : {kBlocked[2], kBlocked[9], kEnds[1]}) {
      const ConvShape s = in(plain, dtype);
      SCOPED_TRACE(name_of_shape(s) + " " + name_of(dtype));
      for (const int part : {0, 1}) {
        const OpCase single = forward_case(s, Bias::kWith);
        OpCase inside = single;
        contract::Operand& whole = inside.operand("y");
        whole.role = Role::kUpdated, whole.gap = 0;
        whole.shape.c = 2 * s.k, whole.split = s.k;
        whole.values.assign(static_cast<std::size_t>(whole.shape.count()), 0.5);
        inside.call = [part](const Arguments& a, Stream& stream) {
          conv2d_forward(a.tensor("y").part(part), a.tensor("x"), a.parameter("w"), a.parameter("b"), stream);
        };
        for (const std::string& name : names_for(s)) {
          const std::vector<double> y = contract::run_case(single, dtype, name).at("y");
          const std::vector<double> both = contract::run_case(inside, dtype, name).at("y");
          for (std::int64_t n = 0; n < s.samples; ++n) {
            const std::vector<double> pair = sample(both, n, s.samples);
            EXPECT_EQ(sample(pair, part, 2), sample(y, n, s.samples)) << name << ", sample " << n;
            EXPECT_EQ(sample(pair, 1 - part, 2),
                      std::vector<double>(static_cast<std::size_t>(s.k * s.h * s.w), 0.5))
                << name << ", sample " << n;
          }
        }
      }
    }
  }
}

#if defined(SELFSAME_SIMULATED)
TEST(Conv2dGpu, EveryTileOfTheTensorCoresHasTheSameBitsOnEveryDevice) {
  if (contract::test_device() == DeviceKind::kCpu) {
    return;  // a property of the GPU versions
  }
  const auto run = [](const ConvShape& s, DType dtype, int tile) {
    OpCase op_case = forward_case(s, Bias::kWith);
    op_case.call = [dtype, tile](const Arguments& a, Stream& stream) {
      const auto call = [&](auto forward) {
        forward(a.tensor("y"), a.tensor("x"), a.parameter("w"), a.parameter("b"), tile, stream);
      };
      const bool tf32 = dtype == DType::kF32;
#if defined(SELFSAME_CUDA)
      if (stream.device() == DeviceKind::kCuda) {
        return call(tf32 ? cuda::conv2d_tensor_core_tf32::forward_with_tile
                         : cuda::conv2d_tensor_core::forward_with_tile);
      }
#endif
      call(tf32 ? simulated::conv2d_tensor_core_tf32::forward_with_tile
                : simulated::conv2d_tensor_core::forward_with_tile);
    };
    return contract::run_case(op_case, dtype, "");
  };
  // More than one tile of 16x16 pixels; more than 64 channels, so that tiles of 128 have an upper half.
  for (const ConvShape& plain : {ConvShape{1, 1, 24, 72, 17, 18, 3, DType::kF32, 8, 8, 0},
                                 {1, 2, 8, 40, 9, 3, 1, DType::kF32, 8, 8, 0}}) {
    for (const DType dtype : kTypes) {
      const ConvShape s = in(plain, dtype);
      SCOPED_TRACE(name_of_shape(s) + " " + name_of(dtype));
      const Values chosen = contract::run_case(forward_case(s, Bias::kWith), dtype,
                                               dtype == DType::kF32 ? "tensor_core_tf32" : "tensor_core");
      for (int tile = 0; tile < kConvTileCount; ++tile) {
        contract::expect_bitwise(run(s, dtype, tile), chosen, "tile " + std::to_string(tile));
      }
    }
  }
}
#endif

}  // namespace
}  // namespace selfsame
