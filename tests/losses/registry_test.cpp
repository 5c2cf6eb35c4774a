// SPDX-License-Identifier: Apache-2.0
#include "losses/registry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace selfsame {
namespace {

std::string message_of(std::string_view name, const ObjectiveOptions& options) {
  try {
    static_cast<void>(make_objective(name, options));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST(Registry, ListsEveryObjectiveOnceWithItsTexts) {
  const std::vector<ObjectiveInfo> list = objectives();
  ASSERT_GE(list.size(), 2u);
  for (std::size_t i = 0; i < list.size(); ++i) {
    EXPECT_FALSE(list[i].formula.empty()) << list[i].name;
    EXPECT_TRUE(i == 0 || list[i - 1].name < list[i].name);
    for (const ObjectiveOption& o : list[i].options) {
      EXPECT_FALSE(o.doc.empty()) << list[i].name << "." << o.name;
      const auto* number = std::get_if<double>(&o.default_value);
      EXPECT_TRUE(number == nullptr || (*number >= o.min && *number <= o.max))
          << list[i].name << "." << o.name;
    }
  }
  for (const std::string_view name : {"supervised", "noise2noise"}) {
    EXPECT_TRUE(std::any_of(list.begin(), list.end(), [&](const auto& info) { return info.name == name; }))
        << name;
  }
}

TEST(Registry, OnlySupervisedObjectivesAskForCleanImages) {
  EXPECT_EQ(make_objective("supervised", {})->target_kind(), TargetKind::kClean);
  EXPECT_EQ(make_objective("noise2noise", {})->target_kind(), TargetKind::kSecondNoisy);
}

TEST(Registry, Noise2NoiseHasItsOwnTargetNoiseLevel) {
  EXPECT_EQ(make_objective("noise2noise", {})->target_sigma(), std::nullopt);
  EXPECT_EQ(make_objective("noise2noise", {{"sigma", 0.196}})->target_sigma(), 0.196);
  EXPECT_EQ(make_objective("noise2noise", {{"sigma", 0.0}})->target_sigma(), 0.0);
  EXPECT_EQ(make_objective("supervised", {})->target_sigma(), std::nullopt);
}

TEST(Registry, MistakesAreNamedWithWhatIsKnown) {
  EXPECT_NE(message_of("noise2nose", {}).find("noise2noise, "), std::string::npos);
  EXPECT_NE(message_of("noise2noise", {{"sigmma", 0.1}}).find("known: sigma"), std::string::npos);
  EXPECT_NE(message_of("noise2noise", {{"sigma", -0.1}}).find("sigma -0.1"), std::string::npos);
  EXPECT_NE(message_of("noise2noise", {{"sigma", std::nan("")}}).find("sigma"), std::string::npos);
  EXPECT_NE(message_of("supervised", {{"sigma", 0.1}}).find("known: none"), std::string::npos);
}

TEST(Registry, ANameCanBeTakenOnce) {
  EXPECT_THROW(register_objective({"supervised", "again", "", {}, nullptr}), Error);
}

}  // namespace selfsame
