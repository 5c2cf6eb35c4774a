// SPDX-License-Identifier: Apache-2.0
#include "kernels/sample_scale/sample_scale.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "kernels/device/mirrored_buffer.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

/// Three lanes of two samples, on the device of this test.
struct Samples {
  static constexpr std::int64_t kLanes = 3;
  static constexpr Shape4 kShape{6, 2, 5, 7};
  Stream stream{contract::test_device(), 2};
  MirroredBuffer a{420 * sizeof(float), stream.device()}, y{420 * sizeof(float), stream.device()};
  MirroredBuffer lanes{kLanes * 16 * sizeof(float), stream.device()};
  MirroredBuffer values{6 * sizeof(double), stream.device()}, divisors{6 * sizeof(double), stream.device()};

  Samples() {
    for (int i = 0; i < 420; ++i) {
      a.host<float>()[i] = 0.01f * static_cast<float>(i) - 1.3f;
      y.host<float>()[i] = a.host<float>()[i];
    }
    std::fill(lanes.host<float>(), lanes.host<float>() + kLanes * 16, 99.0f);  // the lanes' other numbers
    for (int l = 0; l < kLanes; ++l) {
      lanes.host<float>()[16 * l] = 0.5f + static_cast<float>(l);
    }
    for (int n = 0; n < 6; ++n) {
      values.host<double>()[n] = 1.0 + n * n;
      divisors.host<double>()[n] = 0.3 + n;
    }
    for (const MirroredBuffer* b : {&a, &y, &lanes, &values, &divisors}) {
      b->to_device(stream);
    }
  }
  void fetch() {
    for (const MirroredBuffer* b : {&y, &lanes, &values}) {
      b->to_host(stream);
    }
    stream.synchronize();
  }
  [[nodiscard]] TensorView out() const { return {y.device<float>(), DType::kF32, kShape, 1}; }
  [[nodiscard]] ConstTensorView in() const { return {a.device<float>(), DType::kF32, kShape, 1}; }
  [[nodiscard]] ParameterView scalars() const {
    return {lanes.device<float>(), DType::kF32, kLanes, {1, 1, 1, 1}, 16};
  }
  [[nodiscard]] std::span<double> numbers(const MirroredBuffer& b) const { return {b.device<double>(), 6}; }
};

TEST(SampleScale, OnEveryDeviceMultipliesASampleWithTheNumberOfItsLane) {
  Samples s;
  scale_lanes(s.out(), s.in(), s.scalars(), 0.25, 2.0, s.stream);
  s.fetch();
  for (int i = 0; i < 420; ++i) {
    const double lane = i / 140;
    EXPECT_EQ(s.y.host<float>()[i],
              static_cast<float>((0.25 + 2.0 * (0.5 + lane)) * static_cast<double>(s.a.host<float>()[i])));
  }
}

TEST(SampleScale, OnEveryDeviceAddsTheMeanOfALaneToItsGradientOnly) {
  Samples s;
  add_lane_means(s.scalars(), s.numbers(s.values), -3.0, s.stream);
  s.fetch();
  for (int i = 0; i < Samples::kLanes * 16; ++i) {
    const double l = i / 16, mean = (1 + 4 * l * l + 1 + (2 * l + 1) * (2 * l + 1)) / 2;
    EXPECT_EQ(s.lanes.host<float>()[i], i % 16 != 0 ? 99.0f : static_cast<float>(0.5 + l - 3 * mean));
  }
}

TEST(SampleScale, OnEveryDeviceDividesSamplesAndTheirValues) {
  Samples s;
  divide_samples(s.out(), s.numbers(s.values), s.numbers(s.divisors), s.stream);
  s.fetch();
  for (int i = 0; i < 420; ++i) {
    EXPECT_EQ(s.y.host<float>()[i],
              static_cast<float>(static_cast<double>(s.a.host<float>()[i]) / (0.3 + i / 70)));
  }
  for (int n = 0; n < 6; ++n) {
    EXPECT_EQ(s.values.host<double>()[n], (1.0 + n * n) / (0.3 + n));
  }
}

TEST(SampleScale, RefusesCountsThatDoNotFit) {
  Samples s;
  const ParameterView four(s.lanes.device<float>(), DType::kF32, 4, {1, 1, 1, 1}, 1);
  EXPECT_THROW(scale_lanes(s.out(), s.in(), four, 0, 1, s.stream), Error);
  EXPECT_THROW(add_lane_means(four, s.numbers(s.values), 1, s.stream), Error);
  EXPECT_THROW(divide_samples(s.out(), s.numbers(s.values).first(5), s.numbers(s.divisors), s.stream), Error);
}

}  // namespace
}  // namespace selfsame
