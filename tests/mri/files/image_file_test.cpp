// SPDX-License-Identifier: Apache-2.0
#include "mri/files/image_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "kernels/device/philox.hpp"
#include "mri/files/png_file.hpp"
#include "tests/support/allocation_probe.hpp"
#include "tests/support/image_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

TEST(ImageFile, FormatIsToldByContentNotByName) {
  const TemporaryFolder folder;
  const std::string path = folder / "x.txt";
  for (const auto& [name, format] : {std::pair{"gray8.png", ImageFormat::kPng},
                                     {"rgb.jpg", ImageFormat::kJpeg},
                                     {"u1.npy", ImageFormat::kNpy}}) {
    write_bytes(path, read_bytes(image_fixture(name)));
    EXPECT_EQ(detect_format(InputFile(path)), format);
    EXPECT_GT(read_image(path, 0, PixelScale::kUnit).count(), 0);
    EXPECT_GT(probe_image(path).height, 0);
  }
}

TEST(ImageFile, UnknownAndEmptyFilesAreRefusedByName) {
  const TemporaryFolder folder;
  const std::string path = folder / "x.png";
  for (const Bytes& bytes : {Bytes{}, Bytes{1}, Bytes(100, 7), Bytes{'B', 'M', 0, 0}}) {
    write_bytes(path, bytes);
    EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)probe_image(path); }), path));
    EXPECT_TRUE(
        contains(message_of(ErrorKind::kData, [&] { (void)read_image(path, 0, PixelScale::kRaw); }), path));
  }
}

// Changes 1 to 8 bytes, or cuts the end off, or inserts 1 to 8 bytes, or does two of these.
Bytes mutate(const Bytes& original, std::uint32_t number) {
  const RandomStream random(2024, RandomPurpose::kTest, number, 0);
  std::uint64_t draw = 0;
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random.below(draw++, n)); };
  const auto byte = [&] { return static_cast<std::uint8_t>(below(256)); };
  // Half of the changes go to the headers, where a change can do more.
  const auto place = [&](const Bytes& bytes) {
    return below(below(2) == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 160));
  };
  Bytes bytes = original;
  const std::size_t rounds = 1 + below(4) / 3;
  for (std::size_t round = 0; round < rounds && !bytes.empty(); ++round) {
    const std::size_t kind = below(8), count = 1 + below(8);
    if (kind == 0) {
      bytes.resize(below(bytes.size()));
    } else if (kind <= 2) {
      const std::size_t at = place(bytes);
      for (std::size_t k = 0; k < count; ++k) {
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), byte());
      }
    } else {
      for (std::size_t k = 0; k < count; ++k) {
        const std::size_t at = place(bytes);
        bytes[at] = below(2) == 0 ? byte() : static_cast<std::uint8_t>(bytes[at] ^ (1u << below(8)));
      }
    }
  }
  return bytes;
}

struct Outcome {
  int refused = 0, accepted = 0;
};

// Every mutant is either read as an image or refused with Error(kData) and its path, at once and in little
// memory.
Outcome read_mutants(const std::vector<std::string>& originals, std::uint32_t each, std::size_t memory) {
  const TemporaryFolder folder;
  const std::string path = folder / "mutant";
  Outcome outcome;
  std::uint32_t number = 0;
  for (const std::string& original : originals) {
    const Bytes whole = read_bytes(original);
    for (std::uint32_t i = 0; i < each; ++i, ++number) {
      write_bytes(path, mutate(whole, number));
      reset_allocations();
      const auto start = std::chrono::steady_clock::now();
      const std::string message = message_of(ErrorKind::kData, [&] {
        const Image image = read_image(path, 0, PixelScale::kUnit);
        EXPECT_EQ(image.pixels.size(), static_cast<std::size_t>(image.count()));
      });
      EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5))
          << original << ' ' << number;
      EXPECT_LE(allocations().largest, memory) << original << ' ' << number;
      EXPECT_TRUE(message.empty() || message.starts_with(path + ":"))
          << original << ' ' << number << ' ' << message;
      ++(message.empty() ? outcome.accepted : outcome.refused);
    }
  }
  testing::Test::RecordProperty("refused", outcome.refused);
  testing::Test::RecordProperty("accepted", outcome.accepted);
  return outcome;
}

TEST(ImageFile, DamagedPngFilesAreRefused) {
  const TemporaryFolder folder;
  write_png(folder / "written8.png", pattern_image(3, 40, 50), 8);
  write_png(folder / "written16.png", pattern_image(1, 40, 50), 16);
  // The originals have less than 5 KB and a row filter byte each 24 pixels or more: a mutant can claim 1032
  // times that.
  const Outcome outcome =
      read_mutants({folder / "written8.png", folder / "written16.png", image_fixture("gray8.png"),
                    image_fixture("palette.png"), image_fixture("gray16.png"), image_fixture("rgba8.png")},
                   300, 64u << 20);
  // Checksums cover every byte but those after the end.
  EXPECT_EQ(outcome.refused + outcome.accepted, 1800);
  EXPECT_GE(outcome.refused, 1780) << outcome.accepted << " accepted";
}

TEST(ImageFile, DamagedJpegFilesAreRefusedOrRead) {
  const TemporaryFolder folder;
  write_test_jpeg(folder / "gray", pattern_image(1, 40, 50), 80, false);
  write_test_jpeg(folder / "color", pattern_image(3, 40, 50), 60, true);
  const Outcome outcome = read_mutants({folder / "gray", folder / "color", image_fixture("rgb.jpg"),
                                        image_fixture("rgb_progressive.jpg"), image_fixture("gray.jpg")},
                                       300, 64u << 20);
  // JPEG has no checksums: a change of a coefficient is another picture. Cuts alone make an eighth of the
  // mutants.
  EXPECT_EQ(outcome.refused + outcome.accepted, 1500);
  EXPECT_GE(outcome.refused, 150);
}

TEST(ImageFile, DamagedNpyFilesAreRefusedOrRead) {
  const Outcome outcome =
      read_mutants({image_fixture("u1.npy"), image_fixture("le_f4.npy"), image_fixture("be_f8.npy"),
                    image_fixture("fortran.npy"), image_fixture("version2.npy")},
                   300, 64u << 20);
  EXPECT_EQ(outcome.refused + outcome.accepted, 1500);
  // A file of the wrong size is always refused: cuts and insertions are three eighths of the mutants.
  EXPECT_GE(outcome.refused, 500);
}

}  // namespace
}  // namespace selfsame
