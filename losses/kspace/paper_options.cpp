// SPDX-License-Identifier: Apache-2.0
#include "losses/kspace/paper_options.hpp"

#include "losses/kspace/kspace_loss.hpp"

namespace selfsame {
namespace {

constexpr std::string_view kWeights[] = {"exact", "authors"};
constexpr std::string_view kRoundings[] = {"nearest", "random"};
constexpr ObjectiveOption kOptions[] = {
    {"acceleration", "of the input: the network sees 1 / acceleration of all frequencies", 4.0, 1.0, 1e6, {}},
    {"centre_fraction",
     "nominal part of the centre, from which sizes and the authors' weights are rounded; absent: that of the "
     "mask",
     {},
     0.0,
     1.0,
     {}},
    {"total_acceleration",
     "nominal 1 / mu: mu of all frequencies are sampled of each example; absent: that of the mask",
     {},
     1.0,
     1e6,
     {}},
    {"weights",
     "exact: 1 / P(in the loss | input set) from the sizes of the sets; authors: (1 - nu) / (q - nu), right "
     "up to the "
     "rounding of the sizes",
     "exact", 0, 0, kWeights},
    {"rounding",
     "of the sizes of the sets; random: up or down with the exact mean, also where nearest gives no overlap",
     "nearest", 0, 0, kRoundings},
    {"resample",
     "1: a new split of the same sampled set in every epoch; 0: one for the run",
     1.0,
     0.0,
     1.0,
     {}}};

}  // namespace

std::span<const ObjectiveOption> paper_options() { return kOptions; }

PaperSplit::PaperSplit(const ObjectiveOptions& options) : resample_(flag(options, "resample")) {
  rule_.acceleration = number(options, "acceleration");
  rule_.centre_fraction = optional_number(options, "centre_fraction");
  rule_.total_acceleration = optional_number(options, "total_acceleration");
  rule_.weights =
      word(options, "weights") == "exact" ? OverlapRule::Weights::kExact : OverlapRule::Weights::kAuthors;
  rule_.rounding = word(options, "rounding") == "random" ? OverlapRule::Rounding::kRandom
                                                         : OverlapRule::Rounding::kNearest;
}

void PaperSplit::split(std::span<float> input, std::span<float> weight, const SamplingMask& sampled,
                       const SamplingLaw& law, const RandomStream& random) const {
  const OverlapSplit split = overlap_split(sampled, law, rule_, random);
  write_split(input, weight, split.input, split.weight);
}

KSpaceObjective::Preflight PaperSplit::preflight(const SamplingLaw& law) const {
  OverlapProbabilities p = overlap_probabilities(law, rule_);
  return {std::move(p.in_loss_of_rest), std::move(p.weight_of_rest)};
}

}  // namespace selfsame
