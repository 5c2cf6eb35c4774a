// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/claim_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <set>

#include "kernels/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kSecond = 1'000'000'000;

ClaimFile found(const fs::path& path) {
  const std::optional<ClaimFile> file = read_claim_file(path);
  EXPECT_TRUE(file) << path;
  return file.value_or(ClaimFile{});
}

std::int64_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

void set_time(const fs::path& path, std::int64_t seconds) {
  const timespec times[2] = {{.tv_sec = seconds, .tv_nsec = 0}, {.tv_sec = seconds, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST(ClaimFile, IsCreatedOnce) {
  const TemporaryFolder folder;
  const fs::path path = folder / "a.claim";
  EXPECT_FALSE(read_claim_file(path));
  EXPECT_TRUE(create_claim_file(path, "first"));
  EXPECT_FALSE(create_claim_file(path, "second"));
  EXPECT_EQ(found(path).content, "first");
  EXPECT_EQ(found(path), found(path));
}

TEST(ClaimFile, OfAnySizeIsReadToItsLimit) {
  const TemporaryFolder folder;
  std::ofstream(folder / "long") << std::string(3 * kLongestClaim, 'x');
  EXPECT_EQ(found(folder / "long").content, std::string(kLongestClaim, 'x'));
  std::ofstream(folder / "empty") << "";
  EXPECT_EQ(found(folder / "empty").content, "");
}

TEST(ClaimFile, IsRemovedIfItIsTheOneThatWasFound) {
  const TemporaryFolder folder;
  const fs::path path = folder / "a.claim";
  ASSERT_TRUE(create_claim_file(path, "x"));
  EXPECT_TRUE(remove_claim_file(path, found(path)));
  EXPECT_EQ(files_in(folder.path()), 0);
  EXPECT_FALSE(remove_claim_file(path, ClaimFile{})) << "there is none";
}

TEST(ClaimFile, OfAnotherIsPutBackUntouched) {
  const TemporaryFolder folder;
  const fs::path path = folder / "a.claim";
  ASSERT_TRUE(create_claim_file(path, "x"));
  const ClaimFile before = found(path);
  ClaimFile other_inode = before, other_time = before, other_content = before;
  other_inode.inode += 1;
  other_time.modified += 1;
  other_content.content += "y";
  for (const ClaimFile& other : {other_inode, other_time, other_content}) {
    EXPECT_FALSE(remove_claim_file(path, other));
    EXPECT_EQ(found(path), before);
    EXPECT_EQ(files_in(folder.path()), 1);
  }
}

TEST(ClaimFile, ThatWasRenewedSinceIsNotRemoved) {
  const TemporaryFolder folder;
  const fs::path path = folder / "a.claim";
  ASSERT_TRUE(create_claim_file(path, "x"));
  set_time(path, 1000);
  const ClaimFile old = found(path);
  EXPECT_EQ(old.modified, 1000 * kSecond);
  EXPECT_EQ(touch_claim_file(path, "x"), TouchResult::kTouched);
  EXPECT_FALSE(remove_claim_file(path, old));
  EXPECT_TRUE(fs::exists(path));
}

TEST(ClaimFile, IsTouchedByItsOwnerOnly) {
  const TemporaryFolder folder;
  const fs::path path = folder / "a.claim";
  EXPECT_EQ(touch_claim_file(path, "x"), TouchResult::kAbsent);
  ASSERT_TRUE(create_claim_file(path, "x"));
  set_time(path, 1000);
  EXPECT_EQ(touch_claim_file(path, "another"), TouchResult::kOther);
  EXPECT_EQ(found(path).modified, 1000 * kSecond);
  const std::int64_t before = file_system_now(folder.path());
  EXPECT_EQ(touch_claim_file(path, "x"), TouchResult::kTouched);
  EXPECT_GE(found(path).modified, before);
}

TEST(ClaimFile, TheFileSystemsClockGoesForwardAndLeavesNothingBehind) {
  const TemporaryFolder folder;
  const std::int64_t first = file_system_now(folder.path());
  ASSERT_TRUE(create_claim_file(folder / "a.claim", "x"));
  const std::int64_t second = file_system_now(folder.path());
  EXPECT_LE(first, found(folder / "a.claim").modified);
  EXPECT_LE(found(folder / "a.claim").modified, second);
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(ClaimFile, ErrorsNameThePath) {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  const fs::path below = folder / "file/a.claim";
  const auto text = [](auto f) { return error_text<Error>(f); };
  for (const std::string& message : {text([&] { static_cast<void>(create_claim_file(below, "x")); }),
                                     text([&] { static_cast<void>(read_claim_file(below)); }),
                                     text([&] { static_cast<void>(remove_claim_file(below, ClaimFile{})); }),
                                     text([&] { static_cast<void>(touch_claim_file(below, "x")); }),
                                     text([&] { static_cast<void>(file_system_now(folder / "file")); })}) {
    EXPECT_NE(message.find((folder / "file/").string()), std::string::npos) << message;
  }
}

TEST(ClaimFile, TokensDiffer) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) {
    tokens.insert(random_token());
  }
  EXPECT_EQ(tokens.size(), 100u);
  EXPECT_EQ(tokens.begin()->size(), 32u);
}

}  // namespace
}  // namespace selfsame
