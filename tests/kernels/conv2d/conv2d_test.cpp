// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <span>

#include "kernels/conv2d/conv2d.hpp"
#include "tests/kernels/conv2d/conv2d_cases.hpp"
#include "tests/support/conv_shapes.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using namespace conv2d_cases;

#if defined(SELFSAME_ONEDNN)
constexpr std::size_t kOnednnVersions = 1;
#else
constexpr std::size_t kOnednnVersions = 0;
#endif

/// oneDNN divides the sum over pixels among its threads.
std::vector<std::string> reproducible(std::vector<std::string> names) {
  std::erase(names, "onednn");
  return names;
}

/// Bits of the reference are compared on small shapes only: it is slow, and its loops are the same for all.
std::vector<std::string> without_slow_reference(const ConvShape& shape, std::vector<std::string> names) {
  if (shape.flops() > 3e5) {
    std::erase(names, "reference");
  }
  return names;
}

constexpr ConvShape kTiny[] = {
    {2, 4, 3, 2, 4, 5, 3, DType::kF64, 1, 1, 0},   {2, 2, 3, 2, 2, 3, 1, DType::kF64, 1, 4, 0},
    {1, 1, 5, 3, 1, 3, 3, DType::kF64, 4, 4, 2},   {1, 2, 2, 5, 3, 1, 3, DType::kF64, 4, 1, 0},
    {1, 1, 1, 1, 1, 1, 3, DType::kF64, 16, 16, 0},
};

ConvShape in_double(ConvShape shape) {
  shape.dtype = DType::kF64;
  return shape;
}

TEST(Conv2d, ImpulseReadsTheFilterReversed) {
  const ConvShape shape{1, 1, 1, 1, 5, 5, 3, DType::kF64, 1, 1, 0};
  OpCase op_case = forward_case(shape, Bias::kWithout);
  zero(op_case, "x");
  op_case.operand("x").values[2 * 5 + 2] = 1.0;
  const std::vector<double> w = op_case.operand("w").values;
  const Values out = contract::run_case(op_case, DType::kF64, "reference");
  for (int p = 0; p < 5; ++p) {
    for (int q = 0; q < 5; ++q) {
      const int r = 3 - p, s = 3 - q;  // p + r - 1 = 2
      const double want = (r >= 0 && r < 3 && s >= 0 && s < 3) ? w[static_cast<std::size_t>(r * 3 + s)] : 0.0;
      EXPECT_EQ(out.at("y")[static_cast<std::size_t>(p * 5 + q)], want) << p << ", " << q;
    }
  }
}

TEST(Conv2d, BackwardDataIsAdjointOfForward) {
  for (const ConvShape& single : test::kConvShapes) {
    const ConvShape shape = in_double(single);
    SCOPED_TRACE(name_of_shape(shape));
    const OpCase forward = forward_case(shape, Bias::kWithout);
    OpCase backward = backward_data_case(shape);
    backward.operand("w").values = forward.operand("w").values;
    for (const std::string& name : names_for(shape)) {
      contract::expect_adjoint(forward, "x", "y", backward, "dy", "dx", DType::kF64, name, 1e-12);
    }
  }
}

TEST(Conv2d, BackwardWeightIsAdjointOfForwardInTheWeights) {
  for (const ConvShape& single : test::kConvShapes) {
    const ConvShape shape = in_double(single);
    SCOPED_TRACE(name_of_shape(shape));
    const OpCase forward = forward_case(shape, Bias::kWithout);
    OpCase backward = backward_weight_case(shape, Bias::kWithout);
    backward.operand("x").values = forward.operand("x").values;
    zero(backward, "dw");
    for (const std::string& name : names_for(shape)) {
      contract::expect_adjoint(forward, "w", "y", backward, "dy", "dw", DType::kF64, name, 1e-12);
    }
  }
}

