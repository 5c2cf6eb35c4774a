// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <span>
#include <string>

namespace selfsame {

/// Writes DIR/report.html from what the run left in its folder: one file, no network. First the answer (best
/// validation value, step, data, objective), then curves of loss, validation and learning rate, example
/// images (samples.hpp), how to reproduce it, and the resolved configuration and environment. Errors:
/// Error(kData) if DIR is no run folder, Error(kIo) if the report cannot be written.
void write_training_report(const std::filesystem::path& run_folder);

/// Writes a page that shows several runs side by side: a table of their best values, one plot per quantity
/// with all runs in it, the examples of each, and the settings in which they differ.
void write_comparison_report(const std::filesystem::path& path,
                             std::span<const std::filesystem::path> run_folders);

/// One sentence for the terminal and the page: "Best val_psnr 29.12 dB at step 4,000 of 5,000; objective
/// noise2noise on 400 images of folder images/train with gaussian noise, sigma 25 of 255; done."
[[nodiscard]] std::string answer_sentence(const std::filesystem::path& run_folder);

}  // namespace selfsame
