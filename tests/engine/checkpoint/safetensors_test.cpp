// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/safetensors.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
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

std::vector<double> ramp(std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<double>(i) * 0.25 - 1.0;
  }
  return values;
}

std::vector<float> float_ramp(std::size_t count) {
  const std::vector<double> values = ramp(count);
  return {values.begin(), values.end()};
}

/// The tensors of the fixture that Python reads (tests/fixtures/make_safetensors.py).
struct Example {
  std::vector<float> weight = float_ramp(54), bias = float_ramp(2);
  std::vector<double> doubles = ramp(3);
  std::int64_t count = -7;
  std::array<std::uint8_t, 3> flags{1, 0, 1};
  Metadata metadata{{"note", "caf\xC3\xA9 \"quoted\" \n"}, {"best", to_exact(0.1)}};

  [[nodiscard]] std::vector<StoredTensor> tensors() const {
    return {{"flags", FileDType::kBool, {3}, std::as_bytes(std::span(flags))},
            float_tensor("model.conv.weight", {2, 3, 3, 3}, weight),
            float_tensor("model.conv.bias", {2}, bias),
            {"model.empty", FileDType::kF32, {0, 3}, {}},
            {"optim.double", FileDType::kF64, {3}, std::as_bytes(std::span(doubles))},
            {"optim.count", FileDType::kI64, {}, std::as_bytes(std::span(&count, 1))}};
  }
};

template <typename T>
T value_at(const StoredTensor& tensor, std::size_t i) {
  T value;
  std::memcpy(&value, tensor.bytes.data() + i * sizeof(T), sizeof(T));
  return value;
}

/// A new file each time: file systems flush a file that is truncated and written again.
void put(const fs::path& path, std::string_view bytes) {
  fs::remove(path);
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::uint64_t header_bytes(const std::string& file) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, file.data(), 8);
  return bytes;
}

/// Empty if the file is refused with Error(kData) naming the path; else what happened instead.
std::string refusal_problem(const fs::path& path) {
  try {
    (void)SafetensorsFile::open(path);
  } catch (const Error& e) {
    const std::string text = e.what();
    return e.kind() == ErrorKind::kData && text.find(path.string()) != std::string::npos ? ""
                                                                                         : "threw: " + text;
  }
  return "accepted";
}

TEST(Safetensors, ReadsBackWhatItWrote) {
  const TemporaryFolder folder;
  const Example example;
  write_safetensors(folder / "a", example.tensors(), example.metadata);
  const SafetensorsFile file = SafetensorsFile::open(folder / "a");
  EXPECT_EQ(file.tensors().size(), 6u);
  for (const StoredTensor& t : example.tensors()) {
    const StoredTensor* found = file.find(t.name);
    ASSERT_NE(found, nullptr) << t.name;
    EXPECT_EQ(found->dtype, t.dtype);
    EXPECT_EQ(found->shape, t.shape);
    EXPECT_TRUE(std::equal(found->bytes.begin(), found->bytes.end(), t.bytes.begin(), t.bytes.end()))
        << t.name;
  }
  EXPECT_EQ(file.metadata().at("note"), example.metadata.at("note"));
  EXPECT_EQ(from_exact(file.metadata().at("best")), 0.1);
  EXPECT_EQ(file.find("absent"), nullptr);
  EXPECT_NE(error_text<Error>([&] { (void)file.at("absent"); }).find("'absent'"), std::string::npos);
  EXPECT_EQ(hash_of(file.tensors()), hash_of(example.tensors()));
}

TEST(Safetensors, LaysTensorsOutByElementSizeAndNameOnAlignedBytes) {
  const TemporaryFolder folder;
  const Example example;
  write_safetensors(folder / "a", example.tensors(), example.metadata);
  EXPECT_EQ((8 + header_bytes(read_file(folder / "a", 1 << 20))) % 64, 0u);
  const SafetensorsFile file = SafetensorsFile::open(folder / "a");
  const std::vector<std::string> expected{"optim.count",       "optim.double", "model.conv.bias",
                                          "model.conv.weight", "model.empty",  "flags"};
  EXPECT_EQ(file.names(), expected);
  for (const StoredTensor& t : file.tensors()) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(t.bytes.data()) % size_of(t.dtype), 0u) << t.name;
  }
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file.tensors()[0].bytes.data()) % 64, 0u);
}

