// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>

#include "engine/report/run_record.hpp"

namespace selfsame {

// The pieces from which training_report.cpp builds its pages; each returns HTML with all text escaped.

/// "29.12 dB" for psnr, "0.8341" for ssim, 4 significant digits otherwise; "-" if not finite.
[[nodiscard]] std::string value_text(std::string_view metric, double value);

/// What the run was trained on and with, as plain text: "noise2noise on 400 images of ...".
[[nodiscard]] std::string setting_text(const RunRecord& run);

/// Names of the runs that tell them apart: the objectives if those differ, else the names, else the folders.
[[nodiscard]] std::vector<std::string> labels_of(std::span<const RunRecord> runs);

/// Figures for every quantity: training loss (log axis when it spans more than a factor of ten; the raw
/// values pale behind a running mean), validation quantities, learning rate. With several runs, one curve per
/// run in each.
[[nodiscard]] std::string plots_html(std::span<const RunRecord> runs, std::span<const std::string> labels);

/// The examples of a run: noisy, output and clean side by side with their PSNR; empty if there are none.
[[nodiscard]] std::string examples_html(const RunRecord& run);

/// A table of two columns.
[[nodiscard]] std::string pairs_html(std::span<const std::pair<std::string, std::string>> pairs);

/// Mean over the last `window` finite values (fewer at the start).
[[nodiscard]] std::vector<double> running_mean(std::span<const double> values, std::size_t window);

}  // namespace selfsame
