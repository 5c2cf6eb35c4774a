// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/splits.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/error.hpp"
#include "mri/masks/density.hpp"

namespace selfsame {
namespace {

using Dependence = SamplingLaw::Dependence;
using Selection = SplitRule::Selection;

/// True if all frequencies that are not always sampled have the same probability.
bool equal_probabilities(const SamplingLaw& law) {
  double first = -1;
  for (std::int64_t i = 0; i < law.size(); ++i) {
    const double p = law.probability[static_cast<std::size_t>(i)];
    if (!law.always(i) && first >= 0 && p != first) {
      return false;
    }
    first = law.always(i) ? first : p;
  }
  return true;
}

/// Whether the weights come from the counts of an example.
bool counted(const SamplingLaw& law, const SplitRule& rule) {
  return law.dependence == Dependence::kFixedSize || rule.selection == Selection::kFixedCount;
}

void check(const SamplingLaw& law, const SplitRule& rule) {
  SELFSAME_CHECK(std::ssize(law.probability) == law.size(), "{} probabilities of {}x{}",
                 law.probability.size(), law.h, law.w);
  if (!(rule.loss_share > 0 && rule.loss_share < 1)) {
    fail(ErrorKind::kUsage, "loss_share {} must be between 0 and 1", rule.loss_share);
  }
  if (!(rule.width > 0)) {
    fail(ErrorKind::kUsage, "the split's width {} must be positive", rule.width);
  }
  if (law.dependence == Dependence::kFixedSize && rule.selection == Selection::kGaussian) {
    fail(ErrorKind::kUsage,
         "a gaussian split has no closed-form weights for masks of a fixed size ({}); split uniformly, or "
         "sample "
         "every line independently",
         law.text);
  }
  if (rule.selection == Selection::kFixedCount &&
      (law.dependence == Dependence::kOther || !equal_probabilities(law))) {
    fail(ErrorKind::kUsage,
         "a split of a fixed count has no closed-form weights for {}: it needs lines that are drawn "
         "independently "
         "with one probability, or uniformly among the sets of one size; use a uniform or gaussian split",
         law.text);
  }
}

}  // namespace

SplitExactness split_exactness(const SamplingLaw& law, const SplitRule& rule) {
  check(law, rule);
  return law.dependence == Dependence::kOther ? SplitExactness::kApproximate : SplitExactness::kExact;
}

double in_loss_probability(double sampled, double keep) {
  const double outside = 1 - sampled * keep;
  return outside > 0 ? sampled * (1 - keep) / outside : 0.0;
}

std::vector<double> keep_probability(const SamplingLaw& law, const SplitRule& rule) {
  check(law, rule);
  const auto n = static_cast<std::size_t>(law.size());
  std::vector<double> keep(n, 1 - rule.loss_share);
  if (rule.selection == Selection::kGaussian) {
    std::vector<double> shape = squared_radius(law.h, law.w), mass = law.probability;
    double total = 0;
    for (std::size_t j = 0; j < n; ++j) {
      shape[j] = std::exp(-0.5 * shape[j] / (4 * rule.width * rule.width));
      mass[j] = rule.keep_always && law.always(static_cast<std::int64_t>(j)) ? 0.0 : mass[j];
      total += rule.loss_share * mass[j];
    }
    const double c = density_scale(shape, mass, 0, total);
    for (std::size_t j = 0; j < n; ++j) {
      keep[j] = 1 - std::min(1.0, c * shape[j]);
    }
  }
  for (std::size_t j = 0; j < n && rule.keep_always; ++j) {
    keep[j] = law.always(static_cast<std::int64_t>(j)) ? 1.0 : keep[j];
  }
  return keep;
}

std::vector<double> in_loss_probabilities(const SamplingLaw& law, const SplitRule& rule) {
  const std::vector<double> keep = keep_probability(law, rule);
  std::vector<double> in_loss(keep.size());
  double n = 0, sampled = 0;
  for (std::size_t j = 0; j < keep.size(); ++j) {
    in_loss[j] = in_loss_probability(law.probability[j], keep[j]);
    const bool high = !law.always(static_cast<std::int64_t>(j));
    n += high;
    sampled += high ? law.probability[j] : 0.0;
  }
  if (law.dependence == Dependence::kFixedSize && rule.selection == Selection::kFixedCount && sampled > 0) {
    const double loss =
        static_cast<double>(std::max<std::int64_t>(1, round_half_even(rule.loss_share * sampled)));
    for (std::size_t j = 0; j < keep.size(); ++j) {
      in_loss[j] = law.always(static_cast<std::int64_t>(j)) ? in_loss[j] : loss / (n - sampled + loss);
    }
  }
  return in_loss;
}

SamplingMask draw_input(const SamplingMask& sampled, const SamplingLaw& law, const SplitRule& rule,
                        std::span<const double> keep, const RandomStream& random) {
  const auto n = static_cast<std::size_t>(law.size());
  SELFSAME_CHECK(sampled.sampled.size() == n && keep.size() == n, "{} samples, {} probabilities, law of {}",
                 sampled.sampled.size(), keep.size(), n);
  SamplingMask input = sampled;
  std::vector<std::int64_t> high;  // sampled, not always sampled
  std::int64_t kept = 0;
  for (std::size_t j = 0; j < n; ++j) {
    const bool always = law.always(static_cast<std::int64_t>(j));
    if (sampled.sampled[j] != 0 && (always || rule.selection != Selection::kFixedCount)) {
      input.sampled[j] = uniform_double(random, j) < keep[j];
    }
    if (sampled.sampled[j] != 0 && !always) {
      high.push_back(static_cast<std::int64_t>(j));
      kept += input.sampled[j];
    }
  }
  if (high.empty() || !counted(law, rule)) {
    return input;
  }
  const auto m = std::ssize(high);
  std::int64_t taken_out = kept == m ? 1 : 0;
  if (rule.selection == Selection::kFixedCount) {
    taken_out = std::max<std::int64_t>(1, round_half_even(rule.loss_share * static_cast<double>(m)));
  }
  for (const std::int64_t j : choose(std::move(high), taken_out, random, n)) {
    input.sampled[static_cast<std::size_t>(j)] = 0;
  }
  return input;
}

std::vector<double> split_weights(const SamplingMask& sampled, const SamplingMask& input,
                                  const SamplingLaw& law, const SplitRule& rule,
                                  std::span<const double> keep) {
  check(law, rule);
  const auto size = static_cast<std::size_t>(law.size());
  SELFSAME_CHECK(sampled.sampled.size() == size && input.sampled.size() == size && keep.size() == size,
                 "{} samples, {} inputs, {} probabilities, law of {}", sampled.sampled.size(),
                 input.sampled.size(), keep.size(), size);
  if (const std::string why = impossible_frequencies(law, keep); !why.empty()) {
    fail(ErrorKind::kUsage, "no weights make this split unbiased: {}", why);
  }
  double n = 0, omega = 0, inside = 0;
  for (std::size_t j = 0; j < size; ++j) {
    const bool high = !law.always(static_cast<std::int64_t>(j));
    n += high;
    omega += high && sampled.sampled[j] != 0;
    inside += high && input.sampled[j] != 0;
  }
  std::vector<double> weight(size, 0.0);
  for (std::size_t j = 0; j < size; ++j) {
    if (sampled.sampled[j] == 0 || input.sampled[j] != 0) {
      continue;
    }
    if (law.always(static_cast<std::int64_t>(j))) {
      weight[j] = 1;
    } else if (counted(law, rule)) {
      weight[j] = (n - inside) / (omega - inside);
    } else {
      weight[j] = 1 / in_loss_probability(law.probability[j], keep[j]);
    }
  }
  return weight;
}

std::vector<double> loss_weights(std::span<const double> in_loss) {
  std::vector<double> weight;
  for (const double p : in_loss) {
    weight.push_back(p > 0 ? 1 / p : 0.0);
  }
  return weight;
}

std::string impossible_frequencies(const SamplingLaw& law, std::span<const double> keep) {
  std::vector<std::int64_t> never, unsplit;
  for (std::int64_t j = 0; j < law.size(); ++j) {
    const bool kept = !keep.empty() && keep[static_cast<std::size_t>(j)] >= 1;
    if (law.never(j)) {
      never.push_back(j);
    } else if (kept && !law.always(j)) {
      unsplit.push_back(j);
    }
  }
  std::string text = describe_frequencies(law, never, "never sampled by " + law.text);
  const std::string other =
      describe_frequencies(law, unsplit, "never in the loss: whenever sampled they are in the input");
  return text + (text.empty() || other.empty() ? "" : "; ") + other;
}

}  // namespace selfsame
