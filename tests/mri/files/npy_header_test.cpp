// SPDX-License-Identifier: Apache-2.0
#include "mri/files/npy_header.hpp"

#include <gtest/gtest.h>

#include "tests/support/image_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

// A version 1.0 file with this dictionary and so many bytes of data.
Bytes file_with(const std::string& text, std::size_t data_bytes) {
  std::string file = "\x93NUMPY";
  file += {1, 0, static_cast<char>(text.size() & 255), static_cast<char>(text.size() >> 8)};
  file += text + std::string(data_bytes, '\0');
  return Bytes(file.begin(), file.end());
}

class NpyHeaderTest : public testing::Test {
 protected:
  NpyHeader parse(const std::string& text, std::size_t data_bytes) {
    write_bytes(path_, file_with(text, data_bytes));
    return read_npy_header(InputFile(path_));
  }
  std::string refusal(const std::string& text, std::size_t data_bytes) {
    const std::string message = message_of(ErrorKind::kData, [&] { (void)parse(text, data_bytes); });
    EXPECT_TRUE(message.empty() || contains(message, path_)) << message;
    return message;
  }
  TemporaryFolder folder_;
  std::string path_ = folder_ / "x.npy";
};

TEST_F(NpyHeaderTest, AcceptsTheFormsThatNumpyWrites) {
  const NpyHeader a = parse("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n", 24);
  EXPECT_EQ(a.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_FALSE(a.fortran_order);
  const NpyHeader b = parse("{\"shape\":(5,),\"fortran_order\":True,\"descr\":\">c16\"}\n", 80);
  EXPECT_TRUE(b.fortran_order);
  EXPECT_TRUE(b.big_endian);
  EXPECT_EQ(b.type, NpyType::kC16);
  EXPECT_EQ(parse("{'descr': '|u1', 'fortran_order': False, 'shape': (), }\n", 1).elements, 1);
  EXPECT_EQ(parse("{'descr': '|u1', 'fortran_order': False, 'shape': (3L, 2L), }\n", 6).elements, 6);
  EXPECT_EQ(parse("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 0), }\n", 0).elements, 0);
}

TEST_F(NpyHeaderTest, RefusesEverythingElse) {
  for (const char* text : {"",
                           "{}",
                           "{'descr': '<f4'}",
                           "{'descr': '<f4', 'fortran_order': False}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
                           "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
                           "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (1)}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': [1]}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
                           "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
                           "{'descr': '|f4', 'fortran_order': False, 'shape': (1,)}",
                           "{'descr': 'f4', 'fortran_order': False, 'shape': (1,)}",
                           "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
                           "{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}",
                           "{'descr': '', 'fortran_order': False, 'shape': (1,)}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
                           "{'descr' '<f4'}"}) {
    EXPECT_FALSE(refusal(text, 4).empty()) << text;
  }
}

TEST_F(NpyHeaderTest, RefusesSizesThatOverflowOrDisagreeWithTheFile) {
  for (const char* shape : {"(2,)", "(0,)", "(4294967296, 4294967296)", "(18446744073709551617,)",
                            "(4611686018427387905,)", "(4611686018427387904,)", "(9223372036854775807, 2)"}) {
    EXPECT_FALSE(
        refusal(std::string("{'descr': '<f4', 'fortran_order': False, 'shape': ") + shape + "}", 4).empty())
        << shape;
  }
  std::string many = "(";
  for (int i = 0; i < 33; ++i) {
    many += "1,";
  }
  EXPECT_FALSE(refusal("{'descr': '<f4', 'fortran_order': False, 'shape': " + many + ")}", 4).empty());
}

TEST_F(NpyHeaderTest, RefusesOtherVersionsAndHeadersLongerThanTheFile) {
  const Bytes good = file_with("{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", 1);
  for (const auto& [at, value] : {std::pair{6, 3}, {6, 0}, {7, 1}, {9, 255}, {0, 0x92}}) {
    Bytes bytes = good;
    bytes[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(value);
    write_bytes(path_, bytes);
    EXPECT_TRUE(
        contains(message_of(ErrorKind::kData, [&] { (void)read_npy_header(InputFile(path_)); }), path_));
  }
}

TEST_F(NpyHeaderTest, WrittenHeadersAreAlignedAndReadBack) {
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{}, {7}, {1, 2, 3}, {12345, 1}, {11, 2, 33, 4, 5}}) {
    const std::string text = npy_header_text(NpyType::kU1, shape);
    EXPECT_EQ(text.size() % 64, 0u);
    std::size_t elements = 1;
    for (const std::int64_t d : shape) {
      elements *= static_cast<std::size_t>(d);
    }
    const std::string file = text + std::string(elements, '\0');
    write_bytes(path_, Bytes(file.begin(), file.end()));
    const NpyHeader header = read_npy_header(InputFile(path_));
    EXPECT_EQ(header.shape, shape);
    EXPECT_EQ(header.data_offset, text.size());
  }
}

}  // namespace
}  // namespace selfsame
