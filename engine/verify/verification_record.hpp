// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <vector>

#include "engine/verify/verification.hpp"

namespace selfsame {

/// All comparisons of a verification and what they were made on: what is shown, written and reported.
struct VerificationRecord {
  std::string network, data, command;
  double alpha = 0.05, tolerance = 0.05;
  std::vector<Comparison> comparisons;
  /// True if every verdict is what the objective claims, and every control was flagged.
  [[nodiscard]] bool all_as_claimed() const;
};

/// "0.4 %": a relative bias for a person; "-" if not finite.
[[nodiscard]] std::string percent_text(double relative);

/// One line of the table on the terminal, and its head.
[[nodiscard]] std::string comparison_line(const Comparison& comparison);
[[nodiscard]] std::string comparison_head();

/// Everything as JSON with the build and machine.
[[nodiscard]] std::string to_json(const VerificationRecord& record);

}  // namespace selfsame
