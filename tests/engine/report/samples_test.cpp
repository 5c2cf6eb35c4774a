// SPDX-License-Identifier: Apache-2.0
#include "engine/report/samples.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

const std::string kPng = "\x89PNG\r\n\x1a\n and the rest";

TEST(Samples, ReadBackAsSaved) {
  const TemporaryFolder folder;
  EXPECT_TRUE(load_examples(folder.path()).empty());
  const std::vector<ExampleImage> saved{{"a \"1\"", kPng + "n", kPng + "o", kPng + "c", 20.17, 28.5},
                                        {"b", kPng, kPng, "", NAN, 30}};
  save_examples(folder.path(), saved);
  save_examples(folder.path(), saved);
  const std::vector<ExampleImage> loaded = load_examples(folder.path());
  ASSERT_EQ(loaded.size(), 2u);
  EXPECT_EQ(loaded[0].name, "a \"1\"");
  EXPECT_EQ(loaded[0].output, kPng + "o");
  EXPECT_EQ(loaded[0].noisy_psnr, 20.17);
  EXPECT_EQ(loaded[1].clean, "");
  EXPECT_TRUE(std::isnan(loaded[1].noisy_psnr));
}

TEST(Samples, DamageLeavesThemOut) {
  const TemporaryFolder folder;
  save_examples(folder.path(), std::vector<ExampleImage>{{"a", kPng, kPng, kPng, 1, 2}});
  std::ofstream(folder / "samples/0-noisy.png") << "no image";
  EXPECT_EQ(load_examples(folder.path())[0].noisy, "");
  std::ofstream(folder / "samples/index.json") << "[{\"name\":3,\"noisy_psnr\":\"x\"},5";
  EXPECT_TRUE(load_examples(folder.path()).empty());
  std::ofstream(folder / "samples/index.json") << "[{\"name\":3,\"noisy_psnr\":\"x\"},5]";
  EXPECT_EQ(load_examples(folder.path()).size(), 1u);
}

}  // namespace
}  // namespace selfsame
