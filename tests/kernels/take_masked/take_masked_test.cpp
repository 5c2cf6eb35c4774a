// SPDX-License-Identifier: Apache-2.0
#include "kernels/take_masked/take_masked.hpp"

#include <gtest/gtest.h>

#include "kernels/device/mirrored_buffer.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

constexpr Shape4 kShape{3, 2, 5, 9}, kMaskShape{3, 1, 5, 9};

TEST(TakeMasked, OnEveryDeviceTakesThePixelsOfTheMaskInAllChannels) {
  Stream stream(contract::test_device(), 2);
  const MirroredBuffer y(270 * sizeof(float), stream.device()), a(270 * sizeof(float), stream.device()),
      mask(135 * sizeof(float), stream.device());
  for (int i = 0; i < 270; ++i) {
    y.host<float>()[i] = static_cast<float>(i);
    a.host<float>()[i] = static_cast<float>(-i - 1);
    mask.host<float>()[i / 2] = (i / 2) % 7 == 3 ? 1.0f : 0.0f;
  }
  for (const MirroredBuffer* b : {&y, &a, &mask}) {
    b->to_device(stream);
  }
  take_masked({y.device<float>(), DType::kF32, kShape, 1}, {a.device<float>(), DType::kF32, kShape, 1},
              {mask.device<float>(), DType::kF32, kMaskShape, 1}, stream);
  y.to_host(stream);
  stream.synchronize();
  for (int i = 0; i < 270; ++i) {
    const bool taken = (i / 90 * 45 + i % 45) % 7 == 3;
    EXPECT_EQ(y.host<float>()[i], static_cast<float>(taken ? -i - 1 : i)) << i;
  }
}

TEST(TakeMasked, RefusesAMaskOfAnotherShape) {
  Stream stream(DeviceKind::kCpu, 1);
  std::vector<float> data(270);
  const TensorView y(data.data(), DType::kF32, kShape, 1);
  EXPECT_THROW(take_masked(y, y, y, stream), Error);
}

}  // namespace
}  // namespace selfsame
