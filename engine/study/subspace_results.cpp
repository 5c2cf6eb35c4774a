// SPDX-License-Identifier: Apache-2.0
#include "engine/study/subspace_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "engine/files/json_text.hpp"

namespace selfsame {
namespace {

constexpr double kStandardErrors = 3;

template <typename Deviation>
ClosedFormSummary summarise(const SubspaceStudy& study, Deviation&& deviation_of) {
  ClosedFormSummary summary;
  for (const SubspacePoint& point : study.points) {
    const double deviation = std::abs(deviation_of(point));
    if (std::isnan(deviation)) {
      continue;
    }
    ++summary.points;
    summary.within += deviation <= kStandardErrors ? 1 : 0;
    if (deviation > summary.largest) {
      summary.largest = deviation;
      summary.largest_examples = point.examples;
      summary.largest_sigma = point.target_sigma;
    }
  }
  return summary;
}

JsonObject json_of(const Estimate& e) {
  return JsonObject().add("mean", e.mean).add("standard_error", e.error).add("median", e.median);
}

JsonObject json_of(const SampleInterval& i) {
  return JsonObject().add("value", i.value).add("lower95", i.low).add("upper95", i.high);
}

JsonObject json_of(const ClosedFormSummary& s) {
  return JsonObject()
      .add("points", s.points)
      .add("within_3_standard_errors", s.within)
      .add("largest_deviation", s.largest)
      .add("at_examples", s.largest_examples)
      .add("at_target_sigma", s.largest_sigma);
}

/// [ one per line ]
template <typename List, typename Write>
std::string json_list(const List& list, Write&& write) {
  std::string out = "[";
  for (const auto& item : list) {
    out += fmt::format("{}\n    {}", out.size() > 1 ? "," : "", write(item).text());
  }
  return out + "\n  ]";
}

std::string csv_number(double value) {
  std::string out;
  if (std::isfinite(value)) {
    append_json_number(out, value);
  }
  return out;
}

}  // namespace

std::string utc_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &utc);
  return text;
}

ClosedFormSummary summarise_converged(const SubspaceStudy& study) {
  return summarise(study, [](const SubspacePoint& p) { return p.converged_deviation(); });
}

ClosedFormSummary summarise_restricted(const SubspaceStudy& study) {
  return summarise(study, [](const SubspacePoint& p) { return p.restricted_deviation(); });
}

EarlyStoppingSummary summarise_early(const SubspaceStudy& study) {
  EarlyStoppingSummary summary;
  for (const SubspacePoint& point : study.points) {
    if (point.examples < 2 * study.problem.d || !std::isfinite(point.closed_restricted)) {
      continue;
    }
    const double ratio = point.early.mean / point.closed_restricted;
    if (summary.lowest_examples == 0 || ratio < summary.lowest_ratio) {
      summary.lowest_ratio = ratio;
      summary.lowest_examples = point.examples;
      summary.lowest_sigma = point.target_sigma;
    }
    if (summary.highest_examples == 0 || ratio > summary.highest_ratio) {
      summary.highest_ratio = ratio;
      summary.highest_examples = point.examples;
      summary.highest_sigma = point.target_sigma;
    }
  }
  return summary;
}

double largest_step_difference(const SubspaceStudy& study) {
  double largest = 0;
  for (const StepCheck& check : study.checks) {
    largest = std::max(largest, std::abs(check.by_steps - check.closed) / check.closed);
  }
  return largest;
}

std::string subspace_json(const SubspaceStudy& study, const StudyContext& context) {
  const SubspaceProblem& p = study.problem;
  const EarlyStoppingSummary early = summarise_early(study);
  JsonObject environment;
  for (const auto& [name, value] : context.environment) {
    environment.add(name, value);
  }
  std::string head =
      JsonObject()
          .add("study", "subspace")
          .add("name", context.name)
          .add("date", context.date)
          .add("command", context.command)
          .add("device", context.device)
          .add("threads", context.threads)
          .add("seconds", context.seconds)
          .add("seed", context.seed)
          .add("repeats", study.repeats)
          .add("environment", environment)
          .add("problem", JsonObject()
                              .add("n", p.n)
                              .add("d", p.d)
                              .add("sigma", p.sigma)
                              .add("optimal_risk", p.optimal_risk()))
          .add("least_squares_against_L1", json_of(summarise_converged(study)))
          .add("subspace_against_L2", json_of(summarise_restricted(study)))
          .add("early_stopped_over_L2", JsonObject()
                                            .add("lowest", early.lowest_ratio)
                                            .add("lowest_at_examples", early.lowest_examples)
                                            .add("lowest_at_target_sigma", early.lowest_sigma)
                                            .add("highest", early.highest_ratio)
                                            .add("highest_at_examples", early.highest_examples)
                                            .add("highest_at_target_sigma", early.highest_sigma))
          .add("risks_evaluated", study.evaluations)
          .add("largest_step_difference", largest_step_difference(study))
          .text();
  head.pop_back();
  const std::string points = json_list(study.points, [](const SubspacePoint& point) {
    return JsonObject()
        .add("examples", point.examples)
        .add("target_sigma", point.target_sigma)
        .add("early_stopped", json_of(point.early))
        .add("median_iterations", point.median_iterations)
        .add("least_squares", json_of(point.converged))
        .add("least_squares_L1", point.closed_converged)
        .add("subspace", json_of(point.restricted))
        .add("subspace_L2", point.closed_restricted);
  });
  const std::string factors = json_list(study.factors, [](const ExtraSamples& f) {
    return JsonObject()
        .add("estimator", f.estimator)
        .add("target_sigma", f.target_sigma)
        .add("factor", f.factor)
        .add("standard_error", f.error)
        .add("expected", f.expected)
        .add("sizes", f.sizes);
  });
  const std::string fitted = json_list(study.fitted, [](const FittedExtraSamples& f) {
    return JsonObject()
        .add("estimator", f.estimator)
        .add("target_sigma", f.target_sigma)
        .add("factor", json_of(f.factor))
        .add("expected", f.expected)
        .add("exponent", json_of(f.exponent))
        .add("offset", json_of(f.offset))
        .add("floor", json_of(f.floor))
        .add("sizes", f.sizes);
  });
  const std::string checks = json_list(study.checks, [](const StepCheck& c) {
    return JsonObject()
        .add("examples", c.examples)
        .add("iterations", c.iterations)
        .add("risk_by_steps", c.by_steps)
        .add("risk_closed", c.closed);
  });
  return fmt::format(
      "{},\n  \"extra_samples\": {},\n  \"extra_samples_fitted\": {},\n  \"points\": {},\n  \"steps\": "
      "{}}}\n",
      head, factors, fitted, points, checks);
}

std::string subspace_csv(const SubspaceStudy& study) {
  std::string out =
      "examples,target_sigma,early_stopped,early_stopped_se,median_iterations,least_squares,least_squares_se,"
      "least_squares_median,least_squares_L1,subspace,subspace_se,subspace_L2\n";
  for (const SubspacePoint& p : study.points) {
    out += fmt::format("{}", p.examples);
    for (const double value : {p.target_sigma, p.early.mean, p.early.error, p.median_iterations,
                               p.converged.mean, p.converged.error, p.converged.median, p.closed_converged,
                               p.restricted.mean, p.restricted.error, p.closed_restricted}) {
      out += ',';
      out += csv_number(value);
    }
    out += "\n";
  }
  return out;
}

}  // namespace selfsame
