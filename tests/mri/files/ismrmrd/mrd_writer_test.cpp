// SPDX-License-Identifier: Apache-2.0
#include "mri/files/ismrmrd/mrd_writer.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>

#include "mri/files/hdf5/h5_file.hpp"
#include "mri/files/hdf5/ismrmrd_header.hpp"
#include "mri/files/helper_program.hpp"
#include "tests/support/image_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

constexpr ScanInfo kScan{0.5, 0.75, 4.5, 123456789};

class MrdWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    if (mrd_helper_program().empty()) {
      GTEST_SKIP() << "built without libismrmrd";
    }
  }
  [[nodiscard]] fs::path out() const { return folder_ / "a.mrd"; }
  TemporaryFolder folder_;
};

template <typename T>
T field(const Bytes& bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// Where the image headers stand in a file of slices 3 x 5: by their first fields (version 1, float, no
/// flags, no measurement, matrix size).
std::vector<std::size_t> image_headers(const Bytes& bytes) {
  const std::uint8_t begin[] = {1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 5, 0, 1, 0};
  std::vector<std::size_t> found;
  for (auto at = bytes.begin();; ++at) {
    at = std::search(at, bytes.end(), std::begin(begin), std::end(begin));
    if (at == bytes.end()) {
      return found;
    }
    found.push_back(static_cast<std::size_t>(at - bytes.begin()));
  }
}

TEST_F(MrdWriterTest, ValuesComeBackBitForBitWithTheReadoutAsX) {
  std::vector<float> values(30);
  std::iota(values.begin(), values.end(), 0.0f);
  values[3] = std::numeric_limits<float>::infinity();
  values[7] = -0.0f;
  values[11] = std::numeric_limits<float>::denorm_min();
  write_mrd(out(), values, 2, 3, 5, kScan);
  const H5Array data = read_h5_array(out(), "dataset/image_0/data");
  EXPECT_EQ(data.shape, (std::vector<std::int64_t>{2, 1, 1, 5, 3}));
  ASSERT_EQ(data.values.size(), 30u);
  for (std::size_t i = 0; i < 30; ++i) {
    const std::size_t slice = i / 15, y = i / 3 % 5, x = i % 3;
    EXPECT_EQ(std::bit_cast<std::uint32_t>(data.values[i]),
              std::bit_cast<std::uint32_t>(values[15 * slice + 5 * x + y]))
        << i;
  }
}

// Offsets are those of ISMRMRD_ImageHeader, packed to 2 bytes.
TEST_F(MrdWriterTest, EverySliceHasItsHeader) {
  write_mrd(out(), std::vector<float>(45, 1.0f), 3, 3, 5, kScan);
  const Bytes bytes = read_bytes(out().string());
  const std::vector<std::size_t> headers = image_headers(bytes);
  ASSERT_EQ(headers.size(), 3u);
  for (std::size_t s = 0; s < 3; ++s) {
    const std::size_t at = headers[s];
    EXPECT_EQ(field<float>(bytes, at + 22), 1.5f);  // field of view: 3 of 0.5 mm
    EXPECT_EQ(field<float>(bytes, at + 26), 3.75f);
    EXPECT_EQ(field<float>(bytes, at + 30), 4.5f);
    EXPECT_EQ(field<std::uint16_t>(bytes, at + 34), 1);  // channels
    for (std::size_t k = 0; k < 15; ++k) {
      EXPECT_EQ(field<float>(bytes, at + 36 + 4 * k), 0.0f) << "position and directions are not known";
    }
    EXPECT_EQ(field<std::uint16_t>(bytes, at + 98), s);
    EXPECT_EQ(field<std::uint16_t>(bytes, at + 124), 1);      // magnitude
    EXPECT_EQ(field<std::uint16_t>(bytes, at + 126), s + 1);  // image_index
    EXPECT_EQ(field<std::uint16_t>(bytes, at + 128), 0);      // the series of image_0
  }
}

TEST_F(MrdWriterTest, TheXmlHeaderSaysWhatIsKnown) {
  const auto xml = [&](const ScanInfo& scan) {
    write_mrd(out(), std::vector<float>(30), 2, 3, 5, scan);
    return *H5File(out(), {{}, {}, {"dataset/xml"}}).text("dataset/xml");
  };
  const std::string known = xml(kScan);
  const IsmrmrdHeader header = read_ismrmrd_header(known);
  EXPECT_EQ(header.encoded_x, 3);
  EXPECT_EQ(header.encoded_y, 5);
  EXPECT_EQ(header.recon_x, 3);
  EXPECT_EQ(header.recon_y, 5);
  EXPECT_TRUE(contains(known, "<fieldOfView_mm><x>1.5</x><y>3.75</y><z>4.5</z></fieldOfView_mm>")) << known;
  EXPECT_TRUE(contains(known, "<H1resonanceFrequency_Hz>123456789<"));
  EXPECT_TRUE(contains(known, "<maximum>1</maximum>")) << "of slices";
  const std::string unknown = xml({});
  EXPECT_TRUE(contains(unknown, "<H1resonanceFrequency_Hz>0<")) << "no field strength is made up";
  EXPECT_TRUE(contains(unknown, "<fieldOfView_mm><x>0</x><y>0</y><z>0</z></fieldOfView_mm>"));
}

TEST_F(MrdWriterTest, AnOldFileIsReplacedAndNothingElseStays) {
  write_bytes(out().string(), Bytes(100000, 7));
  write_mrd(out(), std::vector<float>(6, 2.0f), 1, 2, 3);
  EXPECT_EQ(read_h5_array(out(), "dataset/image_0/data").values, std::vector<float>(6, 2.0f));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(MrdWriterTest, AFolderThatIsNotThereIsNamed) {
  const std::string text =
      message_of(ErrorKind::kIo, [&] { write_mrd(folder_ / "no/a.mrd", std::vector<float>(1), 1, 1, 1); });
  EXPECT_TRUE(contains(text, "no/a.mrd")) << text;
}

TEST_F(MrdWriterTest, TheHelperRefusesWhatItWasNotAsked) {
  const auto refusal = [](std::vector<std::string> words) {
    return ask_helper(mrd_helper_program(), {"SELFMRD1", "SELFMRE1"}, std::move(words),
                      {10, 1, std::uint64_t{1} << 30, 0})
        .refusal;
  };
  const std::string missing = (folder_ / "values").string(), x = out().string();
  EXPECT_TRUE(contains(refusal({"read", missing, x, "1", "1", "1", "0", "0", "0", "0"}), "no such request"));
  EXPECT_TRUE(contains(refusal({"write", missing, x, "1", "1", "1", "0", "0", "0"}), "no such request"));
  EXPECT_TRUE(contains(refusal({"write", missing, x, "0", "1", "1", "0", "0", "0", "0"}), "a size"));
  EXPECT_TRUE(contains(refusal({"write", missing, x, "1", "1", "65536", "0", "0", "0", "0"}), "a size"));
  EXPECT_TRUE(contains(refusal({"write", missing, x, "1", "1", "1", "-1", "0", "0", "0"}), "not a length"));
  EXPECT_TRUE(contains(refusal({"write", missing, x, "1", "1", "1", "0", "0", "0", "x"}), "not a number"));
  EXPECT_TRUE(contains(refusal({"write", missing, x, "1", "1", "1", "0", "0", "0", "0"}), "values"));
  write_bytes(missing, Bytes(7));
  EXPECT_TRUE(contains(refusal({"write", missing, x, "1", "1", "2", "0", "0", "0", "0"}), "end early"));
}

// ---- without the library

/// What writing with a helper that is a line of shell says; words 5 and 6 are its files.
struct Attempt {
  std::string error;
  Bytes left;
  std::ptrdiff_t files = 0;
};
Attempt attempt_with(const std::string& line) {
  const TemporaryFolder helpers, folder;
  write_bytes((helpers / "helper").string(), [&] {
    const std::string text = "#!/bin/sh\n" + line + "\n";
    return Bytes(text.begin(), text.end());
  }());
  ::chmod((helpers / "helper").c_str(), 0700);
  write_bytes((folder / "a.mrd").string(), Bytes{'o', 'l', 'd'});
  Attempt attempt;
  attempt.error = message_of(ErrorKind::kIo, [&] {
    write_mrd(folder / "a.mrd", std::vector<float>(6, 1.0f), 1, 2, 3, {}, helpers / "helper");
  });
  EXPECT_TRUE(attempt.error.empty() || contains(attempt.error, (folder / "a.mrd").string())) << attempt.error;
  attempt.left = read_bytes((folder / "a.mrd").string());
  attempt.files = std::distance(fs::directory_iterator(folder.path()), {});
  return attempt;
}

const std::string kDone = "printf 'SELFMRD1\\0\\0\\0\\0\\0\\0\\0\\0'";

TEST(MrdHelper, WhatFailsLeavesTheOldFileAndNoOther) {
  for (const std::string& line : std::vector<std::string>{
           "kill -SEGV $$", "exit 1", "echo garbage", "printf part > \"$6\"; kill -KILL $$",
           "printf part > \"$6\"; printf 'SELFMRE1\\012\\0\\0\\0\\0\\0\\0\\0disk\\nfull!'",
           "printf part > \"$6\"; " + kDone,                      // no HDF5 file
           "rm \"$6\"; " + kDone,                                 // no file at all
           "printf '\\211HDF\\r\\n\\032\\n' > \"$6\"; " + kDone,  // shorter than its values
       }) {
    const Attempt attempt = attempt_with(line);
    EXPECT_TRUE(contains(attempt.error, "not written as ISMRMRD")) << line << ": " << attempt.error;
    EXPECT_EQ(attempt.left, (Bytes{'o', 'l', 'd'})) << line;
    EXPECT_EQ(attempt.files, 1) << line;
    EXPECT_EQ(attempt.error.find('\n'), std::string::npos);
  }
  EXPECT_TRUE(contains(attempt_with("printf 'SELFMRE1\\002\\0\\0\\0\\0\\0\\0\\0no'").error, ": no"));
}

TEST(MrdHelper, GetsTheFloatsAndATemporaryNameBesideTheFile) {
  const Attempt attempt = attempt_with(
      "test \"$(wc -c < \"$5\")\" = 24 && test \"${6%/*}/a.mrd\" != \"$6\" && test -f \"${6%/*}/a.mrd\" && "
      "(printf '\\211HDF\\r\\n\\032\\n'; cat \"$5\") > \"$6\" && " +
      kDone);
  EXPECT_EQ(attempt.error, "");
  EXPECT_EQ(attempt.left.size(), 32u);
  EXPECT_EQ(attempt.files, 1);
}

TEST(MrdHelper, SizesAreCheckedFirst) {
  const TemporaryFolder folder;
  const auto refused = [&](std::int64_t s, std::int64_t h, std::int64_t w) {
    const std::vector<float> values(6);
    return !message_of(ErrorKind::kInternal, [&] { write_mrd(folder / "a.mrd", values, s, h, w); }).empty();
  };
  EXPECT_TRUE(refused(1, 2, 4));
  EXPECT_TRUE(refused(0, 2, 3));
  EXPECT_TRUE(refused(1, 1, 65536));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace selfsame
