// SPDX-License-Identifier: Apache-2.0
// What k-space objectives refuse, and the numbers of their splits and corrections on cases done by hand.
#include "losses/kspace/disjoint_split.hpp"

#include <gtest/gtest.h>

#include "tests/losses/kspace/kspace_runner.hpp"

namespace selfsame {
namespace {

SamplingLaw law_of(std::vector<double> probability, SamplingLaw::Dependence dependence, std::string text) {
  const auto w = static_cast<std::int64_t>(probability.size());
  return {1, w, std::move(probability), dependence, std::move(text)};
}

SamplingLaw equispaced() {
  return law_of({0.25, 1.0, 0.25, 0.25, 0.25}, SamplingLaw::Dependence::kOther, "equispaced, R = 4");
}
SamplingLaw with_a_hole() {
  return law_of({0.5, 1.0, 0.0, 0.5, 0.0}, SamplingLaw::Dependence::kIndependent, "columns with holes");
}
SamplingMask all_of(const SamplingLaw& law) {
  return {law.h, law.w, std::vector<std::uint8_t>(static_cast<std::size_t>(law.size()), 1)};
}

/// What split and preflight say; both must refuse alike.
std::string refusal(const std::string& name, const ObjectiveOptions& options, const SamplingLaw& law) {
  const auto objective = make_kspace_objective(name, options);
  std::string texts[2];
  for (const bool preflight : {false, true}) {
    try {
      if (preflight) {
        static_cast<void>(objective->preflight(law));
      } else {
        SplitExample e;
        split_example(e, *objective, law, all_of(law), 0);
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage) << error.what();
      texts[preflight] = error.what();
    }
  }
  EXPECT_EQ(texts[0], texts[1]) << name;
  return texts[0];
}

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(KSpaceRefusals, FrequenciesThatAreNeverSampledHaveNoWeights) {
  for (const char* name : {"weighted_ssdu", "robust_ssdu", "noisier2noise_kspace", "paper_split"}) {
    const std::string text = refusal(
        name, name[0] == 'p' ? ObjectiveOptions{{"acceleration", 3.0}} : ObjectiveOptions{}, with_a_hole());
    EXPECT_TRUE(says(text, "never sampled by columns with holes: 2, 4")) << name << ": " << text;
  }
  EXPECT_EQ(refusal("ssdu", {}, with_a_hole()), "") << "unweighted, and biased anyway";
}

TEST(KSpaceRefusals, MasksWhoseFrequenciesDependOnEachOtherSayWhatIsMissing) {
  for (const char* name : {"weighted_ssdu", "robust_ssdu", "noisier2noise_kspace"}) {
    const std::string text = refusal(name, {}, equispaced());
    EXPECT_TRUE(says(text, "P(sampled | input set)") && says(text, "equispaced, R = 4") &&
                says(text, "allow_approximate"))
        << name << ": " << text;
    EXPECT_EQ(refusal(name, {{"allow_approximate", 1.0}}, equispaced()), "") << name;
  }
  EXPECT_TRUE(says(refusal("paper_split", {}, equispaced()), "not equispaced, R = 4"));
  EXPECT_EQ(refusal("ssdu", {}, equispaced()), "");
  EXPECT_EQ(refusal("ssdu_original", {{"selection", std::string("gaussian")}}, fixed_size_law()), "");
}

TEST(KSpaceRefusals, Noisier2NoiseNeedsOneKForEveryFrequency) {
  EXPECT_TRUE(says(refusal("noisier2noise_kspace", {}, fixed_size_law()), "use weighted_ssdu"));
}

TEST(KSpaceRefusals, ALossNeedsSomethingBesideTheCentre) {
  const auto objective = make_kspace_objective("ssdu_original", {});
  SplitExample e;
  EXPECT_THROW(split_example(e, *objective, independent_law(), {1, 5, {0, 1, 0, 0, 0}}, 0), Error);
}

TEST(KSpaceRefusals, AddedNoiseNeedsTheMeasurementsLevel) {
  KSpaceRunner runner(make_kspace_objective("robust_ssdu", {}), {1, 1, 1, 5}, 1, DType::kF32,
                      DeviceKind::kCpu);
  TinyReconstruction network(PredictionDomain::kKSpace, DType::kF32, 1, {1, 1, 1, 5}, DeviceKind::kCpu);
  std::vector<float> memory(10);
  std::vector<double> losses(1);
  KSpaceMeasurement m;
  m.kspace = ConstComplexView(memory.data(), DType::kF32, {1, 1, 1, 5});
  m.input = m.weight = ConstTensorView(memory.data(), DType::kF32, {1, 1, 1, 5}, 1);
  try {
    runner.objective->value_and_gradient(losses, m, 1, network, runner.stream);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_TRUE(says(error.what(), "standard deviation")) << error.what();
  }
}

// Column 0 has P = 0.3 and Ptilde = 0.6: 1 - K = 0.3 * 0.4 / (1 - 0.18) = 6/41.
TEST(DisjointSplitNumbers, WeightsAreThoseOfTheirFormulas) {
  for (std::uint32_t draw = 0; draw < 20; ++draw) {
    SplitExample weighted, robust, n2n;
    split_example(weighted, *make_kspace_objective("weighted_ssdu", {}), independent_law(),
                  all_of(independent_law()), draw);
    split_example(robust, *make_kspace_objective("robust_ssdu", {{"alpha", 0.5}}), independent_law(),
                  all_of(independent_law()), draw);
    split_example(n2n, *make_kspace_objective("noisier2noise_kspace", {}), independent_law(),
                  all_of(independent_law()), draw);
    EXPECT_EQ(weighted.input, robust.input);
    EXPECT_EQ(weighted.input, n2n.input);
    const bool seen = weighted.input[0] == 1.0f;
    EXPECT_FLOAT_EQ(weighted.weight[0], seen ? 0.0f : 41.0f / 6);
    EXPECT_FLOAT_EQ(robust.weight[0], seen ? 25.0f : 41.0f / 6);
    EXPECT_FLOAT_EQ(n2n.weight[0], 41.0f * 41 / 36);
    EXPECT_EQ(weighted.weight[1], 0.0f);
    EXPECT_EQ(robust.weight[1], 25.0f);
    EXPECT_EQ(n2n.weight[1], 1.0f);
  }
}

TEST(DisjointSplitNumbers, UnweightedLossesCountEverySampledFrequencyOutsideTheInputOnce) {
  const SamplingMask sampled{1, 5, {1, 1, 0, 1, 1}};
  for (const char* name : {"ssdu", "ssdu_original"}) {
    for (std::uint32_t draw = 0; draw < 200; ++draw) {
      SplitExample e;
      split_example(e, *make_kspace_objective(name, {{"loss_share", 0.1}}), independent_law(), sampled, draw);
      float compared = 0;
      for (std::size_t j = 0; j < e.input.size(); ++j) {
        EXPECT_EQ(e.input[j] + e.weight[j], static_cast<float>(sampled.sampled[j]));
        compared += e.weight[j];
      }
      EXPECT_GE(compared, 1.0f) << "draw " << draw << " leaves nothing for the loss";
    }
  }
}

// Coil images of one row: columns 0 (not seen), 1 (centre) and 2 (seen).
TEST(DisjointSplitNumbers, CorrectionsAreThoseOfTheirFormulas) {
  const SamplingLaw law = law_of({0.3, 1.0, 0.8}, SamplingLaw::Dependence::kIndependent, "three columns");
  const SamplingMask seen{1, 3, {0, 1, 1}};
  const std::vector<float> measured{0, 0, 3, 4, 5, 6};
  std::vector<float> kspace{1, 2, 1, 1, 2, 2};
  make_kspace_objective("robust_ssdu", {{"alpha", 0.5}})->correct(kspace, law, measured, seen, 1, 1, 3);
  EXPECT_EQ(kspace, (std::vector<float>{1, 2, -7, -11, -10, -14}));  // (1.25 f - y) / 0.25
  kspace = {1, 2, 1, 1, 2, 2};
  make_kspace_objective("noisier2noise_kspace", {})->correct(kspace, law, measured, seen, 1, 1, 3);
  // 1 - K: 6/41, 1 in the centre, 0.8 * 0.4 / 0.52 = 8/13.
  const std::vector<float> want{
      41.0f / 6, 41.0f / 3, 1, 1, (2 - 5 * 5.0f / 13) * 13 / 8, (2 - 6 * 5.0f / 13) * 13 / 8};
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_NEAR(kspace[i], want[i], 2e-6) << i;
  }
  std::vector<float> untouched{1, 2, 1, 1, 2, 2};
  make_kspace_objective("weighted_ssdu", {})->correct(untouched, law, measured, seen, 1, 1, 3);
  EXPECT_EQ(untouched, (std::vector<float>{1, 2, 1, 1, 2, 2}));
}

// Frequencies of a plane, not columns: masks of the full size go through split, network and loss.
TEST(DisjointSplitNumbers, MasksOfWholePlanesWork) {
  SamplingLaw law{2, 3, {0.5, 1.0, 0.5, 0.4, 0.9, 0.6}, SamplingLaw::Dependence::kIndependent, "a plane"};
  const Shape4 shape{1, 2, 2, 3};
  KSpaceRunner runner(make_kspace_objective("weighted_ssdu", {}), shape, 2, DType::kF32, DeviceKind::kCpu);
  TinyReconstruction network(PredictionDomain::kKSpace, DType::kF32, 1, shape, DeviceKind::kCpu);
  SplitExample e = make_example(shape, 0, 0.0f);
  split_example(e, *runner.objective, law, {2, 3, {1, 1, 0, 1, 1, 1}}, 3);
  const double loss = runner.run({e}, 1, network).at(0);
  double want = 0;
  for (std::size_t i = 0; i < e.clean.size(); ++i) {
    const std::size_t j = i / 2 % 6;
    EXPECT_EQ(network.input[i],
              static_cast<double>(static_cast<float>(e.clean[i])) * static_cast<double>(e.input[j]))
        << i;
    const double difference = network.output[i] - e.clean[i];
    want += static_cast<double>(e.weight[j]) * difference * difference / 12;
  }
  EXPECT_GT(want, 0.1);
  EXPECT_NEAR(loss, want, 1e-6 * want);
}

}  // namespace
}  // namespace selfsame