TEST(Safetensors, ReadsAFileOfPythonsLibrary) {
  const SafetensorsFile file =
      SafetensorsFile::open(source_root() / "tests/fixtures/safetensors_python.safetensors");
  EXPECT_EQ(file.tensors().size(), 9u);
  EXPECT_EQ(file.at("conv.weight").shape, (std::vector<std::int64_t>{2, 3, 3, 3}));
  for (std::size_t i = 0; i < 54; ++i) {
    EXPECT_EQ(value_at<float>(file.at("conv.weight"), i), float_ramp(54)[i]);
  }
  EXPECT_EQ(value_at<double>(file.at("double"), 4), 0.0);
  EXPECT_EQ(value_at<std::int64_t>(file.at("count"), 0), -7);
  EXPECT_TRUE(file.at("count").shape.empty());
  EXPECT_EQ(file.at("half").dtype, FileDType::kF16);
  EXPECT_EQ(file.at("brain").dtype, FileDType::kBF16);
  EXPECT_EQ(value_at<std::uint8_t>(file.at("bytes"), 4), 4);
  EXPECT_EQ(file.at("flags").dtype, FileDType::kBool);
  EXPECT_EQ(file.at("empty").bytes.size(), 0u);
  EXPECT_EQ(file.metadata().at("note"), "caf\xC3\xA9 \"quoted\"");
}

// The stored file was read by Python's safetensors (tests/fixtures/make_safetensors.py). To renew it after a
// change of the format, set SELFSAME_RENEW_FIXTURES=1, run this test and then the script.
TEST(Safetensors, WritesTheBytesThatPythonReads) {
  const fs::path stored = source_root() / "tests/fixtures/safetensors_selfsame.safetensors";
  const TemporaryFolder folder;
  const Example example;
  write_safetensors(folder / "a", example.tensors(), example.metadata);
  if (std::getenv("SELFSAME_RENEW_FIXTURES") != nullptr) {
    fs::copy_file(folder / "a", stored, fs::copy_options::overwrite_existing);
  }
  EXPECT_EQ(read_file(folder / "a", 1 << 20), read_file(stored, 1 << 20));
}

TEST(Safetensors, RefusesEveryMutationOfTheHeader) {
  const TemporaryFolder folder;
  const Example example;
  write_safetensors(folder / "a", example.tensors(), example.metadata);
  const std::string good = read_file(folder / "a", 1 << 20);
  const std::size_t end = 8 + static_cast<std::size_t>(header_bytes(good));
  const fs::path path = folder / "mutated";
  int tried = 0;
  for (std::size_t bit = 0; bit < 8 * end; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    put(path, bad);
    ASSERT_EQ(refusal_problem(path), "") << "bit " << bit;
    ++tried;
  }
  std::mt19937 random(3);
  for (int i = 0; i < 1000; ++i) {
    std::string bad = good;
    const int edits = 1 + static_cast<int>(random() % 4);
    for (int k = 0; k < edits; ++k) {
      const std::size_t at = random() % end;
      switch (random() % 4) {
        case 0:
          bad[at] = static_cast<char>(random());
          break;
        case 1:
          bad.erase(at, 1 + random() % 8);
          break;
        case 2:
          bad.insert(at, 1 + random() % 8, "{}[]\",:09-e. "[random() % 13]);
          break;
        default:
          bad.replace(at, 8, good, 8 + random() % (end - 16), 8);
      }
    }
    if (bad != good) {
      put(path, bad);
      ASSERT_EQ(refusal_problem(path), "") << "mutation " << i;
      ++tried;
    }
  }
  EXPECT_GE(tried, 1000);
}

