// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/checkpoint_store.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <random>

#include "engine/checkpoint/exact.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"
#include "tests/support/source_tree.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

/// A checkpoint whose every value is `step`.
void save(const CheckpointStore& store, CheckpointSlot slot, std::int64_t step, std::size_t count) {
  const std::vector<float> values(count, static_cast<float>(step));
  const StoredTensor tensor = float_tensor("model.w", {static_cast<std::int64_t>(count)}, values);
  store.save(slot, std::span(&tensor, 1), {{"step", std::to_string(step)}});
}

std::int64_t step_of(const SafetensorsFile& file) { return integer_from(metadata_at(file, "step")); }

void damage(const fs::path& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-1, std::ios::end);
  file.put('\x7f');
}

TEST(CheckpointStore, KeepsTwoGenerationsOfEachSlot) {
  const TemporaryFolder folder;
  const CheckpointStore store(folder.path());
  EXPECT_FALSE(store.exists(CheckpointSlot::kLast));
  for (int step = 1; step <= 3; ++step) {
    save(store, CheckpointSlot::kLast, step, 8);
  }
  save(store, CheckpointSlot::kBest, 2, 8);
  EXPECT_EQ(step_of(store.load(CheckpointSlot::kLast).file), 3);
  EXPECT_EQ(store.load(CheckpointSlot::kLast).warning, "");
  EXPECT_EQ(step_of(SafetensorsFile::open(folder / "checkpoints/last.previous.safetensors")), 2);
  EXPECT_EQ(step_of(store.load(CheckpointSlot::kBest).file), 2);
  EXPECT_FALSE(fs::exists(store.previous_path(CheckpointSlot::kBest)));
}

TEST(CheckpointStore, FallsBackToThePreviousGenerationAndSaysWhy) {
  const TemporaryFolder folder;
  const CheckpointStore store(folder.path());
  save(store, CheckpointSlot::kLast, 1, 8);
  save(store, CheckpointSlot::kLast, 2, 8);
  damage(store.path(CheckpointSlot::kLast));
  const CheckpointStore::Loaded loaded = store.load(CheckpointSlot::kLast);
  EXPECT_EQ(step_of(loaded.file), 1);
  EXPECT_NE(loaded.warning.find("last.safetensors: the data are damaged"), std::string::npos)
      << loaded.warning;
  EXPECT_NE(loaded.warning.find("taking the previous generation"), std::string::npos) << loaded.warning;

  fs::remove(store.path(CheckpointSlot::kLast));
  EXPECT_TRUE(store.exists(CheckpointSlot::kLast));
  EXPECT_EQ(step_of(store.load(CheckpointSlot::kLast).file), 1);

  damage(store.previous_path(CheckpointSlot::kLast));
  const std::string text = error_text<Error>([&] { (void)store.load(CheckpointSlot::kLast); });
  EXPECT_NE(text.find("last.safetensors: cannot be opened"), std::string::npos) << text;
  EXPECT_NE(text.find("last.previous.safetensors: the data are damaged"), std::string::npos) << text;
}

TEST(CheckpointStore, AFailedSaveKeepsBothGenerations) {
  const TemporaryFolder folder;
  const CheckpointStore store(folder.path());
  save(store, CheckpointSlot::kLast, 1, 8);
  save(store, CheckpointSlot::kLast, 2, 8);
  const std::vector<float> values(8);
  const StoredTensor wrong = float_tensor("model.w", {9}, values);
  EXPECT_THROW(store.save(CheckpointSlot::kLast, std::span(&wrong, 1), {}), Error);
  EXPECT_EQ(step_of(store.load(CheckpointSlot::kLast).file), 2);
  EXPECT_EQ(step_of(SafetensorsFile::open(store.previous_path(CheckpointSlot::kLast))), 1);
}

TEST(CheckpointStore, AFolderThatCannotBeMadeIsAnIoError) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "x");
  EXPECT_NE(error_text<Error>([&] { CheckpointStore store(folder / "file"); }).find("cannot be created"),
            std::string::npos);
}

