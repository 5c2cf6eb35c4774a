// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <vector>

#include "engine/verify/verification.hpp"

namespace selfsame {

/// How the excess variance of a self-supervised gradient grows (docs/verification.md).
struct VarianceLaw {
  std::string name, x_label;
  struct Point {
    double x = 0;                      ///< what is varied
    double excess = 0, predicted = 0;  ///< tr Cov g_ss - tr Cov g_sup over |E g|^2, and the law's value
    double lower = 0, upper = 0;       ///< 95 % interval of the excess
  };
  std::vector<Point> points;
  double ratio = 0, ratio_lower = 0, ratio_upper = 0, expected_ratio = 0;  ///< of the last two points
};

/// All comparisons of a verification and what they were made on: what is shown, written and reported.
struct VerificationRecord {
  std::string network, data, command;
  double alpha = 0.05, tolerance = 0.05;
  std::vector<Comparison> comparisons;
  std::vector<VarianceLaw> laws;
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