TEST(Safetensors, RefusesEveryMutationOfTheData) {
  const TemporaryFolder folder;
  const Example example;
  write_safetensors(folder / "a", example.tensors(), example.metadata);
  const std::string good = read_file(folder / "a", 1 << 20);
  const std::size_t begin = 8 + static_cast<std::size_t>(header_bytes(good));
  const fs::path path = folder / "mutated";
  for (std::size_t bit = 8 * begin; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    put(path, bad);
    ASSERT_EQ(refusal_problem(path), "") << "bit " << bit;
  }
  EXPECT_GE(8 * (good.size() - begin), 1000u);
}

TEST(Safetensors, RefusesTruncationAtEveryByteAndATail) {
  const TemporaryFolder folder;
  const Example example;
  write_safetensors(folder / "a", example.tensors(), example.metadata);
  const std::string good = read_file(folder / "a", 1 << 20);
  const fs::path path = folder / "mutated";
  for (std::size_t bytes = 0; bytes < good.size(); ++bytes) {
    put(path, std::string_view(good).substr(0, bytes));
    ASSERT_EQ(refusal_problem(path), "") << bytes;
  }
  put(path, good + '\0');
  EXPECT_EQ(refusal_problem(path), "");
}

TEST(Safetensors, RefusesWhatIsNoFile) {
  const TemporaryFolder folder;
  EXPECT_EQ(refusal_problem(folder / "absent"), "");
  EXPECT_EQ(refusal_problem(folder.path()), "");
}

TEST(Safetensors, TheWriterRefusesWhatTheReaderWould) {
  const TemporaryFolder folder;
  const std::vector<float> values(4);
  const auto refused = [&](const StoredTensor& t) {
    return !error_text<Error>([&] { write_safetensors(folder / "a", std::span(&t, 1), {}); }).empty();
  };
  EXPECT_FALSE(refused(float_tensor("a", {2, 2}, values)));
  EXPECT_TRUE(refused(float_tensor("a", {5}, values)));
  EXPECT_TRUE(refused(float_tensor("a", {-2, -2}, values)));
  EXPECT_TRUE(refused(float_tensor("a", {1, 1, 1, 1, 1, 1, 1, 1, 4}, values)));
  EXPECT_TRUE(refused(float_tensor(std::string(513, 'a'), {4}, values)));
  EXPECT_TRUE(refused(float_tensor("\xFF", {4}, values)));
  EXPECT_TRUE(refused(float_tensor("__metadata__", {4}, values)));
  const std::vector<StoredTensor> twice(2, float_tensor("a", {4}, values));
  EXPECT_THROW(write_safetensors(folder / "a", twice, {}), Error);
  EXPECT_THROW(write_safetensors(folder / "a", {}, {{"xxh3_128", "0"}}), Error);
  EXPECT_EQ(SafetensorsFile::open(folder / "a").tensors().size(), 1u) << "a refused write replaced the file";
}

TEST(Safetensors, HashDependsOnEveryPartAndNotOnTheOrder) {
  const Example example;
  std::vector<StoredTensor> tensors = example.tensors();
  const std::string hash = hash_of(tensors);
  std::swap(tensors[0], tensors[4]);
  EXPECT_EQ(hash_of(tensors), hash);
  std::vector<std::string> others{hash};
  const auto differs = [&](const std::vector<StoredTensor>& changed) {
    const std::string other = hash_of(changed);
    for (const std::string& seen : others) {
      EXPECT_NE(seen, other);
    }
    others.push_back(other);
  };
  auto changed = tensors;
  changed[1].name = "model.conv.weighs";
  differs(changed);
  changed = tensors;
  changed[1].shape = {2, 27};
  differs(changed);
  changed = tensors;
  changed[1].dtype = FileDType::kI32;
  differs(changed);
  changed = tensors;
  std::vector<float> values = example.weight;
  values[53] = std::nextafter(values[53], 100.0f);
  changed[1].bytes = std::as_bytes(std::span(values));
  differs(changed);
  changed.pop_back();
  differs(changed);
}

}  // namespace
}  // namespace selfsame
