// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>

namespace selfsame {

/// What the paper's authors published for figure 1 (n = 100, d = 10, sigma = 0.1): risks, means of 5 runs.
struct Figure1Value {
  double early = 0;      ///< best iterate
  double converged = 0;  ///< least squares
};

/// For the numbers of examples of their notebook and target noise 0, 0.05, 0.1 or 0.2; absent for others.
/// Source: notebook output in MLI-lab/sample_complexity_ss_recon, commit 4fa0b71, to five digits.
[[nodiscard]] std::optional<Figure1Value> figure1_value(std::int64_t examples, double target_sigma);

}  // namespace selfsame
