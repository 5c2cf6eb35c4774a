// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace selfsame {

/// Option values by name: numbers, or one of the words that an option knows.
using ObjectiveOptionValue = std::variant<double, std::string>;
using ObjectiveOptions = std::map<std::string, ObjectiveOptionValue>;

/// One option of an objective: a number from min to max, or, if there are `choices`, one of these words.
struct ObjectiveOption {
  std::string_view name, doc;
  /// none: may stay absent, the doc says what that means
  std::variant<std::monostate, double, std::string_view> default_value;
  double min = 0, max = 0;
  std::span<const std::string_view> choices;
  /// A standard deviation of noise: configurations give it in noise.unit, and absent it is noise.sigma.
  bool noise_sigma = false;
};

/// Checks the given options and adds the defaults of the others.
/// Errors: Error(kUsage) for an unknown option, a number out of range or an unknown word; the message names
/// the objective and lists what is known.
[[nodiscard]] ObjectiveOptions complete_options(std::string_view objective,
                                                std::span<const ObjectiveOption> known,
                                                const ObjectiveOptions& given);

/// Of completed options. number, flag and word: Error(kInternal) if it is not there.
[[nodiscard]] double number(const ObjectiveOptions& options, const std::string& name);
[[nodiscard]] std::optional<double> optional_number(const ObjectiveOptions& options, const std::string& name);
[[nodiscard]] bool flag(const ObjectiveOptions& options, const std::string& name);
[[nodiscard]] const std::string& word(const ObjectiveOptions& options, const std::string& name);

}  // namespace selfsame
