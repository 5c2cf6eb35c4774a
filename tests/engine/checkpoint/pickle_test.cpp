// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/pickle.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "kernels/base/error.hpp"
#include "tests/support/allocation_probe.hpp"

namespace selfsame {
namespace {

using Kind = PickleValue::Kind;

Pickle read(std::string_view text) { return read_pickle(std::as_bytes(std::span(text.data(), text.size()))); }

std::string with_zeros(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) {
    all += part;
  }
  return all;
}

TEST(Pickle, ReadsScalarsAndContainers) {
  // pickle.dumps({"a": [1, -2, 2**40, 0.5, None, True], "b": (b"x", {3})}, 4) without its frame
  const std::string text = with_zeros(
      {"\x80\x04", std::string_view("}\x94(\x8c\x01", 5), "a\x94]\x94(K\x01J",
       std::string_view("\xfe\xff\xff\xff\x8a\x06\x00\x00\x00\x00\x00\x01G?\xe0\x00\x00\x00\x00\x00\x00N\x88",
                        23),
       "e\x8c\x01", "b\x94", "C\x01x\x94\x8f\x94(K\x03\x90\x86\x94u."});
  const Pickle p = read(text);
  EXPECT_EQ(p.bytes, text.size());
  const PickleValue* a = p.find(p.top(), "a");
  ASSERT_NE(a, nullptr);
  ASSERT_EQ(a->items.size(), 6u);
  EXPECT_EQ(p[a->items[0]].integer, 1);
  EXPECT_EQ(p[a->items[1]].integer, -2);
  EXPECT_EQ(p[a->items[2]].integer, std::int64_t{1} << 40);
  EXPECT_EQ(p[a->items[3]].real, 0.5);
  EXPECT_EQ(p[a->items[4]].kind, Kind::kNone);
  EXPECT_EQ(p[a->items[5]].kind, Kind::kBool);
  const PickleValue* b = p.find(p.top(), "b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(p[b->items[0]].text, "x");
  EXPECT_EQ(p[b->items[1]].items.size(), 1u);
  EXPECT_EQ(p.find(p.top(), "c"), nullptr);
}

TEST(Pickle, NeverRunsAnything) {
  // The classic: os.system("touch ..."). It is a name, and its result something opaque.
  const Pickle p = read(
      "\x80\x02"
      "cos\nsystem\nU\x0b"
      "touch owned\x85R.");
  EXPECT_EQ(p.top().kind, Kind::kOpaque);
  // An object with a state and with items is opaque all the same.
  EXPECT_EQ(read("\x80\x02"
                 "cargparse\nNamespace\n)\x81}b(K\x01K\x02u.")
                .top()
                .kind,
            Kind::kOpaque);
}

TEST(Pickle, RefusesWhatIsDamaged) {
  for (const std::string_view text :
       {"", "\x80", "\x80\x09.", "\x80\x02.", "\x80\x02K", "\x80\x02t.", "\x80\x02(.",
        "\x80\x02X\xff\xff\xff\x7f.", "\x80\x02h\x01.", "\x80\x02K\x01r\xff\xff\xff\x7f.",
        "\x80\x02K\x01K\x02"
        "a.",
        "\x80\x02}(K\x01u.", "\x80\x02K\x01Q.", "\x80\x02\xf0.",
        "\x80\x02"
        "cno line",
        "\x80\x02K\x01K\x02K\x03\x93."}) {
    EXPECT_THROW((void)read(text), Error) << text;
  }
}

TEST(Pickle, ManyReferencesToALongListTakeNoTime) {
  // A tuple of 50,000 items, as the arguments of 50,000 calls.
  std::string text = "\x80\x02(";
  for (int i = 0; i < 50000; ++i) {
    text += "K\x01";
  }
  text += std::string_view(
      "tq\x00"
      "0]q\x01",
      7);
  for (int i = 0; i < 50000; ++i) {
    text += std::string_view("ca\nb\nh\x00R0", 9);
  }
  text += "N.";
  reset_allocations();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(read(text).top().kind, Kind::kNone);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));  // copies would be 10 GB
  EXPECT_LE(allocations().largest, 400 * text.size());
}

TEST(Pickle, RandomBytesAreRefusedOrRead) {
  std::mt19937 random(1);
  const std::string_view operations(
      "\x80\x02}](t)\x85\x86\x87NK\x01M\x01\x02q\x01h\x01"
      "ca\nb\nRQbseu0");
  for (int i = 0; i < 20000; ++i) {
    std::string text = "\x80\x02";
    for (int j = 0; j < 60; ++j) {
      text += operations[random() % operations.size()];
    }
    reset_allocations();
    try {
      (void)read(text + ".");
    } catch (const Error& e) {
      ASSERT_EQ(e.kind(), ErrorKind::kData) << e.what();
    }
    ASSERT_LE(allocations().largest, 40000u);
  }
}

}  // namespace
}  // namespace selfsame
