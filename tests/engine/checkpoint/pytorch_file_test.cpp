// SPDX-License-Identifier: Apache-2.0
// Files of torch.save (tests/fixtures/make_pytorch_files.py), and fifteen hundred damaged ones of each
// format.
#include "engine/checkpoint/pytorch_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

#include "kernels/base/error.hpp"
#include "tests/support/allocation_probe.hpp"
#include "tests/support/source_tree.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;

fs::path fixture(const std::string& name) { return source_root() / "tests/fixtures" / name; }

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put(const fs::path& path, std::string_view bytes) {
  fs::remove(path);
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

template <typename T>
std::vector<double> values(const StoredTensor& t) {
  std::vector<double> all;
  for (std::size_t i = 0; i < t.bytes.size() / sizeof(T); ++i) {
    T v;
    std::memcpy(&v, t.bytes.data() + i * sizeof(T), sizeof(T));
    all.push_back(static_cast<double>(v));
  }
  return all;
}

std::vector<double> ramp(std::initializer_list<int> at) {
  std::vector<double> all;
  for (const int i : at) {
    all.push_back(i * 0.25 - 1.0);
  }
  return all;
}

class PyTorchState : public testing::TestWithParam<const char*> {};

TEST_P(PyTorchState, HasTheTensorsThatWereSaved) {
  ASSERT_TRUE(is_pytorch_file(fixture(GetParam())));
  const SafetensorsFile f = open_weights_file(fixture(GetParam()));
  EXPECT_EQ(f.tensors().size(), 12u);
  const StoredTensor& weight = f.at("conv.weight");
  EXPECT_EQ(weight.shape, (std::vector<std::int64_t>{2, 3, 3, 3}));
  EXPECT_EQ(weight.dtype, FileDType::kF32);
  EXPECT_EQ(values<float>(weight)[53], 53 * 0.25 - 1.0);
  EXPECT_EQ(values<float>(f.at("conv.bias")), ramp({0, 1}));
  EXPECT_EQ(values<double>(f.at("double")), ramp({0, 1, 2, 3, 4}));
  EXPECT_EQ(f.at("half").dtype, FileDType::kF16);
  EXPECT_EQ(values<std::uint16_t>(f.at("half"))[1], 0xba00);  // -0.75
  EXPECT_EQ(f.at("brain").dtype, FileDType::kBF16);
  EXPECT_EQ(values<std::uint16_t>(f.at("brain"))[1], 0xbf40);
  EXPECT_TRUE(f.at("count").shape.empty());
  EXPECT_EQ(values<std::int64_t>(f.at("count")), std::vector<double>{-7});
  EXPECT_EQ(values<std::uint8_t>(f.at("bytes")), (std::vector<double>{0, 1, 2, 3, 4}));
  EXPECT_EQ(values<std::uint8_t>(f.at("flags")), (std::vector<double>{1, 0, 1}));
  EXPECT_EQ(f.at("empty").shape, (std::vector<std::int64_t>{0, 4}));
  EXPECT_TRUE(f.at("empty").bytes.empty());
  EXPECT_EQ(f.at("transposed").shape, (std::vector<std::int64_t>{4, 3}));
  EXPECT_EQ(values<float>(f.at("transposed")), ramp({0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
  EXPECT_EQ(values<float>(f.at("window")), ramp({28, 29, 30, 34, 35, 36, 40, 41, 42}));
  EXPECT_EQ(values<float>(f.at("parameter")), ramp({0, 1, 2}));
}

INSTANTIATE_TEST_SUITE_P(Formats, PyTorchState, testing::Values("pytorch_state.pt", "pytorch_old.pt"),
                         [](const auto& f) { return f.param[8] == 's' ? "Zip" : "Old"; });

TEST(PyTorchFile, OfLightningGivesItsStateDict) {
  const SafetensorsFile f = open_pytorch_file(fixture("pytorch_varnet.ckpt"));
  const SafetensorsFile original = SafetensorsFile::open(fixture("recon_varnet.safetensors"));
  EXPECT_NE(f.find("loss.w"), nullptr);
  int compared = 0;
  for (const StoredTensor& t : original.tensors()) {
    const std::string prefix = "parameter/";
    if (t.name.starts_with(prefix)) {
      const StoredTensor& found = f.at("varnet." + t.name.substr(prefix.size()));
      EXPECT_TRUE(found.shape == t.shape && std::ranges::equal(found.bytes, t.bytes)) << t.name;
      ++compared;
    }
  }
  EXPECT_EQ(static_cast<std::size_t>(compared) + 1, f.tensors().size());
}

TEST(PyTorchFile, IsNotWhatIsNone) {
  EXPECT_FALSE(is_pytorch_file(fixture("recon_varnet.safetensors")));
  EXPECT_THROW((void)open_pytorch_file(fixture("recon_varnet.safetensors")), Error);
  EXPECT_THROW((void)is_pytorch_file(fixture("no such file.pt")), Error);
  EXPECT_EQ(open_weights_file(fixture("safetensors_python.safetensors")).tensors().size(), 9u);
}

/// Opens a damaged file: it is read after all, or refused with its path; anything else is a failure.
/// Returns whether it was refused.
bool refused(const fs::path& path, std::size_t largest, const std::string& what) {
  reset_allocations();
  try {
    (void)open_pytorch_file(path);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kData) << what << ": " << e.what();
    EXPECT_NE(std::string(e.what()).find(path.string()), std::string::npos) << what << ": " << e.what();
    EXPECT_LE(allocations().largest, largest) << what;
    return true;
  }
  EXPECT_LE(allocations().largest, largest) << what;
  return false;
}

std::string mutated(const std::string& original, std::uint32_t number) {
  std::mt19937 random(number);
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  std::string bytes = original;
  switch (number % 4) {
    case 0:
      bytes.resize(below(bytes.size()));
      break;
    case 1:  // a few bits
      for (int i = 0; i < 3; ++i) {
        bytes[below(bytes.size())] ^= static_cast<char>(1 << below(8));
      }
      break;
    case 2:  // a run of large numbers
      for (std::size_t at = below(bytes.size()), i = 0; i < 8 && at + i < bytes.size(); ++i) {
        bytes[at + i] = static_cast<char>(0xff);
      }
      break;
    default: {  // a piece twice
      const std::size_t at = below(bytes.size()), count = 1 + below(40);
      bytes.insert(at, bytes.substr(at, count));
    }
  }
  return bytes;
}

class DamagedPyTorchFile : public testing::TestWithParam<const char*> {};

TEST_P(DamagedPyTorchFile, IsReadOrRefusedFifteenHundredTimes) {
  const std::string original = content(fixture(GetParam()));
  const TemporaryFolder folder;
  // The end of a zip archive is looked for in 64 KiB; a value of a pickle takes some hundred bytes per byte.
  const std::size_t largest = 70000 + 400 * original.size();
  int refusals = 0;
  for (std::uint32_t i = 0; i < 1500; ++i) {
    const fs::path path = folder / fmt::format("{}.pt", i);
    put(path, mutated(original, i));
    refusals += refused(path, largest, fmt::format("mutation {}", i));
    fs::remove(path);
    if (HasFailure()) {
      return;
    }
  }
  EXPECT_GE(refusals, 375);  // whatever is cut off
}

INSTANTIATE_TEST_SUITE_P(Formats, DamagedPyTorchFile,
                         testing::Values("pytorch_state.pt", "pytorch_old.pt", "pytorch_varnet.ckpt"),
                         [](const auto& f) {
                           std::string name = f.param;
                           std::erase_if(name, [](char c) { return c == '_' || c == '.'; });
                           return name;
                         });

/// The old file with one piece replaced by another of any length.
void expect_refused(std::string_view from, std::string_view to, const std::string& word) {
  std::string bytes = content(fixture("pytorch_old.pt"));
  const std::size_t at = bytes.find(from);
  ASSERT_NE(at, std::string::npos) << word;
  bytes.replace(at, from.size(), to);
  const TemporaryFolder folder;
  put(folder / "f.pt", bytes);
  try {
    (void)open_pytorch_file(folder / "f.pt");
    ADD_FAILURE() << "read: " << word;
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kData);
    EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
  }
}

TEST(PyTorchFile, RefusesWhatDoesNotFit) {
  expect_refused("FloatStorage", "ShortStorage", "ShortStorage is not read");
  expect_refused("_rebuild_tensor_v2", "_rebuild_tensor_v9", "no tensors");
  // conv.weight: its sizes (2, 3, 3, 3) become (2, 9, 3, 3).
  expect_refused(std::string_view("(K\x02K\x03K\x03K\x03", 9), std::string_view("(K\x02K\x09K\x03K\x03", 9),
                 "beyond its storage");
  // Its strides (27, 9, 3, 1) become (28, 9, 3, 1).
  expect_refused(std::string_view("(K\x1bK\x09K\x03K\x01", 9), std::string_view("(K\x1cK\x09K\x03K\x01", 9),
                 "its last element is 54");
}

}  // namespace
}  // namespace selfsame
