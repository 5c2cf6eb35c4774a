// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/mri/coils/coil_cases.hpp"

namespace selfsame {
namespace {

using namespace coil_cases;

std::vector<std::string> names() {
  return contract::supported_names(coil_maps_implementations(), CoilProblem{DType::kF32});
}

OpCase make_expand(Shape4 s) {
  OpCase c;
  c.op = "coil_maps";
  c.tensor("coils", Role::kOutput, parts(s), 1)
      .tensor("image", Role::kInput, parts(image_of(s)), 1)
      .tensor("maps", Role::kInput, parts(s), 1);
  c.call = [](const Arguments& a, Stream& stream) {
    coil_expand(complex(a, "coils"), complex(a, "image"), complex(a, "maps"), stream);
  };
  return c.randomize(11);
}

OpCase make_combine(Shape4 s) {
  OpCase c;
  c.op = "coil_maps";
  c.tensor("image", Role::kOutput, parts(image_of(s)), 1)
      .tensor("coils", Role::kInput, parts(s), 1)
      .tensor("maps", Role::kInput, parts(s), 1);
  c.call = [](const Arguments& a, Stream& stream) {
    coil_combine(complex(a, "image"), complex(a, "coils"), complex(a, "maps"), stream);
  };
  return c.randomize(12);
}

OpCase make_maps_gradient(Shape4 s) {
  OpCase c;
  c.op = "coil_maps";
  c.tensor("dmaps", Role::kAccumulated, parts(s), 1)
      .tensor("image", Role::kInput, parts(image_of(s)), 1)
      .tensor("coils", Role::kInput, parts(s), 1);
  c.call = [](const Arguments& a, Stream& stream) {
    coil_maps_gradient(complex(a, "dmaps"), complex(a, "image"), complex(a, "coils"), stream);
  };
  return c.randomize(13);
}

/// Every element's error, from the operation that made it, among the reference's results.
std::map<std::string, Bounds> bounds(const OpCase& c, const std::string& output,
                                     const std::vector<double>& errors) {
  return {{"*", bounds_from(errors, contract::run_case(c, DType::kF64, "reference").at(output))}};
}

/// A part of a product of complex numbers is a sum of two products: two roundings of |a| |b|.
std::vector<double> product_errors(Shape4 s, const OpCase& c, const std::string& image,
                                   const std::string& stack) {
  const std::vector<Complex> x = numbers(c.operand(image).values), m = numbers(c.operand(stack).values);
  std::vector<double> errors(2 * m.size());
  for_each_place(s, [&](Place at) {
    errors[2 * at.stack] = errors[2 * at.stack + 1] =
        2 * kRounding * std::abs(x[at.image]) * std::abs(m[at.stack]);
  });
  return errors;
}

TEST(CoilMaps, EveryVersionOfExpandOnEveryDeviceMatchesTheReference) {
  for (const Shape4& s : kStacks) {
    contract::expect_ran_at_least(names(), 1 + contract::simd_versions());
    const OpCase c = make_expand(s);
    contract::expect_parity(c, names(), bounds(c, "coils", product_errors(s, c, "image", "maps")));
  }
}

TEST(CoilMaps, EveryVersionOfCombineOnEveryDeviceMatchesTheReference) {
  for (const Shape4& s : kStacks) {
    const OpCase c = make_combine(s);
    const std::vector<Complex> k = numbers(c.operand("coils").values), m = numbers(c.operand("maps").values);
    std::vector<double> errors(static_cast<std::size_t>(2 * image_of(s).count()));
    for_each_place(s, [&](Place at) {
      // Sums of 2C products: no product meets more than 2C roundings.
      const double e =
          2 * static_cast<double>(s.c) * kRounding * std::abs(k[at.stack]) * std::abs(m[at.stack]);
      errors[2 * at.image] += e;
      errors[2 * at.image + 1] += e;
    });
    contract::expect_parity(c, names(), bounds(c, "image", errors));
  }
}

TEST(CoilMaps, EveryVersionOfTheMapsGradientOnEveryDeviceMatchesTheReference) {
  for (const Shape4& s : kStacks) {
    const OpCase c = make_maps_gradient(s);
    std::vector<double> errors = product_errors(s, c, "image", "coils");
    const std::vector<double>& before = c.operand("dmaps").values;
    for (std::size_t i = 0; i < errors.size();
         ++i) {  // the sum rounds what the product is, and what was there
      errors[i] = 1.5 * errors[i] + kRounding * std::abs(before[i]);
    }
    contract::expect_parity(c, names(), bounds(c, "dmaps", errors));
  }
}

TEST(CoilMaps, CombineOnEveryDeviceIsTheAdjointOfExpand) {
  const Shape4 s{2, 3, 5, 7};
  OpCase expand = make_expand(s), combine = make_combine(s);
  expand.operand("maps").values = combine.operand("maps").values;
  contract::expect_adjoint(expand, "image", "coils", combine, "coils", "image", DType::kF64, "reference",
                           1e-14);
  for (const std::string& name : names()) {
    contract::expect_adjoint(expand, "image", "coils", combine, "coils", "image", DType::kF32, name, 1e-6);
  }
}

TEST(CoilMaps, GradientsAgreeWithDifferences) {
  const Shape4 s{2, 3, 2, 3};
  // Of expand: dimage = combine(dcoils), dmaps += conj(image) dcoils.
  OpCase backward;
  backward.op = "coil_maps";
  backward.tensor("dimage", Role::kOutput, parts(image_of(s)), 1)
      .tensor("dmaps", Role::kAccumulated, parts(s), 1)
      .tensor("dcoils", Role::kInput, parts(s), 1)
      .tensor("image", Role::kInput, parts(image_of(s)), 1)
      .tensor("maps", Role::kInput, parts(s), 1);
  backward.call = [](const Arguments& a, Stream& stream) {
    coil_combine(complex(a, "dimage"), complex(a, "dcoils"), complex(a, "maps"), stream);
    coil_maps_gradient(complex(a, "dmaps"), complex(a, "image"), complex(a, "dcoils"), stream);
  };
  backward.randomize(14);
  const contract::GradientCheck of_expand{
      make_expand(s), "coils", backward, "dcoils", {{"image", "dimage"}, {"maps", "dmaps"}}};
  contract::expect_central_differences(of_expand, 1e-3, 1e-9);
  contract::expect_taylor(of_expand, 1e-2, 1e-14);

  // Of combine: dcoils = expand(dimage), dmaps += conj(dimage) coils.
  OpCase other;
  other.op = "coil_maps";
  other.tensor("dcoils", Role::kOutput, parts(s), 1)
      .tensor("dmaps", Role::kAccumulated, parts(s), 1)
      .tensor("dimage", Role::kInput, parts(image_of(s)), 1)
      .tensor("coils", Role::kInput, parts(s), 1)
      .tensor("maps", Role::kInput, parts(s), 1);
  other.call = [](const Arguments& a, Stream& stream) {
    coil_expand(complex(a, "dcoils"), complex(a, "dimage"), complex(a, "maps"), stream);
    coil_maps_gradient(complex(a, "dmaps"), complex(a, "dimage"), complex(a, "coils"), stream);
  };
  other.randomize(15);
  const contract::GradientCheck of_combine{
      make_combine(s), "image", other, "dimage", {{"coils", "dcoils"}, {"maps", "dmaps"}}};
  contract::expect_central_differences(of_combine, 1e-3, 1e-9);
  contract::expect_taylor(of_combine, 1e-2, 1e-14);
}

TEST(CoilMaps, ResultsOnEveryDeviceDoNotDependOnThreadsOrOverwriting) {
  const Shape4 s{3, 4, 17, 33};
  for (const OpCase& c : {make_expand(s), make_combine(s), make_maps_gradient(s)}) {
    contract::expect_repeatable(c, names());
  }
  const OpCase apart = make_expand(s);
  const OpCase together = in_place(apart, "coils", "maps", [](const Arguments& a, Stream& stream) {
    coil_expand(complex(a, "maps"), complex(a, "image"), complex(a, "maps"), stream);
  });
  for (const std::string& name : names()) {
    EXPECT_EQ(contract::run_case(together, DType::kF32, name).at("maps"),
              contract::run_case(apart, DType::kF32, name).at("coils"));
  }
}

TEST(CoilMaps, SamplesOnEveryDeviceDoNotDependOnEachOther) {
  const Shape4 s{3, 4, 17, 33};
  for (OpCase c : {make_expand(s), make_combine(s), make_maps_gradient(s)}) {
    c.lanes = s.n;
    contract::expect_lanes_independent(c, names());
  }
}

TEST(CoilMaps, ShapesThatDoNotFitAreErrors) {
  std::vector<float> memory(1024);
  Stream stream(DeviceKind::kCpu, 1);
  const auto view = [&](Shape4 s) { return ComplexView(memory.data(), DType::kF32, s); };
  const Shape4 s{2, 3, 4, 5};
  EXPECT_THROW(coil_expand(view(s), view({2, 3, 4, 5}), view(s), stream), Error);
  EXPECT_THROW(coil_expand(view(s), view({2, 1, 4, 5}), view({2, 2, 4, 5}), stream), Error);
  EXPECT_THROW(coil_combine(view({1, 1, 4, 5}), view(s), view(s), stream), Error);
  EXPECT_THROW(coil_maps_gradient(view(s), view({2, 1, 5, 4}), view(s), stream), Error);
  ComplexView of_doubles = view({2, 1, 4, 5});
  of_doubles.dtype = DType::kF64;
  EXPECT_THROW(coil_combine(of_doubles, view(s), view(s), stream), Error);
  EXPECT_NO_THROW(coil_combine(view({0, 1, 4, 5}), view({0, 3, 4, 5}), view({0, 3, 4, 5}), stream));
}

}  // namespace
}  // namespace selfsame
