// SPDX-License-Identifier: Apache-2.0
#include "losses/kspace/disjoint_split.hpp"

#include <algorithm>

namespace selfsame {
namespace {

constexpr std::string_view kSelections[] = {"uniform", "gaussian", "fixed_count"};
constexpr ObjectiveOption kOptions[] = {
    {"loss_share",
     "part of the sampled frequencies outside the centre that goes to the loss (rho)",
     0.4,
     1e-6,
     1 - 1e-6,
     {}},
    {"selection",
     "of the loss set. uniform: each frequency by itself; gaussian: more near the centre; fixed_count: "
     "exactly "
     "loss_share of them",
     "uniform", 0, 0, kSelections},
    {"width", "of selection gaussian: standard deviation as a part of the axis", 0.25, 1e-3, 1e3, {}},
    {"resample",
     "1: a new split of the same sampled set in every epoch; 0: one for the run",
     1.0,
     0.0,
     1.0,
     {}},
    {"allow_approximate",
     "1: use masks whose frequencies depend on each other with the weights of independent ones, which are "
     "right on "
     "average over input sets only; 0: refuse them",
     0.0,
     0.0,
     1.0,
     {}}};
// Without fixed_count, which is a wish about weights.
constexpr ObjectiveOption kPlainOptions[] = {
    kOptions[0],
    {"selection", "of the loss set. uniform: each frequency by itself; gaussian: more near the centre",
     "uniform", 0, 0, std::span(kSelections).first(2)},
    kOptions[2],
    kOptions[3]};

SplitRule::Selection selection_of(const std::string& name) {
  return name == "gaussian"      ? SplitRule::Selection::kGaussian
         : name == "fixed_count" ? SplitRule::Selection::kFixedCount
                                 : SplitRule::Selection::kUniform;
}

std::int64_t loss_count(const SamplingMask& sampled, const SamplingMask& input) {
  return sampled.count() - input.count();
}

}  // namespace

std::span<const ObjectiveOption> weighted_split_options() { return kOptions; }
std::span<const ObjectiveOption> plain_split_options() { return kPlainOptions; }

DisjointSplit::DisjointSplit(const ObjectiveOptions& options)
    : resample_(flag(options, "resample")),
      allow_approximate_(options.contains("allow_approximate") && flag(options, "allow_approximate")) {
  rule_.loss_share = number(options, "loss_share");
  rule_.selection = selection_of(word(options, "selection"));
  rule_.width = number(options, "width");
  rule_.keep_always = true;
}

void DisjointSplit::check_weights(const SamplingLaw& law, std::span<const double> keep) const {
  if (split_exactness(law, rule_) == SplitExactness::kApproximate && !allow_approximate_) {
    fail(ErrorKind::kUsage,
         "this objective needs P(sampled | input set) of every frequency, and of {} only P(sampled) is "
         "known: its "
         "frequencies are not drawn independently, nor uniformly among the sets of one size. Choose such a "
         "mask, or "
         "allow_approximate: 1 for weights that are right on average over input sets, not for each",
         law.text);
  }
  if (const std::string why = impossible_frequencies(law, keep); !why.empty()) {
    fail(ErrorKind::kUsage, "no weights make this objective unbiased: {}", why);
  }
}

DisjointSplit::Sets DisjointSplit::weighted(const SamplingMask& sampled, const SamplingLaw& law,
                                            const RandomStream& random) const {
  const std::vector<double> keep = keep_probability(law, rule_);
  check_weights(law, keep);
  SamplingMask input = draw_input(sampled, law, rule_, keep, random);
  std::vector<double> weight = split_weights(sampled, input, law, rule_, keep);
  return {std::move(input), std::move(weight)};
}

KSpaceObjective::Preflight DisjointSplit::weighted_preflight(const SamplingLaw& law) const {
  check_weights(law, keep_probability(law, rule_));
  std::vector<double> in_loss = in_loss_probabilities(law, rule_);
  std::vector<double> weight = loss_weights(in_loss);
  return {std::move(in_loss), std::move(weight)};
}

/// Splitting alone needs no closed forms: any selection goes with any mask.
SamplingLaw DisjointSplit::without_counts(const SamplingLaw& law) const {
  SamplingLaw plain = law;
  if (rule_.selection == SplitRule::Selection::kGaussian) {
    plain.dependence = SamplingLaw::Dependence::kOther;
  }
  return plain;
}

DisjointSplit::Sets DisjointSplit::plain(const SamplingMask& sampled, const SamplingLaw& law,
                                         const RandomStream& random) const {
  const SamplingLaw plain = without_counts(law);
  Sets sets{draw_input(sampled, plain, rule_, keep_probability(plain, rule_), random), {}};
  if (loss_count(sampled, sets.input) == 0) {
    std::vector<std::size_t> high;
    for (std::size_t j = 0; j < sampled.sampled.size(); ++j) {
      if (sampled.sampled[j] != 0 && !law.always(static_cast<std::int64_t>(j))) {
        high.push_back(j);
      }
    }
    if (high.empty()) {
      fail(ErrorKind::kUsage,
           "{}: nothing was sampled beside what is always sampled: there is nothing for the loss", law.text);
    }
    // Behind the words of draw_input.
    const auto place = static_cast<std::uint64_t>(2 * law.size() + 2);
    sets.input.sampled[high[random.below(place, high.size())]] = 0;
  }
  for (std::size_t j = 0; j < sampled.sampled.size(); ++j) {
    sets.weight.push_back(sampled.sampled[j] != 0 && sets.input.sampled[j] == 0 ? 1.0 : 0.0);
  }
  return sets;
}

KSpaceObjective::Preflight DisjointSplit::plain_preflight(const SamplingLaw& law) const {
  std::vector<double> in_loss = in_loss_probabilities(without_counts(law), rule_);
  std::vector<double> weight(in_loss.size(), 1.0);
  return {std::move(in_loss), std::move(weight)};
}

}  // namespace selfsame
