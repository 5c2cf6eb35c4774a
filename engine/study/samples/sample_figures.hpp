// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "engine/study/samples/sample_answer.hpp"
#include "engine/study/samples/sample_results.hpp"

/// Figures of the report of a study of training sizes: HTML with all text escaped. A method has the same
/// colour in all of them.
namespace selfsame {

/// Against the number of training examples: risk with its intervals and fitted power laws, PSNR, SSIM where
/// it is known, gaps to the first method, and how many times more examples a method needs beside what the
/// variance of its gradients predicts. What has no numbers is left out.
[[nodiscard]] std::string sample_plots_html(const SampleResults& results, const SampleAnswer& answer);

/// Ratios of gradient variances with their intervals; empty if there are none.
[[nodiscard]] std::string sample_variances_html(const SampleResults& results);

/// The validation metric over the steps of every run, one plot per method with the same range; empty if no
/// run has any.
[[nodiscard]] std::string sample_curves_html(const SampleResults& results);

}  // namespace selfsame
