// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace CLI {
class App;
}

namespace selfsame {

/// selfsame evaluate --reference A --prediction B: two files, or two folders with files of the same names.
struct EvaluateVolumesArguments {
  std::string reference, prediction;
  std::string rules = "fastmri";  ///< fastmri, slice_max or paper (mri/metrics/volume_metrics.hpp)
  std::string crop;               ///< none, square, HxW; empty: square for fastmri, none for the others
  std::string mask;               ///< file or folder like the others; or empty
  std::string json;               ///< file, "-" for the standard output alone, or empty
};

void add_volume_options(CLI::App& group, EvaluateVolumesArguments& arguments);

/// Prints the metrics of every volume and their mean, with the definitions. Returns the exit code 0.
/// Errors: Error(kUsage) for arguments, Error(kData) naming the files.
[[nodiscard]] int evaluate_volumes(const EvaluateVolumesArguments& arguments);

}  // namespace selfsame
