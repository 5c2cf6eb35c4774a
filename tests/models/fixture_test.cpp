// SPDX-License-Identifier: Apache-2.0
// The fixtures agree with themselves: a fixture that was read wrongly would make every test that uses it
// worthless.
#include "tests/support/fixture.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "kernels/base/error.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame::test {
namespace {

constexpr const char* kNames[] = {"unet_residual", "unet_odd", "dncnn"};

Fixture load(const std::string& name) { return Fixture::load(name); }

TEST(Fixture, TheLossIsThatOfOutputAndTarget) {
  for (const char* name : kNames) {
    const Fixture fixture = load(name);
    const Fixture::Tensor &output = fixture.tensor("output"), &target = fixture.tensor("target");
    ASSERT_EQ(output.shape, target.shape) << name;
    double sum = 0;
    for (std::size_t i = 0; i < output.values.size(); ++i) {
      sum += (output.values[i] - target.values[i]) * (output.values[i] - target.values[i]);
    }
    EXPECT_NEAR(sum / static_cast<double>(output.values.size()) / fixture.scalar("loss"), 1.0, 1e-14) << name;
  }
}

TEST(Fixture, EveryGradientBelongsToAParameterOfItsShape) {
  for (const char* name : kNames) {
    const Fixture fixture = load(name);
    const std::vector<std::string> keys = fixture.names_below("gradient/");
    EXPECT_GT(keys.size(), 5U);
    for (const std::string& key : keys) {
      const Fixture::Tensor& of = fixture.tensor(key == "input" ? key : "parameter/" + key);
      EXPECT_EQ(fixture.tensor("gradient/" + key).shape, of.shape) << name << " " << key;
    }
    // Weights have gradients, running statistics have not.
    const std::size_t buffers = fixture.names_below("after/").size();
    EXPECT_EQ(keys.size() - 1 + buffers, fixture.names_below("parameter/").size()) << name;
  }
}

TEST(Fixture, TenStepsInFloatAndDoubleAgree) {
  for (const char* name : kNames) {
    const Fixture fixture = load(name);
    const std::vector<double>& in_double = fixture.tensor("train/loss64").values;
    const std::vector<double>& in_float = fixture.tensor("train/loss32").values;
    ASSERT_EQ(in_double.size(), 10U);
    for (std::size_t i = 0; i < 10; ++i) {
      EXPECT_NEAR(in_float[i] / in_double[i], 1.0, 1e-5) << name << " step " << i;
    }
    EXPECT_LT(in_double[9], in_double[0]) << name;
  }
}

TEST(Fixture, ADamagedFileIsRefusedByName) {
  const std::string source = (source_root() / "tests/fixtures/dncnn.safetensors").string();
  std::ifstream file(source, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto path = std::filesystem::temp_directory_path() / ("selfsame_fixture_" + std::to_string(getpid()));
  std::string long_header = bytes;
  long_header[6] = 1;
  for (const std::string& damaged :
       {bytes.substr(0, 5), bytes.substr(0, bytes.size() - 1), bytes + "x", long_header}) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << damaged;
    try {
      const Fixture fixture(path.string());
      ADD_FAILURE() << "accepted " << damaged.size() << " bytes of " << bytes.size();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos);
    }
  }
  std::filesystem::remove(path);
  EXPECT_THROW(Fixture(path.string()), Error);
  EXPECT_THROW((void)load("dncnn").tensor("parameter/model.99.weight"), Error);
}

}  // namespace
}  // namespace selfsame::test