TEST(Conv2d, GradientsMatchCentralDifferences) {
  for (const ConvShape& shape : kTiny) {
    SCOPED_TRACE(name_of_shape(shape));
    contract::GradientCheck check;
    check.forward = forward_case(shape, Bias::kWith);
    check.output = "y";
    check.backward = backward_weight_case(shape, Bias::kWith);
    check.backward
        .tensor("dx", Role::kOutput, {shape.samples, shape.c, shape.h, shape.w}, shape.x_block, shape.x_split)
        .parameter("w", Role::kInput, {shape.k, shape.c, shape.filter, shape.filter}, kLaneGap)
        .randomize(4);
    zero(check.backward, "dw");
    zero(check.backward, "db");
    check.backward.call = [](const Arguments& a, Stream& stream) {
      conv2d_backward_data(a.tensor("dx"), a.tensor("dy"), a.parameter("w"), stream);
      conv2d_backward_weight(a.parameter("dw"), a.parameter("db"), a.tensor("dy"), a.tensor("x"), stream);
    };
    check.cotangent = "dy";
    check.wanted = {{"x", "dx"}, {"w", "dw"}, {"b", "db"}};
    // Linear in each: the difference is exact for any step, but for rounding of 1e-16 times the sum, over the
    // step.
    contract::expect_central_differences(check, 0.125, 1e-11);
  }
}

TEST(Conv2d, ForwardOfEveryImplementationMatchesTheReference) {
  std::set<std::string> ran;
  for (const ConvShape& shape : test::kConvShapes) {
    SCOPED_TRACE(name_of_shape(shape));
    const std::vector<std::string> names = names_for(shape);
    ran.insert(names.begin(), names.end());
    const Bounds bounds = bounds_for(shape.c * shape.filter * shape.filter);
    contract::expect_parity(forward_case(shape, Bias::kWith), names, {{"*", bounds}});
    contract::expect_parity(forward_case(shape, Bias::kWithout), names, {{"*", bounds}});
  }
  contract::expect_ran_at_least({ran.begin(), ran.end()}, contract::simd_versions() + 1 + kOnednnVersions);
}

TEST(Conv2d, BackwardDataOfEveryImplementationMatchesTheReference) {
  for (const ConvShape& shape : test::kConvShapes) {
    SCOPED_TRACE(name_of_shape(shape));
    contract::expect_parity(backward_data_case(shape), names_for(shape),
                            {{"*", bounds_for(shape.k * shape.filter * shape.filter)}});
  }
}

TEST(Conv2d, BackwardWeightOfEveryImplementationMatchesTheReference) {
  for (const ConvShape& shape : test::kConvShapes) {
    SCOPED_TRACE(name_of_shape(shape));
    const Bounds bounds =
        bounds_for(shape.samples / shape.lanes * shape.h * shape.w + 1);  // + 1: what was there
    contract::expect_parity(backward_weight_case(shape, Bias::kWith), names_for(shape), {{"*", bounds}});
    contract::expect_parity(backward_weight_case(shape, Bias::kWithout), names_for(shape), {{"*", bounds}});
  }
}

TEST(Conv2d, PlanesOfManyTilesMatchTheReference) {
  for (const ConvShape& shape : {ConvShape{1, 2, 1, 16, 65, 129, 3, DType::kF32, 1, 16, 0},
                                 {1, 1, 16, 16, 35, 131, 3, DType::kF32, 16, 16, 0},
                                 {2, 4, 16, 1, 128, 70, 1, DType::kF32, 16, 1, 0}}) {
    SCOPED_TRACE(name_of_shape(shape));
    const std::vector<std::string> names = names_for(shape);
    const std::int64_t taps = shape.filter * shape.filter,
                       pixels = shape.samples / shape.lanes * shape.h * shape.w;
    contract::expect_parity(forward_case(shape, Bias::kWith), names, {{"*", bounds_for(shape.c * taps)}});
    contract::expect_parity(backward_data_case(shape), names, {{"*", bounds_for(shape.k * taps)}});
    contract::expect_parity(backward_weight_case(shape, Bias::kWith), names, {{"*", bounds_for(pixels + 1)}});
    contract::expect_repeatable(backward_weight_case(shape, Bias::kWith),
                                without_slow_reference(shape, reproducible(names)));
  }
}

