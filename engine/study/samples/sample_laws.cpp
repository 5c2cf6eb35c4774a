// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_laws.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/study/samples/power_law.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kFewestSizes = 4;       // three numbers of a law, and one to see that it holds
constexpr std::size_t kFewestSizesOther = 3;  // of a method that adds one number to a joint law

LawCurve curve_of(const std::vector<std::int64_t>& examples, const RiskDraws& draws, const double* logs) {
  LawCurve curve;
  for (std::size_t k = 0; k < draws.sizes.size(); ++k) {
    curve.examples.push_back(static_cast<double>(examples[draws.sizes[k]]));
    curve.risks.push_back(std::exp(logs[k]));
  }
  return curve;
}

/// Why a method alone has no law; empty if it may have one.
std::string obstacle(const std::vector<std::int64_t>& examples, const RiskDraws& draws,
                     std::size_t resamples) {
  if (draws.sizes.size() < kFewestSizes) {
    return fmt::format("{} numbers of examples, a power law needs {}", draws.sizes.size(), kFewestSizes);
  }
  if (!draws.falls(resamples)) {
    return fmt::format("the risk with {} examples is not clearly below that with {}",
                       examples[draws.sizes.back()], examples[draws.sizes.front()]);
  }
  return "";
}

std::string fault_of(const PowerLaw& law) {
  if (law.flat()) {
    return "no falling power law fits";
  }
  return law.at_edge()
             ? fmt::format("no exponent between {:g} and {:g} fits", kSmallestExponent, kLargestExponent)
             : std::string();
}

/// One number of a law: its value, and its interval over the resampled laws.
template <typename NumberOf>
SampleInterval number(const PowerLaw& law, const std::vector<PowerLaw>& resampled, NumberOf&& number_of) {
  std::vector<double> values;
  for (const PowerLaw& one : resampled) {
    values.push_back(number_of(one));
  }
  return interval_of(number_of(law), std::move(values));
}

}  // namespace

SampleLaw law_of(const std::vector<std::int64_t>& examples, const RiskDraws& draws, std::size_t resamples) {
  SampleLaw result;
  result.missing = obstacle(examples, draws, resamples);
  if (!result.missing.empty()) {
    return result;
  }
  LawCurve curve = curve_of(examples, draws, draws.logs.data());
  const PowerLaw law = fit_power_law({&curve, 1});
  result.missing = fault_of(law);
  if (!result.missing.empty()) {
    return result;
  }
  std::vector<PowerLaw> resampled;
  for (std::size_t i = 0; draws.repeated && i < resamples; ++i) {
    curve = curve_of(examples, draws, draws.row(i));
    resampled.push_back(fit_power_law({&curve, 1}));
  }
  result.floor = number(law, resampled, [](const PowerLaw& one) { return one.floor; });
  result.scale = number(law, resampled, [](const PowerLaw& one) { return one.scales[0]; });
  result.exponent = number(law, resampled, [](const PowerLaw& one) { return one.exponent; });
  result.worst = law.worst;
  return result;
}

SampleJointLaw joint_law_of(const std::vector<std::int64_t>& examples, const std::vector<RiskDraws>& methods,
                            std::size_t resamples, double offset) {
  SampleJointLaw result;
  result.scales.resize(methods.size());
  result.factors.resize(methods.size());
  result.missing = obstacle(examples, methods[0], resamples);
  std::vector<std::size_t> members;  // the first method is members[0]
  bool repeated = true;
  for (std::size_t m = 0; m < methods.size(); ++m) {
    if (m == 0 || methods[m].sizes.size() >= kFewestSizesOther) {
      members.push_back(m);
      repeated &= methods[m].repeated;
    }
  }
  if (result.missing.empty() && members.size() < 2) {
    result.missing = fmt::format("no other method has {} numbers of examples", kFewestSizesOther);
  }
  if (!result.missing.empty()) {
    return result;
  }
  const auto fit = [&](auto&& logs_of) {
    std::vector<LawCurve> curves;
    for (const std::size_t m : members) {
      curves.push_back(curve_of(examples, methods[m], logs_of(methods[m])));
    }
    return fit_power_law(curves, offset);
  };
  const PowerLaw law = fit([](const RiskDraws& draws) { return draws.logs.data(); });
  result.missing = fault_of(law);
  if (!result.missing.empty()) {
    return result;
  }
  std::vector<PowerLaw> resampled;
  for (std::size_t i = 0; repeated && i < resamples; ++i) {
    resampled.push_back(fit([i](const RiskDraws& draws) { return draws.row(i); }));
  }
  result.floor = number(law, resampled, [](const PowerLaw& one) { return one.floor; });
  result.exponent = number(law, resampled, [](const PowerLaw& one) { return one.exponent; });
  result.offset = number(law, resampled, [](const PowerLaw& one) { return one.offset; });
  for (std::size_t c = 0; c < members.size(); ++c) {
    result.scales[members[c]] = number(law, resampled, [c](const PowerLaw& one) { return one.scales[c]; });
    result.factors[members[c]] = number(law, resampled, [c](const PowerLaw& one) {
      // A resample without a fall has the factor 0 / 0 or x / 0: not a number, or infinite.
      return std::pow(std::max(one.scales[c], 0.0) / std::max(one.scales[0], 0.0), 1 / one.exponent);
    });
  }
  result.worst = law.worst;
  return result;
}

}  // namespace selfsame
