// SPDX-License-Identifier: Apache-2.0
#include "kernels/mask_kspace/mask_kspace.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

struct Form {
  Shape4 numbers;
  std::int64_t mask_h, lanes;
};
const Form kForms[] = {
    {{1, 1, 1, 1}, 1, 1}, {{4, 3, 5, 7}, 1, 2}, {{6, 2, 4, 9}, 4, 3}, {{2, 2, 17, 16}, 17, 1}};

Shape4 real(const Shape4& s) { return {s.n, s.c, s.h, 2 * s.w}; }

OpCase make_case(const Form& f, bool with_noise) {
  OpCase c;
  c.op = "mask_kspace";
  c.lanes = f.lanes;
  c.tensor("out", Role::kOutput, real(f.numbers), 1)
      .tensor("kspace", Role::kInput, real(f.numbers), 1)
      .tensor("mask", Role::kInput, {f.numbers.n, 1, f.mask_h, f.numbers.w}, 1);
  if (with_noise) {
    c.tensor("normals", Role::kInput, real(f.numbers), 1)
        .parameter("sigmas", Role::kInput, {f.numbers.n / f.lanes, 1, 1, 1})
        .stored_as("sigmas", DType::kF32);
  }
  c.call = [with_noise](const Arguments& a, Stream& s) {
    KSpaceNoise noise;
    if (with_noise) {
      const ParameterView sigmas = a.parameter("sigmas");
      noise = {
          as_complex(a.tensor("normals")),
          {static_cast<const float*>(sigmas.data), static_cast<std::size_t>(sigmas.lanes * sigmas.count())},
          0.75f};
    }
    mask_kspace(as_complex(a.tensor("out")), as_complex(a.tensor("kspace")), a.tensor("mask"),
                with_noise ? &noise : nullptr, s);
  };
  c.randomize(41);
  std::vector<double>& mask = c.operand("mask").values;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    mask[i] = i % 3 == 1 ? 0.0 : 1.0;
  }
  return c;
}

std::vector<std::string> names() {
  return contract::supported_names(mask_kspace_implementations(), DType::kF32);
}

TEST(MaskKSpace, EveryVersionOnEveryDeviceMatchesTheReference) {
  contract::expect_ran_at_least(names(), 2);
  for (const Form& f : kForms) {
    contract::expect_parity(make_case(f, false), names(), {{"*", {0.0, 0.0}}});
    // Two products and a sum of numbers of the size of the largest: 3 * 2^-24, twice where they cancel.
    contract::expect_parity(make_case(f, true), names(), {{"*", {3.6e-7, 3.6e-7}}});
  }
}

TEST(MaskKSpace, ValuesOnEveryDeviceAreThoseOfTheDefinition) {
  OpCase c = make_case({{2, 1, 1, 2}, 1, 1}, true);
  c.operand("kspace").values = {1, 2, 3, 4, 5, 6, 7, 8};
  c.operand("mask").values = {1, 0, 1, 2};
  c.operand("normals").values = {4, 8, 1, 1, 0, 4, -4, 0};
  c.operand("sigmas").values = {1, 2};
  for (const std::string& name : names()) {  // times 0.75 sigma
    EXPECT_EQ(contract::run_case(c, DType::kF32, name).at("out"),
              (std::vector<double>{4, 8, 0, 0, 5, 12, 2, 16}));
  }
}

TEST(MaskKSpace, WhatIsMaskedOnEveryDeviceIsZeroWhateverWasThere) {
  OpCase c = make_case(kForms[0], false);
  c.operand("kspace").values = {std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::infinity()};
  c.operand("mask").values = {0};
  for (const std::string& name : names()) {
    EXPECT_EQ(contract::run_case(c, DType::kF32, name).at("out"), (std::vector<double>{0, 0}));
  }
}

TEST(MaskKSpace, ResultsOnEveryDeviceDoNotDependOnThreadsLanesOrOverwriting) {
  for (const bool noisy : {false, true}) {
    contract::expect_repeatable(make_case(kForms[2], noisy), names());
    contract::expect_lanes_independent(make_case(kForms[2], noisy), names());
  }
  const OpCase apart = make_case(kForms[2], true);
  for (const char* overwritten : {"kspace", "normals"}) {
    OpCase in_place = apart;
    in_place.operands.erase(in_place.operands.begin());
    in_place.operand(overwritten).role = Role::kUpdated;
    in_place.call = [overwritten](const Arguments& a, Stream& s) {
      const ParameterView sigmas = a.parameter("sigmas");
      const KSpaceNoise noise{
          as_complex(a.tensor("normals")), {static_cast<const float*>(sigmas.data), 6}, 0.75f};
      mask_kspace(as_complex(a.tensor(overwritten)), as_complex(a.tensor("kspace")), a.tensor("mask"), &noise,
                  s);
    };
    for (const std::string& name : names()) {
      EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at(overwritten),
                contract::run_case(apart, DType::kF32, name).at("out"));
    }
  }
}

TEST(MaskKSpace, ArgumentsThatDoNotFitAreErrors) {
  std::vector<float> memory(24);
  Stream stream(DeviceKind::kCpu, 1);
  const ComplexView z(memory.data(), DType::kF32, {2, 1, 2, 3});
  const TensorView columns(memory.data(), DType::kF32, {2, 1, 1, 3}, 1);
  const TensorView wide(memory.data(), DType::kF32, {2, 1, 2, 2}, 1);
  EXPECT_THROW(mask_kspace(z, z, wide, nullptr, stream), Error);
  EXPECT_THROW(mask_kspace(z.samples(0, 1), z, columns, nullptr, stream), Error);
  const KSpaceNoise noise{z, {memory.data(), 1}, 1.0f};
  EXPECT_THROW(mask_kspace(z, z, columns, &noise, stream), Error);
}

}  // namespace
}  // namespace selfsame
