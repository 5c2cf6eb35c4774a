// SPDX-License-Identifier: Apache-2.0
#include "losses/kspace/registry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace selfsame {
namespace {

std::string message_of(std::string_view name, const ObjectiveOptions& options) {
  try {
    static_cast<void>(make_kspace_objective(name, options));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "no error";
}

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(KSpaceRegistry, ListsEveryObjectiveOnceWithItsTextsAndDefaults) {
  const std::vector<KSpaceObjectiveInfo> list = kspace_objectives();
  ASSERT_EQ(list.size(), 9u);
  for (std::size_t i = 0; i < list.size(); ++i) {
    EXPECT_FALSE(list[i].formula.empty()) << list[i].name;
    EXPECT_TRUE(i == 0 || list[i - 1].name < list[i].name);
    EXPECT_NE(make_kspace_objective(list[i].name, {}), nullptr);
    for (const ObjectiveOption& o : list[i].options) {
      EXPECT_FALSE(o.doc.empty()) << list[i].name << "." << o.name;
      if (const double* v = std::get_if<double>(&o.default_value)) {
        EXPECT_TRUE(o.choices.empty() && *v >= o.min && *v <= o.max) << list[i].name << "." << o.name;
      } else if (const auto* text = std::get_if<std::string_view>(&o.default_value)) {
        EXPECT_NE(std::find(o.choices.begin(), o.choices.end(), *text), o.choices.end())
            << list[i].name << "." << o.name;
      }
    }
  }
}

TEST(KSpaceRegistry, OnlySupervisedObjectivesSeeTheTruth) {
  for (const KSpaceObjectiveInfo& info : kspace_objectives()) {
    const auto objective = make_kspace_objective(info.name, {});
    EXPECT_EQ(objective->needs_truth(), info.name.starts_with("supervised")) << info.name;
    EXPECT_EQ(objective->resamples(), !info.name.starts_with("supervised")) << info.name;
    EXPECT_EQ(objective->domain() == PredictionDomain::kMagnitude, info.name == "supervised_image")
        << info.name;
  }
  EXPECT_FALSE(make_kspace_objective("ssdu", {{"resample", 0.0}})->resamples());
  EXPECT_FALSE(make_kspace_objective("paper_split", {{"resample", 0.0}})->resamples());
}

TEST(KSpaceRegistry, ClaimsFollowTheOptions) {
  EXPECT_TRUE(make_kspace_objective("paper_split", {})->claim().unbiased);
  EXPECT_FALSE(make_kspace_objective("paper_split", {{"weights", std::string("authors")}})->claim().unbiased);
}

TEST(KSpaceRegistry, MistakesAreNamedWithWhatIsKnown) {
  EXPECT_TRUE(says(message_of("sdu", {}), "ssdu, ssdu_original, supervised_image"));
  EXPECT_TRUE(says(message_of("ssdu", {{"rho", 0.4}}), "known: loss_share, selection, width, resample"));
  EXPECT_TRUE(says(message_of("supervised_kspace", {{"rho", 0.4}}), "known: none"));
  EXPECT_TRUE(says(message_of("ssdu", {{"loss_share", 1.0}}), "loss_share 1 must be a number"));
  EXPECT_TRUE(says(message_of("ssdu", {{"loss_share", std::nan("")}}), "loss_share nan"));
  EXPECT_TRUE(
      says(message_of("ssdu", {{"loss_share", std::string("much")}}), "loss_share 'much' must be a number"));
  EXPECT_TRUE(
      says(message_of("ssdu", {{"selection", std::string("fixed_count")}}), "none of uniform, gaussian"));
  EXPECT_TRUE(
      says(message_of("supervised_image", {{"loss", 1.0}}), "loss 1 is none of squared_error, l1, ssim"));
  EXPECT_TRUE(says(message_of("robust_ssdu", {{"alpha", 0.0}}), "alpha 0 must be"));
}

TEST(KSpaceRegistry, ANameCanBeTakenOnce) {
  EXPECT_THROW(register_kspace_objective({"ssdu", "again", "", {}, nullptr}), Error);
}

}  // namespace
}  // namespace selfsame
