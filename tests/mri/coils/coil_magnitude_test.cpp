// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/mri/coils/coil_cases.hpp"

namespace selfsame {
namespace {

using namespace coil_cases;

std::vector<std::string> names() {
  return contract::supported_names(coil_magnitude_implementations(), CoilProblem{DType::kF32});
}

OpCase make_root(Shape4 s) {
  OpCase c;
  c.op = "coil_magnitude";
  c.tensor("magnitude", Role::kOutput, image_of(s), 1).tensor("coils", Role::kInput, parts(s), 1);
  c.call = [](const Arguments& a, Stream& stream) {
    root_sum_of_squares(a.tensor("magnitude"), complex(a, "coils"), stream);
  };
  return c.randomize(21);
}

OpCase make_root_backward(Shape4 s) {
  OpCase c;
  c.op = "coil_magnitude";
  c.tensor("dcoils", Role::kOutput, parts(s), 1)
      .tensor("dmagnitude", Role::kInput, image_of(s), 1)
      .tensor("magnitude", Role::kInput, image_of(s), 1)
      .tensor("coils", Role::kInput, parts(s), 1);
  c.call = [](const Arguments& a, Stream& stream) {
    root_sum_of_squares_backward(complex(a, "dcoils"), a.tensor("dmagnitude"), a.tensor("magnitude"),
                                 complex(a, "coils"), stream);
  };
  return c.randomize(22);
}

OpCase make_normalize(Shape4 s) {
  OpCase c;
  c.op = "coil_magnitude";
  c.tensor("maps", Role::kOutput, parts(s), 1)
      .tensor("magnitude", Role::kOutput, image_of(s), 1)
      .tensor("coils", Role::kInput, parts(s), 1);
  c.call = [](const Arguments& a, Stream& stream) {
    normalize_coils(complex(a, "maps"), a.tensor("magnitude"), complex(a, "coils"), stream);
  };
  return c.randomize(23);
}

OpCase make_normalize_backward(Shape4 s) {
  OpCase c;
  c.op = "coil_magnitude";
  c.tensor("dcoils", Role::kOutput, parts(s), 1)
      .tensor("dmaps", Role::kInput, parts(s), 1)
      .tensor("maps", Role::kInput, parts(s), 1)
      .tensor("magnitude", Role::kInput, image_of(s), 1);
  c.call = [](const Arguments& a, Stream& stream) {
    normalize_coils_backward(complex(a, "dcoils"), complex(a, "dmaps"), complex(a, "maps"),
                             a.tensor("magnitude"), stream);
  };
  return c.randomize(24);
}

/// Every element within so many roundings of itself.
std::map<std::string, Bounds> roundings(double count) {
  const double bound = 1.001 * count * kRounding;
  return {{"*", {bound, bound}}};
}

TEST(CoilMagnitude, EveryVersionOnEveryDeviceMatchesTheReference) {
  for (const Shape4& s : kStacks) {
    contract::expect_ran_at_least(names(), 1 + contract::simd_versions());
    // Squares and their sum are taken in double. A quotient by the rounded root rounds once more.
    contract::expect_parity(make_root(s), names(), roundings(1));
    contract::expect_parity(make_root_backward(s), names(), roundings(2));
    contract::expect_parity(make_normalize(s), names(), roundings(2));
  }
}

TEST(CoilMagnitude, EveryVersionOfTheNormalizedGradientOnEveryDeviceMatchesTheReference) {
  for (const Shape4& s : kStacks) {
    const OpCase c = make_normalize_backward(s);
    const std::vector<double>& dmaps = c.operand("dmaps").values;
    const std::vector<double>& maps = c.operand("maps").values;
    const std::vector<double>& magnitude = c.operand("magnitude").values;
    std::vector<double> along(magnitude.size()), errors(maps.size());
    for_each_place(s, [&](Place at) {
      for (const std::size_t i : {2 * at.stack, 2 * at.stack + 1}) {
        along[at.image] += maps[i] * dmaps[i];
      }
    });
    for_each_place(s, [&](Place at) {
      for (const std::size_t i : {2 * at.stack, 2 * at.stack + 1}) {
        // The sum, which is then a float, and its product; their difference and the quotient.
        const double product = maps[i] * along[at.image];
        errors[i] = kRounding * (2 * std::abs(product) + 2 * std::abs(dmaps[i] - product)) /
                    std::abs(magnitude[at.image]);
      }
    });
    const std::vector<double> want = contract::run_case(c, DType::kF64, "reference").at("dcoils");
    contract::expect_parity(c, names(), {{"*", bounds_from(errors, want)}});
  }
}

TEST(CoilMagnitude, GradientsAgreeWithDifferences) {
  const Shape4 s{2, 3, 2, 3};
  const contract::GradientCheck of_root{
      make_root(s), "magnitude", make_root_backward(s), "dmagnitude", {{"coils", "dcoils"}}};
  contract::expect_central_differences(of_root, 1e-4, 1e-7);
  contract::expect_taylor(of_root, 1e-3, 1e-14);
  const contract::GradientCheck of_maps{
      make_normalize(s), "maps", make_normalize_backward(s), "dmaps", {{"coils", "dcoils"}}};
  contract::expect_central_differences(of_maps, 1e-4, 1e-7);
  contract::expect_taylor(of_maps, 1e-3, 1e-14);
}

TEST(CoilMagnitude, OfOneCoilOnEveryDeviceIsTheAbsoluteValue) {
  OpCase c = make_normalize({1, 1, 1, 3});
  c.operand("coils").values = {3, 4, -5, 12, 0, -2};
  const contract::Values got = contract::run_case(c, DType::kF32, "");
  EXPECT_EQ(got.at("magnitude"), (std::vector<double>{5, 13, 2}));
  const auto f = [](float v) { return static_cast<double>(v); };
  EXPECT_EQ(got.at("maps"), (std::vector<double>{f(0.6f), f(0.8f), f(-5.0f / 13), f(12.0f / 13), 0, -1}));
}

TEST(CoilMagnitude, PixelsWithoutSignalOnEveryDeviceAreZeroInValueAndGradient) {
  const Shape4 s{2, 3, 5, 7};
  OpCase root = make_root(s), normalize = make_normalize(s);
  OpCase root_backward = make_root_backward(s), normalize_backward = make_normalize_backward(s);
  const auto is_dark = [](std::size_t pixel) { return pixel % 3 == 0; };
  for_each_place(s, [&](Place at) {
    for (const std::size_t i : {2 * at.stack, 2 * at.stack + 1}) {
      if (is_dark(at.image)) {
        root.operand("coils").values[i] = normalize.operand("coils").values[i] = 0;
        root_backward.operand("coils").values[i] = normalize_backward.operand("maps").values[i] = 0;
      }
    }
    if (is_dark(at.image)) {
      root_backward.operand("magnitude").values[at.image] = 0;
      normalize_backward.operand("magnitude").values[at.image] = 0;
    }
  });
  for (const std::string& name : names()) {  // run_case refuses a NaN
    const contract::Values forward = contract::run_case(normalize, DType::kF32, name);
    const std::vector<double> roots = contract::run_case(root, DType::kF32, name).at("magnitude");
    const std::vector<double> one = contract::run_case(root_backward, DType::kF32, name).at("dcoils");
    const std::vector<double> two = contract::run_case(normalize_backward, DType::kF32, name).at("dcoils");
    for_each_place(s, [&](Place at) {
      EXPECT_EQ(roots[at.image] == 0, is_dark(at.image)) << name;
      EXPECT_EQ(forward.at("magnitude")[at.image] == 0, is_dark(at.image)) << name;
      for (const std::size_t i : {2 * at.stack, 2 * at.stack + 1}) {
        EXPECT_EQ(forward.at("maps")[i] == 0, is_dark(at.image)) << name;
        EXPECT_EQ(one[i] == 0, is_dark(at.image)) << name;
        EXPECT_EQ(two[i] == 0, is_dark(at.image)) << name;
      }
    });
  }
}

TEST(CoilMagnitude, SignalsWhoseSquaresAreNoFloatsOnEveryDeviceKeepTheirRoot) {
  for (const double scale : {1e-30, 1e25}) {
    OpCase c = make_normalize({2, 3, 5, 7});
    for (double& v : c.operand("coils").values) {
      v = static_cast<double>(static_cast<float>(v * scale));
    }
    contract::expect_parity(c, names(), roundings(2));
  }
}

TEST(CoilMagnitude, ResultsOnEveryDeviceDoNotDependOnThreadsOrOverwriting) {
  const Shape4 s{3, 4, 17, 33};
  const OpCase root_backward = make_root_backward(s), normalize = make_normalize(s),
               normalize_backward = make_normalize_backward(s);
  for (const OpCase& c : {make_root(s), root_backward, normalize, normalize_backward}) {
    contract::expect_repeatable(c, names());
    OpCase apart = c;
    apart.lanes = s.n;
    contract::expect_lanes_independent(apart, names());
  }
  for (const std::string& name : names()) {
    const auto run = [&](const OpCase& c, const std::string& output) {
      return contract::run_case(c, DType::kF32, name).at(output);
    };
    EXPECT_EQ(run(in_place(root_backward, "dcoils", "coils",
                           [](const Arguments& a, Stream& stream) {
                             root_sum_of_squares_backward(complex(a, "coils"), a.tensor("dmagnitude"),
                                                          a.tensor("magnitude"), complex(a, "coils"), stream);
                           }),
                  "coils"),
              run(root_backward, "dcoils"));
    EXPECT_EQ(run(in_place(normalize, "maps", "coils",
                           [](const Arguments& a, Stream& stream) {
                             normalize_coils(complex(a, "coils"), a.tensor("magnitude"), complex(a, "coils"),
                                             stream);
                           }),
                  "coils"),
              run(normalize, "maps"));
    EXPECT_EQ(run(in_place(normalize_backward, "dcoils", "dmaps",
                           [](const Arguments& a, Stream& stream) {
                             normalize_coils_backward(complex(a, "dmaps"), complex(a, "dmaps"),
                                                      complex(a, "maps"), a.tensor("magnitude"), stream);
                           }),
                  "dmaps"),
              run(normalize_backward, "dcoils"));
  }
}

TEST(CoilMagnitude, ShapesThatDoNotFitAreErrors) {
  std::vector<float> memory(1024);
  Stream stream(DeviceKind::kCpu, 1);
  const ComplexView coils(memory.data(), DType::kF32, {2, 3, 4, 5});
  const auto real = [&](Shape4 s) { return TensorView(memory.data(), DType::kF32, s, 1); };
  EXPECT_THROW(root_sum_of_squares(real({2, 3, 4, 5}), coils, stream), Error);
  EXPECT_THROW(root_sum_of_squares(real({2, 1, 1, 5}), coils, stream), Error);
  EXPECT_THROW(normalize_coils(coils, real({2, 1, 4, 4}), coils, stream), Error);
  TensorView with_gap = real({2, 1, 4, 5});
  with_gap.sample_stride += 1;
  EXPECT_THROW(normalize_coils_backward(coils, coils, coils, with_gap, stream), Error);
  EXPECT_THROW(root_sum_of_squares_backward(coils, with_gap, real({2, 1, 4, 5}), coils, stream), Error);
}

}  // namespace
}  // namespace selfsame
