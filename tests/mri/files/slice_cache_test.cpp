// SPDX-License-Identifier: Apache-2.0
#include "mri/files/slice_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <tuple>

#include "mri/files/hdf5/h5_file.hpp"
#include "tests/support/kspace_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

/// A source with a reference needs libhdf5; the rest is tested with an array too.
class SliceCacheTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (h5_helper_program().empty() && std::string(GetParam()).ends_with(".h5")) {
      GTEST_SKIP() << "built without libhdf5";
    }
    fs::copy(kspace_fixture(GetParam()), source_);
  }
  [[nodiscard]] std::unique_ptr<KSpaceFile> open() const { return open_cached_kspace(source_, cache_); }

  void expect_same(const KSpaceFile& file) const {
    const auto direct = open_kspace(kspace_fixture(GetParam()));
    const KSpaceHeader &a = file.header(), &b = direct->header();
    EXPECT_EQ(file.path(), source_);
    EXPECT_EQ(
        std::tie(a.slices, a.coils, a.h, a.w, a.recon_h, a.recon_w, a.padding_left, a.padding_right, a.mask,
                 a.reference, a.max, a.acquisition, a.patient_id, a.acceleration, a.num_low_frequency),
        std::tie(b.slices, b.coils, b.h, b.w, b.recon_h, b.recon_w, b.padding_left, b.padding_right, b.mask,
                 b.reference, b.max, b.acquisition, b.patient_id, b.acceleration, b.num_low_frequency));
    for (std::int64_t s = 0; s < b.slices; ++s) {
      EXPECT_EQ(file.slice(s), direct->slice(s));
      if (!b.reference.empty()) {
        EXPECT_EQ(file.reference_slice(s), direct->reference_slice(s));
      }
    }
    EXPECT_FALSE(message_of(ErrorKind::kData, [&] { (void)file.slice(b.slices); }).empty());
  }

  TemporaryFolder folder_;
  fs::path source_ = folder_ / (std::string("source") + fs::path(GetParam()).extension().string());
  fs::path cache_ = folder_ / "cache", file_ = slice_cache_path(source_, cache_);
};

TEST_P(SliceCacheTest, IsTheSourceAndIsBuiltOnce) {
  expect_same(*open());
  ASSERT_TRUE(fs::exists(file_));
  const auto written = fs::last_write_time(file_);
  // With the content gone and its size and time kept, only the cache can answer.
  const auto changed = fs::last_write_time(source_);
  write_bytes(source_, Bytes(fs::file_size(source_), 0));
  fs::last_write_time(source_, changed);
  expect_same(*open());
  EXPECT_EQ(fs::last_write_time(file_), written);
}

TEST_P(SliceCacheTest, AChangedSourceIsReadAgain) {
  (void)open();
  const Bytes before = read_bytes(file_);
  fs::last_write_time(source_, fs::last_write_time(source_) + std::chrono::seconds(1));
  expect_same(*open());
  EXPECT_NE(read_bytes(file_), before) << "the new time is in it";
  fs::rename(source_, folder_ / "moved");
  EXPECT_TRUE(contains(message_of(ErrorKind::kData, [&] { (void)open(); }), source_.string()));
}

TEST_P(SliceCacheTest, EveryDamageIsRepaired) {
  (void)open();
  const Bytes good = read_bytes(file_);
  std::mt19937 random(6);
  for (int i = 0; i < 60; ++i) {
    // Whole file, its table at the end, one byte more.
    Bytes bad = i % 3 == 0 ? damaged(good, random) : good;
    if (i % 3 == 1) {
      bad[bad.size() - 1 - random() % 200] ^= static_cast<std::uint8_t>(1u << random() % 8);
    } else if (i % 3 == 2) {
      bad.insert(bad.begin() + static_cast<std::ptrdiff_t>(random() % bad.size()), 0);
    }
    write_bytes(file_, bad);
    expect_same(*open());
    EXPECT_EQ(read_bytes(file_), good) << i;
  }
}

TEST_P(SliceCacheTest, DamageWhileItIsInUseIsRepairedByAllThreads) {
  const auto file = open();
  const auto expected = file->slice(1);
  for (int i = 0; i < 10; ++i) {
    Bytes bad = read_bytes(file_);
    bad[64 + static_cast<std::size_t>(i)] ^= 1;
    bad[bad.size() / 2] ^= 1;
    write_bytes(file_, bad);
    std::vector<std::thread> threads;
    std::vector<int> right(4, 0);
    for (int& result : right) {
      threads.emplace_back([&] { result = file->slice(1) == expected && !file->slice(0).empty(); });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    EXPECT_EQ(right, std::vector<int>(4, 1));
  }
  fs::remove(file_);
  expect_same(*file);
}

TEST_P(SliceCacheTest, ASourceThatChangedMeanwhileIsAnError) {
  const auto file = open();
  fs::remove(file_);
  Bytes other = read_bytes(source_);
  // Other samples, or nothing that libhdf5 can read.
  std::fill(source_.extension() == ".h5" ? other.begin() : other.end() - 300, other.end(), 0);
  write_bytes(source_, other);
  const std::string message = message_of(ErrorKind::kData, [&] {
    for (std::int64_t s = 0; s < file->header().slices; ++s) {
      (void)file->slice(s);
    }
  });
  EXPECT_TRUE(contains(message, source_.string())) << message;
}

INSTANTIATE_TEST_SUITE_P(Sources, SliceCacheTest,
                         testing::Values("multi.h5", "single.h5", "slices.npy", "slices.ra"),
                         [](const auto& source) {
                           std::string name = source.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(SliceCache, NotesTheChangeOfEitherFileOfAPair) {
  const TemporaryFolder folder;
  for (const char* name : {"phantom.cfl", "phantom.hdr"}) {
    fs::copy(kspace_fixture(name), folder / name);
  }
  const auto file = open_cached_kspace(folder / "phantom.hdr", folder / "cache");
  EXPECT_EQ(file->path(), folder / "phantom.cfl");
  EXPECT_EQ(file->slice(0), open_kspace(folder / "phantom.cfl")->slice(0));
  const std::string header = "# Dimensions\n8 6 1 2 \n";
  write_bytes(folder / "phantom.hdr", Bytes(header.begin(), header.end()));
  EXPECT_EQ(open_cached_kspace(folder / "phantom.hdr", folder / "cache")->header().h, 8);
}

TEST(SliceCache, SourcesOfOneNameHaveFilesOfTheirOwn) {
  EXPECT_NE(slice_cache_path("/a/x.h5", "/c"), slice_cache_path("/b/x.h5", "/c"));
  EXPECT_EQ(slice_cache_path("/a/../b/x.h5", "/c"), slice_cache_path("/b/x.h5", "/c"));
  EXPECT_EQ(slice_cache_path("/b/x.h5", "/c").parent_path(), "/c");
  const TemporaryFolder folder;
  write_bytes(folder / "file", {});
  EXPECT_TRUE(contains(
      message_of(ErrorKind::kIo,
                 [&] { (void)open_cached_kspace(kspace_fixture("slices.npy"), folder / "file/cache"); }),
      "file/cache"));
}

}  // namespace
}  // namespace selfsame
