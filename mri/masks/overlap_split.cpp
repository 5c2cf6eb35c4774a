// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/overlap_split.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/error.hpp"
#include "mri/masks/density.hpp"
#include "mri/masks/splits.hpp"

namespace selfsame {
namespace {

using Dependence = SamplingLaw::Dependence;
using Weights = OverlapRule::Weights;
using Rounding = OverlapRule::Rounding;

/// What the sets of a law of fixed size must be, and the unrounded numbers that randomised rounding needs.
struct FixedSizes {
  std::int64_t high = 0, sampled = 0;   ///< H and |S_mu|, outside the centre
  std::int64_t input = 0, overlap = 0;  ///< rounded to nearest
  double input_exact = 0, q_high = 0;
};

struct Counts {
  std::int64_t always = 0;
  double expected = 0;  ///< number of sampled frequencies, the always-sampled ones included
};

Counts counts_of(const SamplingLaw& law) {
  Counts counts;
  for (std::int64_t j = 0; j < law.size(); ++j) {
    counts.always += law.always(j);
    counts.expected += law.probability[static_cast<std::size_t>(j)];
  }
  return counts;
}

void check_rates(double input, double budget, double centre, const std::string& text) {
  if (!(centre < input && input < budget && budget <= 1)) {
    fail(ErrorKind::kUsage,
         "an overlapping split needs centre < 1 / acceleration < sampled part <= 1; {}: {:.4g}, {:.4g}, "
         "{:.4g}",
         text, centre, input, budget);
  }
}

/// Checks what holds for every law; returns its counts.
Counts check(const SamplingLaw& law, const OverlapRule& rule) {
  SELFSAME_CHECK(std::ssize(law.probability) == law.size(), "{} probabilities of {}x{}",
                 law.probability.size(), law.h, law.w);
  if (law.dependence == Dependence::kOther) {
    fail(ErrorKind::kUsage,
         "an overlapping split needs lines drawn independently or uniformly among the sets of one size, not "
         "{}",
         law.text);
  }
  if (const std::string why = impossible_frequencies(law, {}); !why.empty()) {
    fail(ErrorKind::kUsage, "no weights make an overlapping split unbiased: {}", why);
  }
  const Counts counts = counts_of(law);
  const auto n = static_cast<double>(law.size());
  check_rates(1 / rule.acceleration, counts.expected / n, static_cast<double>(counts.always) / n, law.text);
  return counts;
}

FixedSizes fixed_sizes(const SamplingLaw& law, const OverlapRule& rule, const Counts& counts) {
  const auto n = static_cast<double>(law.size());
  FixedSizes sizes;
  sizes.high = law.size() - counts.always;
  sizes.sampled = round_half_even(counts.expected) - counts.always;
  const double centre_fraction = rule.centre_fraction.value_or(static_cast<double>(counts.always) / n);
  const double total = rule.total_acceleration.value_or(n / counts.expected);
  sizes.input_exact = (1 / rule.acceleration - centre_fraction) * n;
  sizes.input = round_half_even(sizes.input_exact);
  sizes.q_high = (1 / total - 1 / rule.acceleration) / (1 - 1 / rule.acceleration);
  sizes.overlap = round_half_even(sizes.input_exact * sizes.q_high);
  if (sizes.input < 1 || std::ceil(sizes.input_exact) >= static_cast<double>(sizes.sampled)) {
    fail(ErrorKind::kUsage, "{}: {} sampled lines outside the centre leave nothing beside an input of {:.4g}",
         law.text, sizes.sampled, sizes.input_exact);
  }
  if (rule.rounding == Rounding::kNearest && sizes.overlap == 0) {
    fail(ErrorKind::kUsage,
         "{}: {:.2g} lines should be in input and target, which rounds to none: lines of the input would "
         "never be in "
         "the loss; use random rounding",
         law.text, sizes.input_exact * sizes.q_high);
  }
  return sizes;
}

/// Up with the probability of the fraction, so that the mean is the value.
std::int64_t round_at_random(double value, double uniform) {
  const double below = std::floor(value);
  return static_cast<std::int64_t>(below) + (uniform < value - below);
}

struct PairWeights {
  double of_input, of_rest;
};

PairWeights fixed_weights(const FixedSizes& s, const OverlapRule& rule, double input) {
  PairWeights w{1 / s.q_high, 1 / s.q_high};
  if (rule.weights == Weights::kExact) {
    w.of_input = rule.rounding == Rounding::kRandom ? 1 / s.q_high : input / static_cast<double>(s.overlap);
    w.of_rest = (static_cast<double>(s.high) - input) / (static_cast<double>(s.sampled) - input);
  }
  return w;
}

OverlapSplit split_fixed(const SamplingMask& sampled, const SamplingLaw& law, const OverlapRule& rule,
                         const Counts& counts, const RandomStream& random) {
  const FixedSizes sizes = fixed_sizes(law, rule, counts);
  OverlapSplit split{sampled, std::vector<double>(sampled.sampled.size(), 0.0)};
  std::vector<std::int64_t> high;
  for (std::int64_t j = 0; j < law.size(); ++j) {
    if (sampled.sampled[static_cast<std::size_t>(j)] != 0 && !law.always(j)) {
      high.push_back(j);
    }
    split.weight[static_cast<std::size_t>(j)] = law.always(j) ? 1.0 : 0.0;
  }
  SELFSAME_CHECK(std::ssize(high) == sizes.sampled, "{} lines sampled outside the centre, the law {} says {}",
                 high.size(), law.text, sizes.sampled);
  std::int64_t input = sizes.input, overlap = sizes.overlap;
  if (rule.rounding == Rounding::kRandom) {
    input = round_at_random(sizes.input_exact, uniform_double(random, 0));
    overlap = round_at_random(static_cast<double>(input) * sizes.q_high, uniform_double(random, 1));
  }
  const PairWeights weights = fixed_weights(sizes, rule, static_cast<double>(input));
  for (const std::int64_t j : high) {
    split.input.sampled[static_cast<std::size_t>(j)] = 0;
    split.weight[static_cast<std::size_t>(j)] = weights.of_rest;
  }
  const std::vector<std::int64_t> chosen = choose(std::move(high), input, random, 2);
  for (std::int64_t i = 0; i < input; ++i) {
    const auto j = static_cast<std::size_t>(chosen[static_cast<std::size_t>(i)]);
    split.input.sampled[j] = 1;
    split.weight[j] = i < overlap ? weights.of_input : 0.0;
  }
  return split;
}

/// P(kept in the input | sampled) outside the centre, for independent draws.
double keep_of(const SamplingLaw& law, const OverlapRule& rule, const Counts& counts) {
  const auto always = static_cast<double>(counts.always);
  return (static_cast<double>(law.size()) / rule.acceleration - always) / (counts.expected - always);
}

OverlapSplit split_independent(const SamplingMask& sampled, const SamplingLaw& law, const OverlapRule& rule,
                               const Counts& counts, const RandomStream& random) {
  const double keep = keep_of(law, rule, counts);
  const std::size_t n = sampled.sampled.size();
  OverlapSplit split{sampled, std::vector<double>(n, 0.0)};
  for (std::size_t j = 0; j < n; ++j) {
    if (law.always(static_cast<std::int64_t>(j))) {
      split.weight[j] = 1;
    } else if (sampled.sampled[j] != 0) {
      const double q = in_loss_probability(law.probability[j], keep);
      const bool kept = uniform_double(random, j) < keep;
      split.input.sampled[j] = kept;
      split.weight[j] = !kept || uniform_double(random, n + j) < q ? 1 / q : 0.0;
    }
  }
  return split;
}

}  // namespace

OverlapSizes overlap_sizes(std::int64_t n, double centre_fraction, double acceleration,
                           double total_acceleration) {
  const double p = 1 / acceleration, mu = 1 / total_acceleration;
  const auto width = static_cast<double>(n);
  check_rates(p, mu, centre_fraction, fmt::format("{} lines", n));
  if (!(centre_fraction >= 0) || n < 1) {
    fail(ErrorKind::kUsage, "{} lines with a centre of {}: a centre is a part from 0 to 1", n,
         centre_fraction);
  }
  OverlapSizes s;
  s.n = n;
  s.centre = round_half_even(width * centre_fraction);
  s.centre_first = (n - s.centre + 1) / 2;
  s.q_high = (mu - p) / (1 - p);
  const double p_high = (p - centre_fraction) / (1 - centre_fraction);
  s.input = round_half_even((p - centre_fraction) * width);
  s.rest = round_half_even((mu - centre_fraction) * width) - s.input;
  s.overlap = round_half_even(p_high * s.q_high * (width - width * centre_fraction));
  if (s.input < 1 || s.rest < 1 || s.input + s.rest > s.high()) {
    fail(ErrorKind::kUsage, "{} lines are too few for a centre of {}, an input of 1/{} and 1/{} in all", n,
         centre_fraction, acceleration, total_acceleration);
  }
  return s;
}

OverlapSplit overlap_split(const SamplingMask& sampled, const SamplingLaw& law, const OverlapRule& rule,
                           const RandomStream& random) {
  SELFSAME_CHECK(std::ssize(sampled.sampled) == law.size(), "{} samples, law of {}", sampled.sampled.size(),
                 law.size());
  const Counts counts = check(law, rule);
  return law.dependence == Dependence::kFixedSize ? split_fixed(sampled, law, rule, counts, random)
                                                  : split_independent(sampled, law, rule, counts, random);
}

OverlapProbabilities overlap_probabilities(const SamplingLaw& law, const OverlapRule& rule) {
  const Counts counts = check(law, rule);
  const auto n = static_cast<std::size_t>(law.size());
  const std::vector<double> ones(n, 1.0);
  OverlapProbabilities out{ones, ones, ones, ones};
  const bool fixed = law.dependence == Dependence::kFixedSize;
  const FixedSizes sizes = fixed ? fixed_sizes(law, rule, counts) : FixedSizes{};
  const double input =
      rule.rounding == Rounding::kRandom ? sizes.input_exact : static_cast<double>(sizes.input);
  for (std::size_t j = 0; j < n; ++j) {
    if (law.always(static_cast<std::int64_t>(j))) {
      continue;
    }
    if (fixed) {
      const PairWeights weights = fixed_weights(sizes, rule, input);
      out.weight_of_input[j] = weights.of_input;
      out.weight_of_rest[j] = weights.of_rest;
      out.in_loss_of_input[j] =
          rule.rounding == Rounding::kRandom ? sizes.q_high : static_cast<double>(sizes.overlap) / input;
      out.in_loss_of_rest[j] =
          (static_cast<double>(sizes.sampled) - input) / (static_cast<double>(sizes.high) - input);
    } else {
      const double q = in_loss_probability(law.probability[j], keep_of(law, rule, counts));
      out.in_loss_of_input[j] = out.in_loss_of_rest[j] = q;
      out.weight_of_input[j] = out.weight_of_rest[j] = 1 / q;
    }
  }
  return out;
}

}  // namespace selfsame