TEST(Conv2d, WinogradAgreesWithTheDirectVersionOnEveryLevelOfANetwork) {
  for (const ConvShape& shape : test::kWinogradShapes) {
    SCOPED_TRACE(name_of_shape(shape));
    const std::vector<std::string> names = names_for(shape);
    const std::int64_t pixels = shape.samples / shape.lanes * shape.h * shape.w;
    const std::pair<OpCase, std::int64_t> passes[] = {{forward_case(shape, Bias::kWith), 9 * shape.c},
                                                      {backward_data_case(shape), 9 * shape.k},
                                                      {backward_weight_case(shape, Bias::kWith), pixels + 1}};
    for (const std::string direct : {"avx512", "avx2"}) {
      const std::string name = "winograd_" + direct;
      const bool runs = std::ranges::find(names, name) != names.end();
      for (const auto& [op_case, terms] : std::span(passes, runs ? 3 : 0)) {
        const Values want = contract::run_case(op_case, DType::kF32, direct);
        for (const auto& [output, values] : contract::run_case(op_case, DType::kF32, name)) {
          contract::expect_close(values, want.at(output), bounds_for(terms), name + " " + output);
        }
        contract::expect_repeatable(op_case, {name});
        if (shape.lanes > 1) {
          contract::expect_lanes_independent(op_case, {name});
        }
      }
    }
    EXPECT_EQ(std::ranges::count_if(names, [](const auto& name) { return name.starts_with("winograd_"); }),
              static_cast<std::ptrdiff_t>(contract::simd_versions()) - 1);
  }
}

TEST(Conv2d, AWorkspaceServesSmallerBatches) {
  for (const ConvShape& shape : test::kWinogradShapes) {
    for (ConvShape fewer = shape; fewer.samples > 0; fewer.samples -= shape.lanes) {
      EXPECT_LE(conv2d_workspace(fewer, 2), conv2d_workspace(shape, 2))
          << fewer.samples << " of " << name_of_shape(shape);
    }
  }
}

TEST(Conv2d, ResultsDoNotDependOnRepetitionOrThreads) {
  for (const ConvShape& shape : test::kConvShapes) {
    SCOPED_TRACE(name_of_shape(shape));
    const std::vector<std::string> names = without_slow_reference(shape, names_for(shape));
    contract::expect_repeatable(forward_case(shape, Bias::kWith), names);
    contract::expect_repeatable(backward_data_case(shape), names);
    contract::expect_repeatable(backward_weight_case(shape, Bias::kWith), reproducible(names));
  }
}

TEST(Conv2d, LanesHaveTheBitsOfEachLaneAlone) {
  for (const ConvShape& alone : test::kConvShapes) {
    for (const std::int64_t lanes : {3, 8}) {
      if (alone.lanes > 1 || alone.flops() * static_cast<double>(lanes) > 3e6) {  // quick under sanitizers
        continue;
      }
      ConvShape shape = alone;
      shape.lanes = lanes;
      shape.samples *= lanes;
      SCOPED_TRACE(name_of_shape(shape));
      const std::vector<std::string> names = without_slow_reference(shape, names_for(shape));
      contract::expect_lanes_independent(forward_case(shape, Bias::kWith), names);
      contract::expect_lanes_independent(backward_data_case(shape), names);
      contract::expect_lanes_independent(backward_weight_case(shape, Bias::kWith), reproducible(names));
    }
  }
}

