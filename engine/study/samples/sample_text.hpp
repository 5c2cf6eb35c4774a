// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "engine/study/samples/sample_answer.hpp"
#include "engine/study/samples/sample_results.hpp"

/// A study of training sizes in words: for the terminal, and the numbers of its report.
namespace selfsame {

// Numbers for readers; "–" for what is unknown.
[[nodiscard]] std::string risk_text(double risk);      ///< "0.001234": 4 digits
[[nodiscard]] std::string psnr_text(double psnr);      ///< "29.12"
[[nodiscard]] std::string ssim_text(double ssim);      ///< "0.8341"
[[nodiscard]] std::string factor_text(double factor);  ///< "2.13", "21.3", "213"

/// "[1.70, 2.90]", each end in the words of `number`; empty where there is no interval.
[[nodiscard]] std::string bounds_text(const SampleInterval& interval, std::string (*number)(double));
/// "2.13 [1.70, 2.90]"; the value alone where there is no interval.
[[nodiscard]] std::string interval_text(const SampleInterval& interval, std::string (*number)(double));

/// What may be said of the extra examples in a table: "2.13 [1.70, 2.90]", "about 2.13" (one seed), "≥ 4.00",
/// "≤ 0.50", "not told apart", "flat" or "–".
[[nodiscard]] std::string extra_text(const ExtraExamples& extra);

/// "27 of 36 runs are done; 1 of them failed." Empty if all are done and none failed.
[[nodiscard]] std::string sample_state_text(const SampleResults& results);

/// The answer for a terminal: the sentence, a table of risk, PSNR and factor by number of examples and
/// method, notes, and the state of an unfinished study. Control characters of labels are shown as '?'.
[[nodiscard]] std::string sample_answer_text(const SampleResults& results, const SampleAnswer& answer);

}  // namespace selfsame
