// SPDX-License-Identifier: Apache-2.0
#include "engine/run/environment.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mri/files/atomic_file.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame {
namespace {

TEST(Environment, NamesWhatARunDependedOn) {
  Environment environment = build_and_machine();
  environment.emplace_back("seed", "7");
  const auto json = nlohmann::json::parse(environment_json(environment));
  for (const char* key : {"version", "compiler", "build", "system", "cpu", "isa", "processors", "memory_gib",
                          "libraries", "seed"}) {
    ASSERT_TRUE(json.contains(key)) << key;
    EXPECT_FALSE(json[key].get<std::string>().empty()) << key;
  }
  EXPECT_EQ(json.size(), environment.size());
}

TEST(Environment, VersionIsThatOfTheProject) {
  const std::string cmake = read_file(source_root() / "CMakeLists.txt", 1 << 20);
  EXPECT_NE(cmake.find(std::string("VERSION ") + kVersion + " "), std::string::npos);
}

}  // namespace
}  // namespace selfsame
