// SPDX-License-Identifier: Apache-2.0
#include "mri/files/message_reader.hpp"

#include <gtest/gtest.h>

#include "mri/files/message_writer.hpp"
#include "tests/support/image_files.hpp"

namespace selfsame {
namespace {

TEST(Message, ComesBackAsItWasWritten) {
  MessageWriter out;
  out.u8(200);
  out.i64(-5);
  out.text("two words");
  out.text("");
  out.f64(-0.125);
  out.u64(~std::uint64_t{0});
  MessageReader in(out.bytes());
  EXPECT_EQ(in.u8(), 200);
  EXPECT_EQ(in.i64(), -5);
  EXPECT_EQ(in.text(9), "two words");
  EXPECT_EQ(in.text(0), "");
  EXPECT_EQ(in.f64(), -0.125);
  EXPECT_EQ(in.u64(), ~std::uint64_t{0});
  in.expect_end();
}

TEST(Message, EveryShorterOneIsRefused) {
  MessageWriter out;
  out.u8(1);
  out.text("abc");
  out.u64(7);
  for (std::size_t n = 0; n < out.bytes().size(); ++n) {
    MessageReader in(std::string_view(out.bytes()).substr(0, n));
    EXPECT_FALSE(message_of(ErrorKind::kData,
                            [&] {
                              (void)in.u8();
                              (void)in.text(3);
                              (void)in.u64();
                            })
                     .empty())
        << n;
  }
}

TEST(Message, LengthsAndRangesAreChecked) {
  MessageWriter out;
  out.u64(~std::uint64_t{0});
  out.i64(12);
  MessageReader in(out.bytes());
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)in.text(~std::uint64_t{0}); }), "a text of"));
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)in.i64_in(0, 11); }), "12"));
  EXPECT_EQ(in.left(), 0u);
  MessageWriter longer;
  longer.u8(1);
  EXPECT_TRUE(
      contains(message_of(ErrorKind::kData, [&] { MessageReader(longer.bytes()).expect_end(); }), "1 bytes"));
}

}  // namespace
}  // namespace selfsame
