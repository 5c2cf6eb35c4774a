// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/verification_record.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "engine/run/environment.hpp"

namespace selfsame {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no infinity: a bound that is not there is null.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json json_of(const Look& look) {
  return {{"draws", look.draws},
          {"p_value", number(look.p_value)},
          {"level", number(look.level)},
          {"relative_bias", number(look.relative_bias)},
          {"lower", number(look.lower)},
          {"upper", number(look.upper)},
          {"bound_confidence", number(look.bound_confidence)}};
}

Json json_of(const Comparison& c) {
  Json j;
  j["objective"] = c.objective;
  j["point"] = c.point;
  j["claim"] = {{"unbiased", c.claim.unbiased},
                {"risk", c.claim.risk},
                {"input", c.claim.input},
                {"conditions", c.claim.conditions}};
  j["control"] = c.control;
  j["verdict"] = verdict_name(c.verdict);
  j["as_claimed"] = c.as_claimed();
  j["draws"] = c.draws;
  j["seconds"] = number(c.seconds);
  j["p_value"] = number(c.p_value);
  j["relative_bias"] = {{"estimate", number(c.bias.relative)},
                        {"lower95", number(c.lower)},
                        {"upper95", number(c.upper)},
                        {"up_to_scale", number(c.bias.relative_up_to_scale)},
                        {"scale", number(c.bias.scale)}};
  j["detectable_with_95_percent_power"] = {{"random_direction", number(c.detectable.generic)},
                                           {"along_gradient", number(c.detectable.along_gradient)}};
  j["variance"] = {{"supervised_over_squared_gradient", number(c.variance.relative_supervised)},
                   {"self_supervised_over_squared_gradient", number(c.variance.relative_self_supervised)},
                   {"ratio", number(c.variance.ratio)},
                   {"lower95", number(c.variance.lower)},
                   {"upper95", number(c.variance.upper)}};
  j["predicted_extra_sample_factor"] = number(c.variance.ratio);
  for (const Look& look : c.looks) {
    j["looks"].push_back(json_of(look));
  }
  for (const Comparison::Layer& layer : c.layers) {
    j["layers"].push_back({{"name", layer.name},
                           {"relative_bias", number(layer.relative)},
                           {"upper95", number(layer.upper)},
                           {"p_value_holm", number(layer.p_holm)}});
  }
  for (const GroupedDifference::Group& g : c.groups) {
    j["columns"].push_back({{"name", g.name},
                            {"relative", number(g.relative)},
                            {"lower95", number(g.relative_lower)},
                            {"upper95", number(g.relative_upper)},
                            {"p_value_holm", number(g.p_holm)}});
  }
  return j;
}

}  // namespace

bool VerificationRecord::all_as_claimed() const {
  return std::all_of(comparisons.begin(), comparisons.end(),
                     [](const Comparison& c) { return c.as_claimed(); });
}

std::string percent_text(double relative) {
  if (!std::isfinite(relative)) {
    return "-";
  }
  const double percent = 100 * relative;
  return percent < 10 ? fmt::format("{:.2f} %", percent) : fmt::format("{:.0f} %", percent);
}

std::string comparison_head() {
  return fmt::format("{:<31} {:<10} {:<9} {:<24} {:>8} {:>9} {:>8} {:>7} {:>16}", "objective", "weights",
                     "claims", "found", "bias", "95 % <=", "p", "draws", "variance ratio");
}

std::string comparison_line(const Comparison& c) {
  const std::string p = c.p_value < 1e-4 ? "< 1e-4" : fmt::format("{:.4f}", c.p_value);
  return fmt::format(
      "{:<31} {:<10} {:<9} {:<24} {:>8} {:>9} {:>8} {:>7} {:>16}", c.objective, c.point,
      c.claim.unbiased && !c.control ? "unbiased" : "biased",
      fmt::format("{}{}", verdict_name(c.verdict), c.as_claimed() ? "" : "  <--"),
      percent_text(c.bias.relative), percent_text(c.upper), p, c.draws,
      fmt::format("{:.2f} [{:.2f}, {:.2f}]", c.variance.ratio, c.variance.lower, c.variance.upper));
}

std::string to_json(const VerificationRecord& record) {
  Json j;
  j["what"] = "gradients of self-supervised objectives against those of supervised risks";
  j["date"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  j["command"] = record.command;
  for (const auto& [key, value] : build_and_machine()) {
    j["environment"][key] = value;
  }
  j["network"] = record.network;
  j["data"] = record.data;
  j["alpha"] = record.alpha;
  j["tolerance"] = record.tolerance;
  j["all_as_claimed"] = record.all_as_claimed();
  for (const Comparison& c : record.comparisons) {
    j["comparisons"].push_back(json_of(c));
  }
  for (const VarianceLaw& law : record.laws) {
    Json points = Json::array();
    for (const VarianceLaw::Point& p : law.points) {
      points.push_back({{"x", p.x},
                        {"excess", number(p.excess)},
                        {"lower95", number(p.lower)},
                        {"upper95", number(p.upper)},
                        {"predicted", number(p.predicted)}});
    }
    j["laws"].push_back({{"name", law.name},
                         {"x", law.x_label},
                         {"points", points},
                         {"ratio", number(law.ratio)},
                         {"ratio_lower95", number(law.ratio_lower)},
                         {"ratio_upper95", number(law.ratio_upper)},
                         {"expected_ratio", number(law.expected_ratio)}});
  }
  return j.dump(2) + "\n";
}

}  // namespace selfsame
