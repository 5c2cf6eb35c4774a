// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/subjects.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "losses/kspace/registry.hpp"
#include "losses/registry.hpp"
#include "tests/engine/verify/tiny_pairs.hpp"

namespace selfsame {
namespace {

NoiseModel noise_of(NoiseType type) {
  NoiseModel noise;
  noise.type = type;
  noise.sigma = 0.2f;
  noise.peak = 20.0f;
  noise.looks = 5.0f;
  return noise;
}

std::set<std::string> objectives_of(const std::vector<Subject>& subjects) {
  std::set<std::string> names;
  for (const Subject& s : subjects) {
    names.insert(s.objective);
  }
  return names;
}

TEST(Subjects, AreAllClaimsOfAllObjectivesThatTheNoiseAllows) {
  for (const NoiseType type :
       {NoiseType::kGaussian, NoiseType::kPoisson, NoiseType::kPoissonGaussian, NoiseType::kGamma}) {
    const NoiseModel noise = noise_of(type);
    const std::vector<Subject> subjects = image_subjects(noise);
    for (const ObjectiveInfo& info : objectives()) {
      const std::string name(info.name);
      std::size_t claims = 0;
      try {
        claims = make_objective(name, {}, noise)->claims().size();
      } catch (const Error&) {  // not made for this noise
      }
      claims = name == "supervised" ? 0 : claims;
      const auto of_it = [&](const Subject& s) { return s.objective == name && s.label == name; };
      EXPECT_EQ(std::count_if(subjects.begin(), subjects.end(), of_it), static_cast<std::int64_t>(claims))
          << name;
    }
    for (const Subject& s : subjects) {  // each can be made, and is a control if it is biased or told wrongly
      const std::vector<UnbiasednessClaim> claims = make_objective(s.objective, s.options, noise)->claims();
      ASSERT_LT(s.claim, claims.size()) << s.label;
      EXPECT_EQ(s.control, !claims[s.claim].unbiased || s.label == "sure, sigma 20 % too low") << s.label;
    }
  }
  EXPECT_EQ(objectives_of(image_subjects(noise_of(NoiseType::kGaussian))).count("sure_poisson"), 0u);
  EXPECT_EQ(objectives_of(image_subjects(noise_of(NoiseType::kPoisson))).count("sure"), 0u);
}

TEST(Subjects, ToldAWrongSigmaAreFourFifthsOfIt) {
  const std::vector<Subject> subjects = image_subjects(noise_of(NoiseType::kGaussian));
  const auto wrong = std::find_if(subjects.begin(), subjects.end(),
                                  [](const Subject& s) { return s.label == "sure, sigma 20 % too low"; });
  ASSERT_NE(wrong, subjects.end());
  EXPECT_NEAR(std::get<double>(wrong->options.at("sigma")), 0.16, 1e-7);
  EXPECT_TRUE(wrong->control);
}

TEST(Subjects, ThatAreControlsAreTheKnownBiasedOnes) {
  const std::vector<Subject> controls = image_controls(noise_of(NoiseType::kGaussian));
  for (const Subject& s : controls) {
    EXPECT_TRUE(s.control) << s.label;
  }
  EXPECT_EQ(objectives_of(controls),
            (std::set<std::string>{"neighbor2neighbor", "noise2noise_l1", "noise2noise_normalized",
                                   "noise2self", "noisier2noise", "sure"}));
}

TEST(Subjects, OfKSpaceAreAllObjectivesBesideTheYardstick) {
  const TrainConfig config = tiny_kspace_config();
  const std::vector<Subject> subjects = kspace_subjects(config);
  std::set<std::string> want;
  for (const KSpaceObjectiveInfo& info : kspace_objectives()) {
    if (!info.name.starts_with("supervised")) {
      want.insert(std::string(info.name));
    }
  }
  EXPECT_EQ(objectives_of(subjects), want);
  for (const Subject& s : subjects) {
    EXPECT_EQ(s.control, !make_kspace_objective(s.objective, s.options)->claim().unbiased) << s.label;
    // Masks of a fixed size: not for Noisier2Noise; and unweighted splitting is right under equal densities.
    EXPECT_EQ(s.variable_density, s.objective == "ssdu" || s.objective == "noisier2noise_kspace") << s.label;
    EXPECT_EQ(with_mask_of(s, config).kspace->mask.type, s.variable_density ? "variable_density" : "random");
  }
  EXPECT_EQ(objectives_of(kspace_controls(config)),
            (std::set<std::string>{"paper_split_normalized", "ssdu", "ssdu_original"}));
}

TEST(Subjects, OfAConfigurationAreTheClaimsOfItsObjectiveWithItsOptions) {
  const std::vector<Subject> r2r =
      configured_subjects(tiny_image_config({R"(objective={"type": "r2r", "alpha": 0.25})"}));
  ASSERT_EQ(r2r.size(), 2u);
  EXPECT_EQ(std::get<double>(r2r[0].options.at("alpha")), 0.25);
  EXPECT_FALSE(r2r[0].control);
  EXPECT_TRUE(r2r[1].control);
  const std::vector<Subject> sure =
      configured_subjects(tiny_image_config({R"(objective={"type": "sure", "sigma": 51})"}));
  ASSERT_EQ(sure.size(), 1u);
  EXPECT_NEAR(std::get<double>(sure[0].options.at("sigma")), 0.2, 1e-9) << "of 255";
  const std::vector<Subject> kspace = configured_subjects(tiny_kspace_config());
  ASSERT_EQ(kspace.size(), 1u);
  EXPECT_EQ(kspace[0].objective, "weighted_ssdu");
}

}  // namespace
}  // namespace selfsame
