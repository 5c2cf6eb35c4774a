// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/stream.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "kernels/device/implementation.hpp"

namespace selfsame {
namespace {

struct Version {
  const char* name;
  bool (*supports)(const int&);
  DeviceKind device = DeviceKind::kCpu;
};
constexpr Version kVersions[] = {{"wide", [](const int& n) { return n % 16 == 0; }},
                                 {"reference", [](const int&) { return true; }}};

const char* selected(int problem, const Stream& stream) {
  return select_implementation("op", std::span<const Version>(kVersions), problem, stream).name;
}

}  // namespace

TEST(Stream, ScratchGivesItsMemoryBackAtTheEndOfTheScope) {
  Stream stream(DeviceKind::kCpu, 1);
  stream.reserve_workspace(3 * 64);
  void* first = nullptr;
  {
    Scratch scratch(stream);
    first = scratch.take<float>(1);
    float* second = scratch.take<float>(17);  // 68 bytes: two lines
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % 64, 0u);
    EXPECT_EQ(reinterpret_cast<std::byte*>(second) - static_cast<std::byte*>(first), 64);
    Scratch inner(stream);
    EXPECT_THROW(static_cast<void>(inner.take<float>(1)), Error);
    EXPECT_THROW(stream.reserve_workspace(1 << 20), Error);
  }
  Scratch again(stream);
  EXPECT_EQ(again.take<float>(48), first);
}

TEST(Stream, WorkspaceOnlyGrows) {
  Stream stream(DeviceKind::kCpu, 1);
  stream.reserve_workspace(1000);
  stream.reserve_workspace(10);
  EXPECT_EQ(stream.workspace_bytes(), 1000u);
}

TEST(Stream, RequestsNameAnImplementationForOneOpOrForAll) {
  Stream stream(DeviceKind::kCpu, 1);
  EXPECT_STREQ(selected(32, stream), "wide");
  EXPECT_STREQ(selected(33, stream), "reference");
  stream.request("*", "reference");
  EXPECT_STREQ(selected(32, stream), "reference");
  stream.request("op", "wide");
  EXPECT_STREQ(selected(32, stream), "wide");
  EXPECT_THROW(static_cast<void>(selected(33, stream)), Error);
  Stream other(DeviceKind::kCpu, 1);
  other.request("*", "onednn");
  EXPECT_STREQ(selected(32, other), "wide");
}

}  // namespace selfsame
