// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/mri/coils/coil_cases.hpp"

namespace selfsame {
namespace {

using namespace coil_cases;

struct Form {
  Shape4 z;
  std::int64_t h, w;  // of the planes
  PlanePadding padding;
  std::int64_t gap;
};
const std::vector<Form> kForms = {{{1, 1, 1, 1}, 1, 1, {0, 0}, 0},
                                  {{2, 3, 5, 7}, 16, 16, {5, 4}, 3},
                                  {{3, 2, 19, 33}, 32, 48, {6, 7}, 0},
                                  {{1, 2, 17, 5}, 17, 6, {0, 1}, 8}};

std::vector<std::string> names() {
  return contract::supported_names(complex_planes_implementations(), CoilProblem{DType::kF32});
}

Shape4 planes_of(const Form& f) { return {f.z.n * f.z.c, 2, f.h, f.w}; }

OpCase make_to_planes(const Form& f) {
  OpCase c;
  c.op = "complex_planes";
  c.tensor("planes", Role::kOutput, planes_of(f), 1, 0, f.gap).tensor("z", Role::kInput, parts(f.z), 1);
  c.call = [padding = f.padding](const Arguments& a, Stream& stream) {
    complex_to_planes(a.tensor("planes"), complex(a, "z"), padding, stream);
  };
  return c.randomize(41);
}

OpCase make_to_complex(const Form& f) {
  OpCase c;
  c.op = "complex_planes";
  c.tensor("z", Role::kOutput, parts(f.z), 1).tensor("planes", Role::kInput, planes_of(f), 1, 0, f.gap);
  c.call = [padding = f.padding](const Arguments& a, Stream& stream) {
    planes_to_complex(complex(a, "z"), a.tensor("planes"), padding, stream);
  };
  return c.randomize(42);
}

TEST(ComplexPlanes, EveryVersionOnEveryDeviceMovesEveryBit) {
  for (const Form& f : kForms) {
    contract::expect_ran_at_least(names(), 1 + contract::simd_versions());
    contract::expect_parity(make_to_planes(f), names(), {{"*", {0, 0}}});
    contract::expect_parity(make_to_complex(f), names(), {{"*", {0, 0}}});
  }
}

TEST(ComplexPlanes, AndBackOnEveryDeviceAreEachOthersAdjoint) {
  for (const Form& f : kForms) {
    contract::expect_adjoint(make_to_planes(f), "z", "planes", make_to_complex(f), "planes", "z", DType::kF64,
                             "reference", 1e-14);
    for (const std::string& name :
         names()) {  // nothing is rounded, so that only the order of the sums differs
      contract::expect_adjoint(make_to_planes(f), "z", "planes", make_to_complex(f), "planes", "z",
                               DType::kF32, name, 1e-12);
    }
  }
}

TEST(ComplexPlanes, OnEveryDeviceHoldRealPartsThenImaginaryPartsWithinZeros) {
  OpCase c = make_to_planes({{1, 2, 1, 2}, 2, 4, {1, 1}, 0});
  c.operand("z").values = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(contract::run_case(c, DType::kF32, "").at("planes"),
            (std::vector<double>{0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 2, 4, 0,
                                 0, 0, 0, 0, 0, 5, 7, 0, 0, 0, 0, 0, 0, 6, 8, 0}));
}

TEST(ComplexPlanes, ResultsOnEveryDeviceDoNotDependOnThreads) {
  for (const Form& f : kForms) {
    contract::expect_repeatable(make_to_planes(f), names());
    contract::expect_repeatable(make_to_complex(f), names());
  }
}

TEST(ComplexPlanes, ShapesThatDoNotFitAreErrors) {
  std::vector<float> memory(1024);
  Stream stream(DeviceKind::kCpu, 1);
  const ComplexView z(memory.data(), DType::kF32, {2, 3, 4, 5});
  const auto planes = [&](Shape4 s, int block = 1) {
    return TensorView(memory.data(), DType::kF32, s, block);
  };
  EXPECT_THROW(complex_to_planes(planes({2, 2, 4, 5}), z, {}, stream), Error);
  EXPECT_THROW(complex_to_planes(planes({6, 1, 4, 5}), z, {}, stream), Error);
  EXPECT_THROW(complex_to_planes(planes({6, 2, 4, 5}), z, {0, 1}, stream), Error);
  EXPECT_THROW(complex_to_planes(planes({6, 2, 4, 8}), z, {0, -1}, stream), Error);
  EXPECT_THROW(planes_to_complex(z, planes({6, 2, 4, 5}, 2), {}, stream), Error);
}

}  // namespace
}  // namespace selfsame
