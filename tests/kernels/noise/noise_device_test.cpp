// SPDX-License-Identifier: Apache-2.0
// Noise on every device: the CPU's bits, whatever the window and its symmetry.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/noise/noise.hpp"
#include "tests/support/device_values.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

constexpr NoiseModel kModels[] = {{NoiseType::kNone, 0.0f, 1.0f},
                                  {NoiseType::kGaussian, 0.1f, 1.0f},
                                  {NoiseType::kPoisson, 0.0f, 12.0f},  // means on both sides of 10
                                  {NoiseType::kPoissonGaussian, 0.05f, 30.0f},
                                  {NoiseType::kRademacher, 0.3f},
                                  {NoiseType::kGamma, 0.0f, 1.0f, 3.5f},
                                  {NoiseType::kGamma, 0.0f, 1.0f, 0.2f},
                                  {NoiseType::kBinomialThinning, 0.0f, 40.0f, 1.0f, 0.25f},
                                  {NoiseType::kBetaThinning, 0.0f, 1.0f, 2.0f, 0.75f}};

/// Windows of images of 40 x 53 that begin at every phase of a group of four, one per transform.
std::vector<SampleOrigin> origins_of(std::int64_t count) {
  std::vector<SampleOrigin> origins;
  for (std::int64_t n = 0; n < count; ++n) {
    const auto k = static_cast<std::uint32_t>(n);
    origins.push_back({17 + k / 8, 5 * k, k % 3, 40, 53, n + 1, 2 * n + n % 4, static_cast<int>(k % 8)});
  }
  return origins;
}

OpCase noise_case(const Shape4& shape, const NoiseModel& model, std::vector<SampleOrigin> origins) {
  OpCase c;
  c.op = "noise";
  c.tensor("noisy", Role::kOutput, shape, 1, 0, 5).tensor("clean", Role::kInput, shape, 1, 0, 2);
  c.call = [model, device = contract::DeviceValues(std::move(origins))](const Arguments& a, Stream& s) {
    add_noise(a.tensor("noisy"), a.tensor("clean"), device.on(s), RandomPurpose::kInputNoise, model, s);
  };
  c.randomize(31);
  for (double& v : c.operand("clean").values) {
    v = static_cast<float>(v < 0 ? -v : v);  // intensities
  }
  return c;
}

std::vector<std::string> names() { return contract::supported_names(noise_implementations(), DType::kF32); }

contract::Values on_the_cpu(const OpCase& c) {
  Stream cpu(DeviceKind::kCpu, 1);
  return contract::run_case(c, DType::kF32, cpu);
}

}  // namespace

TEST(NoiseDevice, EveryDeviceHasTheBitsOfTheCpuForAllSymmetries) {
  ASSERT_FALSE(names().empty());
  for (const Shape4& shape : {Shape4{8, 2, 9, 13}, Shape4{8, 1, 14, 6}, Shape4{2, 3, 1, 1}}) {
    for (const NoiseModel& model : kModels) {
      const OpCase c = noise_case(shape, model, origins_of(shape.n));
      for (const std::string& name : names()) {
        contract::expect_bitwise(contract::run_case(c, DType::kF32, name), on_the_cpu(c), name);
      }
    }
  }
}

// A count differs only where the last bit of exp or log decides it: in these draws nowhere.
TEST(NoiseDevice, EveryDeviceDrawsTheCountsOfTheCpu) {
  const Shape4 shape{1, 1, 64, 64};
  for (const float peak : {0.5f, 8.0f, 200.0f, 1.0e6f}) {
    const OpCase c = noise_case(shape, {NoiseType::kPoisson, 0.0f, peak}, {{3, 1, 0, 64, 64, 0, 0, 0}});
    for (const std::string& name : names()) {
      contract::expect_bitwise(contract::run_case(c, DType::kF32, name), on_the_cpu(c), name);
    }
  }
}

TEST(NoiseDevice, EveryDeviceMatchesTheReference) {
  // The normals differ by 4e-7 max(1, |e|), |e| < 5.8, times a sigma of 0.1 at the most; a product, a
  // quotient and a sum are rounded: 3 * 2^-24 of the largest value. Values reach 1 at the least. The other
  // kinds are made in double and rounded once, or a single sum.
  const std::map<std::string, contract::Bounds> bounds = {{"*", {5e-7, 5e-7}}};
  for (const NoiseModel& model : kModels) {
    contract::expect_parity(noise_case({3, 2, 9, 13}, model, origins_of(3)), names(), bounds);
  }
}

TEST(NoiseDevice, OnEveryDeviceTheOutputMayBeTheInputAndRepeats) {
  for (const NoiseModel& model : kModels) {
    const OpCase c = noise_case({4, 2, 7, 10}, model, origins_of(4));
    contract::expect_repeatable(c, names());
    OpCase in_place = c;
    in_place.operands.erase(in_place.operands.begin());
    in_place.operand("clean").role = Role::kUpdated;
    in_place.call = [model, device = contract::DeviceValues(origins_of(4))](const Arguments& a, Stream& s) {
      add_noise(a.tensor("clean"), a.tensor("clean"), device.on(s), RandomPurpose::kInputNoise, model, s);
    };
    for (const std::string& name : names()) {
      EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at("clean"),
                contract::run_case(c, DType::kF32, name).at("noisy"));
    }
  }
}

TEST(NoiseDevice, OnEveryDeviceAnEmptyImageIsZeros) {
  for (const NoiseModel& model : kModels) {
    OpCase zeros = noise_case({4, 2, 7, 10}, model, origins_of(4));
    zeros.operand("clean").values.assign(zeros.operand("clean").values.size(), 0.0);
    OpCase empty = zeros;
    empty.call = [model, device = contract::DeviceValues(origins_of(4))](const Arguments& a, Stream& s) {
      add_noise(a.tensor("noisy"), {}, device.on(s), RandomPurpose::kInputNoise, model, s);
    };
    for (const std::string& name : names()) {
      EXPECT_EQ(contract::run_case(empty, DType::kF32, name).at("noisy"),
                contract::run_case(zeros, DType::kF32, name).at("noisy"));
    }
  }
}

// The largest angle and logarithms of all exponents occur: a map of many groups, compared to the bit.
TEST(NoiseDevice, EveryDeviceHasTheBitsOfManyNormals) {
  const NoiseModel model{NoiseType::kGaussian, 1.0f, 1.0f};
  OpCase c =
      noise_case({2, 1, 128, 128}, model, {{9, 0, 1, 128, 128, 0, 0, 0}, {9, 1, 1, 128, 128, 0, 0, 7}});
  c.operand("clean").values.assign(c.operand("clean").values.size(), 0.0);
  for (const std::string& name : names()) {
    contract::expect_bitwise(contract::run_case(c, DType::kF32, name), on_the_cpu(c), name);
  }
}

}  // namespace selfsame