TEST(Conv2d, ASampleDoesNotDependOnItsBatch) {
  for (const ConvShape& single : test::kConvShapes) {
    if (single.lanes > 1 || single.flops() > 2e6) {
      continue;
    }
    ConvShape batch = single;
    batch.samples = 5;
    SCOPED_TRACE(name_of_shape(batch));
    const OpCase together = forward_case(batch, Bias::kWith), back = backward_data_case(batch);
    for (const std::string& name : names_for(batch)) {
      const Values y = contract::run_case(together, DType::kF32, name),
                   dx = contract::run_case(back, DType::kF32, name);
      for (const std::int64_t n : {0, 3, 4}) {
        ConvShape one = batch;
        one.samples = 1;
        OpCase forward = forward_case(one, Bias::kWith), backward = backward_data_case(one);
        const auto cut = [n](const std::vector<double>& all) {
          const auto size = static_cast<std::ptrdiff_t>(all.size() / 5);
          return std::vector<double>(all.begin() + n * size, all.begin() + (n + 1) * size);
        };
        forward.operand("x").values = cut(together.operand("x").values);
        forward.operand("w").values = together.operand("w").values;
        forward.operand("b").values = together.operand("b").values;
        backward.operand("dy").values = cut(back.operand("dy").values);
        backward.operand("w").values = back.operand("w").values;
        contract::expect_bitwise(contract::run_case(forward, DType::kF32, name), {{"y", cut(y.at("y"))}},
                                 name);
        contract::expect_bitwise(contract::run_case(backward, DType::kF32, name), {{"dx", cut(dx.at("dx"))}},
                                 name);
      }
    }
  }
}

TEST(Conv2d, AnOutputMayBeOnePartOfAConcatenation) {
  for (const int part : {0, 1}) {
    for (const ConvShape& shape : {ConvShape{1, 2, 16, 24, 5, 17, 3, DType::kF32, 16, 16, 0},
                                   ConvShape{2, 2, 24, 17, 3, 4, 1, DType::kF32, 16, 16, 0}}) {
      SCOPED_TRACE(name_of_shape(shape));
      const OpCase plain = forward_case(shape, Bias::kWith);
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
        const std::vector<double> y = contract::run_case(plain, DType::kF32, name).at("y");
        const std::vector<double> both = contract::run_case(inside, DType::kF32, name).at("y");
        const auto size = static_cast<std::size_t>(shape.k * shape.h * shape.w);
        std::vector<double> want(both.size(), 0.5);
        for (std::size_t n = 0; n < static_cast<std::size_t>(shape.samples); ++n) {
          const auto sample = y.begin() + static_cast<std::ptrdiff_t>(n * size);
          std::copy_n(
              sample, size,
              want.begin() + static_cast<std::ptrdiff_t>((2 * n + static_cast<std::size_t>(part)) * size));
        }
        contract::expect_bitwise({{"y", both}}, {{"y", want}}, name);
      }
    }
  }
}

TEST(Conv2d, ADisagreementOfShapesNamesBoth) {
  Stream stream(DeviceKind::kCpu, 1);
  std::vector<float> memory(4096, 0.0F);
  const TensorView y(memory.data(), DType::kF32, {2, 3, 4, 5}, 1),
      x(memory.data() + 1024, DType::kF32, {2, 7, 4, 5}, 1);
  const ParameterView w(memory.data() + 2048, DType::kF32, 1, {3, 6, 3, 3}, 162);
  try {
    conv2d_forward(y, x, w, {}, stream);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInternal);
    EXPECT_NE(std::string_view(error.what()).find("(3, 6, 3, 3)"), std::string_view::npos) << error.what();
    EXPECT_NE(std::string_view(error.what()).find("(2, 7, 4, 5)"), std::string_view::npos) << error.what();
  }
  const ParameterView even(memory.data() + 2048, DType::kF32, 1, {3, 7, 2, 2}, 84);
  EXPECT_THROW(conv2d_forward(y, x, even, {}, stream), Error);
  const ParameterView lanes(memory.data() + 2048, DType::kF32, 3, {3, 7, 3, 3}, 189);
  EXPECT_THROW(conv2d_backward_data(x, y, lanes, stream), Error);
  const ParameterView right(memory.data() + 2048, DType::kF32, 1, {3, 7, 3, 3}, 189);
  const ParameterView bias(memory.data() + 3072, DType::kF32, 1, {4, 1, 1, 1}, 4);
  EXPECT_THROW(conv2d_backward_weight(right, bias, y, x, stream), Error);
}

}  // namespace
}  // namespace selfsame
