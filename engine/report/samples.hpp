// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace selfsame {

/// An image of the validation data as PNG files; an empty one is absent. PSNR in dB, NaN if unknown.
struct ExampleImage {
  std::string name;
  std::string noisy, output, clean;
  double noisy_psnr = 0, output_psnr = 0;
};

/// Writes the examples below DIR/samples, replacing those of an earlier call: files N-noisy.png,
/// N-output.png, N-clean.png and index.json, from which a report can be rebuilt. Errors: Error(kIo).
void save_examples(const std::filesystem::path& run_folder, std::span<const ExampleImage> examples);

/// The examples of a run; none if there are none or they are damaged.
[[nodiscard]] std::vector<ExampleImage> load_examples(const std::filesystem::path& run_folder);

}  // namespace selfsame
