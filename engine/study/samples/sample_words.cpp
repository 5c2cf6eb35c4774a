// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/study/samples/sample_text.hpp"

namespace selfsame {
namespace {

constexpr double kPoorFit = 0.1;  // a joint law that misses a mean by more is not to be relied on

/// A bound that says more than which method is better.
bool tells(const ExtraExamples& extra) {
  return (extra.kind == ExtraKind::kAtLeast && extra.factor.low >= 1.05) ||
         (extra.kind == ExtraKind::kAtMost && extra.factor.high <= 0.95);
}

/// Sizes of the kind, in words: "20", "20 to 80".
std::string range_text(const SampleResults& results, const std::vector<std::size_t>& sizes) {
  const std::int64_t low = results.sizes[sizes.front()], high = results.sizes[sizes.back()];
  return low == high ? fmt::format("{}", low) : fmt::format("{} to {}", low, high);
}

class MethodWords {
 public:
  MethodWords(const SampleResults& results, const SampleAnswer& answer, std::size_t method)
      : results_(results), answer_(answer), method_(method) {
    for (std::size_t size = 0; size < results.sizes.size(); ++size) {
      by_kind_[static_cast<std::size_t>(answer.extra(method, size).kind)].push_back(size);
    }
  }

  std::string text() const {
    const std::string& name = results_.methods[method_];
    const SampleInterval& factor = answer_.factors[method_];
    if (compared() == 0) {
      return name + " has no runs to compare yet";
    }
    if (factor.known()) {
      const bool bounded = factor.bounded();
      return fmt::format("{} needs {} times as many examples (measured with {} of its own{}){}", name,
                         interval_text(factor, factor_text),
                         range_text(results_, of(bounded ? ExtraKind::kValue : ExtraKind::kEstimate)),
                         bounded ? "" : "; one seed, so no interval", tail());
    }
    if (!answer_.trends[method_ - 1].clear && results_.seeds.size() > 1) {
      std::vector<std::size_t> all;
      for (std::size_t size = 0; size < results_.sizes.size(); ++size) {
        if (answer_.extra(method_, size).kind != ExtraKind::kNothing) {
          all.push_back(size);
        }
      }
      return fmt::format("{} cannot be told apart from it with {} examples", name, range_text(results_, all));
    }
    if (const ExtraExamples* least = strongest(ExtraKind::kAtLeast)) {
      return fmt::format("{} needs more than {} times as many examples (measured with {} of its own){}", name,
                         factor_text(least->factor.low), results_.sizes[least->size], tail());
    }
    if (const ExtraExamples* most = strongest(ExtraKind::kAtMost)) {
      return fmt::format("{} needs fewer than {} times as many examples (measured with {} of its own){}",
                         name, factor_text(most->factor.high), results_.sizes[most->size], tail());
    }
    return fmt::format("how many more examples {} needs cannot be said{}", name, tail());
  }

 private:
  const std::vector<std::size_t>& of(ExtraKind kind) const {
    return by_kind_[static_cast<std::size_t>(kind)];
  }
  std::size_t compared() const { return results_.sizes.size() - of(ExtraKind::kNothing).size(); }

  /// The bound that is farthest from 1.
  const ExtraExamples* strongest(ExtraKind kind) const {
    const ExtraExamples* best = nullptr;
    for (const std::size_t size : of(kind)) {
      const ExtraExamples& extra = answer_.extra(method_, size);
      if (tells(extra) &&
          (best == nullptr || extra.factor.low > best->factor.low || extra.factor.high < best->factor.high)) {
        best = &extra;
      }
    }
    return best;
  }

  /// "; with 160 or more examples the two cannot be told apart": sizes from which on nothing else was found.
  std::string tail() const {
    std::size_t from = results_.sizes.size();
    for (std::size_t size = results_.sizes.size(); size-- > 0;) {
      const ExtraKind kind = answer_.extra(method_, size).kind;
      if (kind == ExtraKind::kMerged) {
        from = size;
      } else if (kind != ExtraKind::kNothing) {
        break;
      }
    }
    if (from == results_.sizes.size()) {
      return "";
    }
    return from == of(ExtraKind::kMerged).back()
               ? fmt::format("; with {} examples the two cannot be told apart", results_.sizes[from])
               : fmt::format("; with {} or more examples the two cannot be told apart", results_.sizes[from]);
  }

