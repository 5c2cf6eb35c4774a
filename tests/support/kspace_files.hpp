// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <complex>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "mri/files/kspace_file.hpp"
#include "tests/support/image_files.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame {

/// A file of tests/fixtures/kspace.
inline std::filesystem::path kspace_fixture(const std::string& name) {
  return source_root() / "tests/fixtures/kspace" / name;
}

/// A file of the real k-space data, which are not in the repository.
inline std::filesystem::path real_kspace(const std::string& name) {
  const char* data = std::getenv("SELFSAME_DATA");
  return (data != nullptr ? std::filesystem::path(data) : source_root() / "../shared/data") / "mri" / name;
}

/// The sample that make_kspace_fixtures.py stores at a place.
inline std::complex<float> stored_sample(std::int64_t s, std::int64_t c, std::int64_t y, std::int64_t x) {
  const auto value = static_cast<float>(1000 * s + 100 * c + 10 * y + x);
  return {value, -0.5f * value};
}

inline void expect_stored_samples(const KSpaceFile& file) {
  const KSpaceHeader& h = file.header();
  for (std::int64_t s = 0; s < h.slices; ++s) {
    const std::vector<std::complex<float>> slice = file.slice(s);
    ASSERT_EQ(slice.size(), static_cast<std::size_t>(h.coils * h.h * h.w));
    for (std::int64_t i = 0; i < h.coils * h.h * h.w; ++i) {
      ASSERT_EQ(slice[static_cast<std::size_t>(i)], stored_sample(s, i / (h.h * h.w), i / h.w % h.h, i % h.w))
          << file.path() << ": slice " << s << ", element " << i;
    }
  }
}

/// A copy of `bytes` with 1 to 8 changed bytes, or, once in eight, with a part of the end missing.
inline Bytes damaged(Bytes bytes, std::mt19937& random) {
  if (random() % 8 == 0) {
    bytes.resize(random() % bytes.size());
    return bytes;
  }
  for (std::uint32_t n = 1 + random() % 8; n > 0; --n) {
    bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
  }
  return bytes;
}

struct DamageCounts {
  int read = 0, refused = 0;
  int crashed = 0, endless = 0;  ///< of those refused: what the helper program of HDF5 files did
};

/// Opens `files` damaged copies of `content` under `path` and reads all of each: every one must be read or be
/// refused by an Error(kData) that names the file.
inline DamageCounts read_damaged_files(const Bytes& content, const std::string& path, int files,
                                       std::uint32_t seed) {
  std::mt19937 random(seed);
  DamageCounts counts;
  for (int i = 0; i < files; ++i) {
    write_bytes(path, damaged(content, random));
    try {
      const std::unique_ptr<KSpaceFile> file = open_kspace(path);
      for (std::int64_t s = 0; s < file->header().slices; ++s) {
        (void)file->slice(s);
        if (!file->header().reference.empty()) {
          (void)file->reference_slice(s);
        }
      }
      ++counts.read;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData) << "file " << i << ": " << error.what();
      EXPECT_TRUE(contains(error.what(), path)) << "file " << i << ": " << error.what();
      ++counts.refused;
      counts.crashed += contains(error.what(), "crashed");
      counts.endless += contains(error.what(), "no end within");
    }
  }
  return counts;
}

}  // namespace selfsame
