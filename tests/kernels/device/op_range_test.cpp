// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/op_range.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

std::int64_t calls_of(const OpProfile& profile, std::string_view name) {
  for (const OpProfile::Row& row : profile.rows()) {
    if (row.name == name) {
      return row.calls;
    }
  }
  return 0;
}

}  // namespace

TEST(OpRange, OnEveryDeviceAddsItsTimeOnceTheWorkIsDone) {
  Stream stream(contract::test_device(), 1);
  const Buffer data(64, stream.device()), host(64);
  OpProfile profile;
  stream.set_profile(&profile);
  for (int i = 0; i < 2; ++i) {
    const OpRange range(stream, "fill");
    stream.queue().fill(data.data(), 7, 64);
    stream.download(host.data(), data.data(), 64);
  }
  EXPECT_EQ(host.as<unsigned char>()[63], 7) << "the range ended before its work";
  EXPECT_EQ(calls_of(profile, "fill"), 2);
  EXPECT_GE(profile.total(), 0.0);
  EXPECT_EQ(profile.total(), profile.total_of({"fi"}));
}

TEST(OpRange, OnEveryDeviceDoesNotTimeARecording) {
  Stream stream(contract::test_device(), 1);
  if (stream.device() == DeviceKind::kCpu) {
    GTEST_SKIP() << "the CPU records nothing";
  }
  const Buffer data(64, stream.device());
  OpProfile profile;
  stream.set_profile(&profile);
  stream.queue().begin_capture();
  {
    const OpRange range(stream, "fill");
    stream.queue().fill(data.data(), 7, 64);
  }
  const std::unique_ptr<Graph> graph = stream.queue().end_capture();
  graph->launch();
  stream.synchronize();
  EXPECT_EQ(calls_of(profile, "fill"), 0);
}

TEST(OpRange, AddsNothingForAnOpThatThrows) {
  Stream stream(DeviceKind::kCpu, 1);
  OpProfile profile;
  stream.set_profile(&profile);
  EXPECT_THROW(
      {
        const OpRange range(stream, "bad");
        throw std::runtime_error("of the op");
      },
      std::runtime_error);
  EXPECT_EQ(calls_of(profile, "bad"), 0);
}

TEST(OpRange, WithoutAProfileNothingIsKept) {
  Stream stream(DeviceKind::kCpu, 1);
  const OpRange range(stream, "unseen");
  OpProfile profile;
  EXPECT_TRUE(profile.rows().empty());
}

}  // namespace selfsame