  const SampleResults& results_;
  const SampleAnswer& answer_;
  std::size_t method_;
  std::vector<std::size_t> by_kind_[7];
};

void add_coverage_notes(std::vector<std::string>& notes, const SampleResults& results,
                        const ScoreTable& table) {
  const std::int64_t ended = static_cast<std::int64_t>(results.runs.size());
  if (ended < results.planned) {
    notes.push_back(
        fmt::format("{} of {} runs are done: this is the answer of those.", ended, results.planned));
  }
  notes.insert(notes.end(), table.left_out().begin(), table.left_out().end());
  for (std::size_t m = 1; m < results.methods.size(); ++m) {
    std::string partly, single;
    std::size_t most = 0;
    for (std::size_t size = 0; size < results.sizes.size(); ++size) {
      most = std::max(most, table.shared(0, m, size).size());
    }
    const auto add = [](std::string& list, const std::string& item) {
      list += (list.empty() ? "" : ", ") + item;
    };
    for (std::size_t size = 0; size < results.sizes.size(); ++size) {
      const std::size_t both = table.shared(0, m, size).size(), first = table.seeds(0, size).size(),
                        other = table.seeds(m, size).size();
      if (both < std::max(first, other)) {
        add(partly,
            fmt::format("{} of {} seeds at N = {}", both, std::max(first, other), results.sizes[size]));
      }
      if (both == 1 && most > 1) {
        add(single, fmt::format("{}", results.sizes[size]));
      }
    }
    if (!partly.empty()) {
      notes.push_back(fmt::format("{} and {} are compared by the seeds that both have: {}.",
                                  results.methods[m], results.methods[0], partly));
    }
    if (!single.empty()) {
      notes.push_back(
          fmt::format("{}: one seed at N = {}, which is left out of intervals.", results.methods[m], single));
    }
  }
  if (results.seeds.size() == 1) {
    notes.push_back("One seed: nothing tells how much trainings vary, so there are no intervals.");
  }
  if (results.images.size() == 1) {
    notes.push_back("One test image: intervals are over seeds alone.");
  }
}

}  // namespace

std::string extra_sentence(const SampleResults& results, const ExtraExamples& extra) {
  const std::string& name = results.methods[extra.method];
  const std::string& first = results.methods[0];
  const std::int64_t examples = results.sizes[extra.size];
  const auto as_good_as = [&] {
    return fmt::format("{} with {} examples does as well as {} with {:.0f}", name, examples, first,
                       static_cast<double>(examples) / extra.factor.value);
  };
  switch (extra.kind) {
    case ExtraKind::kValue:
      return fmt::format("{}: it needs {} times as many.", as_good_as(),
                         interval_text(extra.factor, factor_text));
    case ExtraKind::kEstimate:
      return fmt::format("{}: it needs about {} times as many, by one seed and so without an interval.",
                         as_good_as(), factor_text(extra.factor.value));
    case ExtraKind::kAtLeast:
      return tells(extra)
                 ? fmt::format(
                       "With {} examples, {} needs more than {} times as many as {}; how many is beyond the "
                       "measured numbers of examples.",
                       examples, name, factor_text(extra.factor.low), first)
                 : fmt::format(
                       "With {} examples, {} does worse than {}; how many more it needs is beyond the "
                       "measured numbers of examples.",
                       examples, name, first);
    case ExtraKind::kAtMost:
      return tells(extra)
                 ? fmt::format(
                       "With {} examples, {} needs fewer than {} times as many as {}; how many is beyond "
                       "the measured numbers of examples.",
                       examples, name, factor_text(extra.factor.high), first)
                 : fmt::format(
                       "With {} examples, {} and {} differ, but how many examples that is lies beyond the "
                       "measured numbers of examples.",
                       examples, name, first);
    case ExtraKind::kMerged:
      return fmt::format("With {} examples, {} and {} cannot be told apart.", examples, name, first);
    case ExtraKind::kFlat:
      return fmt::format(
          "With {} examples, {} and {} differ, but the risk of {} changes too little with the "
          "number of examples to say how many that is.",
          examples, name, first, first);
    case ExtraKind::kNothing:
      break;
  }
  return fmt::format("With {} examples, there is nothing to compare {} with {} by.", examples, name, first);
}

std::string answer_sentence(const SampleResults& results, const SampleAnswer& answer) {
  if (results.methods.size() == 1) {
    return "There is one method: nothing to compare.";
  }
  std::string methods;
  for (std::size_t m = 1; m < results.methods.size(); ++m) {
    methods += (methods.empty() ? "" : "; ") + MethodWords(results, answer, m).text();
  }
  return fmt::format("For the risk of {}, {}.", results.methods[0], methods);
}

std::vector<std::string> answer_notes(const SampleResults& results, const ScoreTable& table,
                                      const SampleAnswer& answer) {
  std::vector<std::string> notes;
  add_coverage_notes(notes, results, table);
  for (const SampleLaw& law : answer.laws) {
    if (!law.missing.empty()) {
      notes.push_back(fmt::format("No power law for {}: {}.", results.methods[law.method], law.missing));
    }
  }
  if (!answer.joint.missing.empty() && results.methods.size() > 1) {
    notes.push_back(fmt::format("No joint power law: {}.", answer.joint.missing));
  } else if (answer.joint.worst > kPoorFit) {
    notes.push_back(
        fmt::format("The joint power law misses a mean risk by {:.0f} %: its factors are no more than "
                    "a description.",
                    100 * answer.joint.worst));
  }
  return notes;
}

}  // namespace selfsame
