// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/preflight.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

using Verdict = MaskPreflight::Verdict;

/// A product of a probability and its inverse, and the arithmetic that made the probability, are exact to a
/// few roundings: far below this, and any real difference between frequencies is far above it.
constexpr double kSame = 1e-9;

Spread spread_of(const std::vector<double>& values) {
  Spread s;
  s.count = std::ssize(values);
  if (values.empty()) {
    return s;
  }
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  s.min = *low;
  s.max = *high;
  for (const double v : values) {
    s.mean += v / static_cast<double>(s.count);
  }
  double variance = 0;
  for (const double v : values) {
    variance += (v - s.mean) * (v - s.mean) / static_cast<double>(s.count);
  }
  s.cv = s.mean > 0 ? std::sqrt(variance) / s.mean : 0.0;
  return s;
}

/// The verdict of the numbers alone, and what it means.
void judge(MaskPreflight& p, const SamplingLaw& law) {
  const Spread& e = p.effective;
  if (e.count == 0) {
    p.verdict = Verdict::kImpossible;
    p.notes.emplace_back("no frequency is ever in the loss");
  } else if (e.max - e.min > kSame * e.max) {
    p.verdict = Verdict::kUneven;
    p.notes.push_back(
        fmt::format("frequencies count from {:.2f} to {:.2f} times their mean in the expected loss: the "
                    "gradient is biased",
                    e.min / e.mean, e.max / e.mean));
  } else if (std::abs(e.mean - 1) > kSame) {
    p.verdict = Verdict::kProportional;
    p.notes.push_back(fmt::format(
        "every frequency counts {:.4g} in the expected loss: the gradient is {:.4g} times the supervised one",
        e.mean, e.mean));
  } else if (law.dependence != SamplingLaw::Dependence::kOther) {
    p.notes.emplace_back("every frequency outside the input counts 1 in the expected loss: unbiased");
  }
  if (law.dependence == SamplingLaw::Dependence::kOther && p.verdict != Verdict::kImpossible) {
    p.verdict = Verdict::kDependent;
    p.notes.push_back(
        fmt::format("{}: samples depend on each other, so an input set tells which others were sampled. The "
                    "numbers are averages over input sets and the gradient is not unbiased for each",
                    law.text));
  }
}

std::string row(const char* what, const Spread& s) {
  if (s.count == 0) {
    return {};
  }
  return fmt::format("  {:<30} {:>10.4g} {:>10.4g} {:>10.4g} {:>8.3f}\n", what, s.min, s.mean, s.max, s.cv);
}

}  // namespace

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kExact:
      return "exact";
    case Verdict::kProportional:
      return "proportional";
    case Verdict::kUneven:
      return "uneven";
    case Verdict::kDependent:
      return "dependent";
    case Verdict::kImpossible:
      return "impossible";
  }
  return "?";
}

MaskPreflight mask_law_preflight(const SamplingLaw& law) {
  MaskPreflight p;
  p.size = law.size();
  std::vector<double> sampled;
  for (std::int64_t i = 0; i < law.size(); ++i) {
    const double probability = law.probability[static_cast<std::size_t>(i)];
    p.expected += probability;
    p.always += law.always(i);
    p.never += law.never(i);
    if (!law.always(i)) {
      sampled.push_back(probability);
    }
  }
  p.sampled = spread_of(sampled);
  return p;
}

MaskPreflight mask_preflight(const SamplingLaw& law, std::span<const double> in_loss,
                             std::span<const double> weight) {
  const auto size = static_cast<std::size_t>(law.size());
  SELFSAME_CHECK(law.probability.size() == size && in_loss.size() == size && weight.size() == size,
                 "{} probabilities, {} in the loss, {} weights, law of {}", law.probability.size(),
                 in_loss.size(), weight.size(), size);
  MaskPreflight p = mask_law_preflight(law);
  std::vector<std::int64_t> never, never_compared;
  std::vector<double> compared, weights, effective;
  for (std::int64_t i = 0; i < law.size(); ++i) {
    const auto j = static_cast<std::size_t>(i);
    if (law.never(i)) {
      never.push_back(i);
    } else if (in_loss[j] * weight[j] > 0) {
      compared.push_back(in_loss[j]);
      weights.push_back(weight[j]);
      effective.push_back(in_loss[j] * weight[j]);
    } else if (!law.always(i)) {
      never_compared.push_back(i);
    }
  }
  p.in_loss = spread_of(compared);
  p.weight = spread_of(weights);
  p.effective = spread_of(effective);
  for (std::string note : {describe_frequencies(law, never, "never sampled by " + law.text),
                           describe_frequencies(law, never_compared, "never in the loss")}) {
    if (!note.empty()) {
      p.notes.push_back(std::move(note) + "; no weights can make up for what is never compared");
    }
  }
  if (p.notes.empty()) {
    judge(p, law);
  } else {
    p.verdict = Verdict::kImpossible;
  }
  return p;
}

std::string preflight_table(const MaskPreflight& p) {
  std::string text =
      fmt::format("  {:<30} {:>10} {:>10} {:>10} {:>8}\n", "over frequencies", "min", "mean", "max", "cv");
  text += row("P(sampled) outside the centre", p.sampled) + row("P(in loss | not in input)", p.in_loss) +
          row("weight", p.weight) + row("in the expected loss", p.effective);
  text += fmt::format("  {}\n", name_of(p.verdict));
  for (const std::string& note : p.notes) {
    text += fmt::format("  - {}\n", note);
  }
  return text;
}

}  // namespace selfsame