// A child saves in a loop and reports each finished save through a pipe; it is killed at a random moment.
TEST(CheckpointStore, AKillAtAnyMomentLosesAtMostTheSaveInProgress) {
  std::mt19937 random(7);
  int interrupted = 0;
  for (int round = 0; round < 50; ++round) {
    const TemporaryFolder folder;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      const CheckpointStore store(folder.path());
      for (std::int64_t step = 1;; ++step) {
        save(store, CheckpointSlot::kLast, step, 65536);
        if (::write(ends[1], &step, sizeof step) != sizeof step) {
          ::_exit(1);
        }
      }
    }
    ::close(ends[1]);
    std::int64_t acknowledged = 0;
    ASSERT_EQ(::read(ends[0], &acknowledged, sizeof acknowledged), static_cast<ssize_t>(sizeof acknowledged));
    ::usleep(random() % 12000);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(ends[0], &acknowledged, sizeof acknowledged) == static_cast<ssize_t>(sizeof acknowledged)) {
    }
    ::close(ends[0]);
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder / "checkpoints")) {
      interrupted += entry.path().filename().string().find(".tmp.") != std::string::npos ? 1 : 0;
    }

    const CheckpointStore store(folder.path());  // removes the temporaries of the dead child
    const CheckpointStore::Loaded loaded = store.load(CheckpointSlot::kLast);
    EXPECT_EQ(loaded.warning, "") << "with hard links the newest name always exists";
    const std::int64_t step = step_of(loaded.file);
    EXPECT_GE(step, acknowledged);
    EXPECT_LE(step, acknowledged + 1);
    std::vector<float> values(65536);
    const TensorDestination destination{"model.w", {65536}, values.data()};
    load_into(std::span(&destination, 1), loaded.file, "model.", LoadTypes::kFloat32Only);
    EXPECT_EQ(values, std::vector<float>(65536, static_cast<float>(step)));
    for (const auto& entry : fs::directory_iterator(folder / "checkpoints")) {
      EXPECT_EQ(entry.path().filename().string().find(".tmp."), std::string::npos) << entry.path();
    }
  }
  EXPECT_GT(interrupted, 0) << "no kill fell into a save: the test shows nothing";
}

TEST(LoadInto, ListsEveryMissingUnexpectedAndMismatchedNameAtOnce) {
  const TemporaryFolder folder;
  const std::vector<float> values(6, 1.0f);
  const std::vector<double> doubles(2);
  const std::vector<StoredTensor> tensors{
      float_tensor("model.a", {6}, values),
      float_tensor("model.b", {2, 3}, values),
      float_tensor("model.extra", {6}, values),
      float_tensor("optim.a", {6}, values),
      {"model.d", FileDType::kF64, {2}, std::as_bytes(std::span(doubles))}};
  write_safetensors(folder / "f", tensors, {});
  const SafetensorsFile file = SafetensorsFile::open(folder / "f");
  std::vector<float> a(6), b(6), c(3), d(2);
  const std::vector<TensorDestination> destinations{{"model.a", {6}, a.data()},
                                                    {"model.b", {3, 2}, b.data()},
                                                    {"model.c", {3}, c.data()},
                                                    {"model.d", {2}, d.data()}};
  const std::string text =
      error_text<Error>([&] { load_into(destinations, file, "model.", LoadTypes::kFloat32Only); });
  for (const char* part : {"missing (1):\n    model.c (3)", "unexpected (1):\n    model.extra (6)",
                           "mismatched (2):", "model.b: expected (3, 2) F32, found (2, 3) F32",
                           "model.d: expected (2) F32, found (2) F64"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  EXPECT_EQ(text.find("optim.a"), std::string::npos);
  EXPECT_EQ(a, std::vector<float>(6)) << "copied in spite of the error";
}

TEST(LoadInto, ConvertsOtherFloatingTypesWhenAsked) {
  const SafetensorsFile file =
      SafetensorsFile::open(source_root() / "tests/fixtures/safetensors_python.safetensors");
  for (const char* name : {"half", "brain", "double"}) {
    const std::vector<std::int64_t> shape = file.at(name).shape;
    std::vector<float> values(static_cast<std::size_t>(shape[0]), 9.0f);
    const TensorDestination destination{name, shape, values.data()};
    EXPECT_THROW(load_into(std::span(&destination, 1), file, name, LoadTypes::kFloat32Only), Error) << name;
    load_into(std::span(&destination, 1), file, name, LoadTypes::kAnyFloating);
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(values[i], static_cast<float>(i) * 0.25f - 1.0f) << name;
    }
  }
}

TEST(LoadInto, ConvertsEveryHalfExactly) {
  const TemporaryFolder folder;
  std::vector<std::uint16_t> bits(65536);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    bits[i] = static_cast<std::uint16_t>(i);
  }
  const StoredTensor tensor{"h", FileDType::kF16, {65536}, std::as_bytes(std::span(bits))};
  write_safetensors(folder / "f", std::span(&tensor, 1), {});
  std::vector<float> values(65536);
  const TensorDestination destination{"h", {65536}, values.data()};
  load_into(std::span(&destination, 1), SafetensorsFile::open(folder / "f"), "", LoadTypes::kAnyFloating);
  for (int i = 0; i < 65536; ++i) {  // the definition of binary16
    const int exponent = i >> 10 & 31, fraction = i & 1023;
    const double magnitude = exponent == 31  ? (fraction == 0 ? INFINITY : NAN)
                             : exponent == 0 ? std::ldexp(fraction, -24)
                                             : std::ldexp(1024 + fraction, exponent - 25);
    const double expected = i >> 15 != 0 ? -magnitude : magnitude;
    const auto found = static_cast<double>(values[static_cast<std::size_t>(i)]);
    ASSERT_TRUE(found == expected || (std::isnan(found) && std::isnan(expected))) << i;
    ASSERT_EQ(std::signbit(found), i >> 15 != 0 ? true : std::signbit(expected)) << i;
  }
}

}  // namespace
}  // namespace selfsame
