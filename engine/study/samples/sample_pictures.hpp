// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "engine/study/samples/sample_results.hpp"

namespace selfsame {

/// A table of images per picture: noisy and clean, then outputs and their errors, methods in columns, for the
/// smallest and the largest number of examples that the picture has. Empty if there are no pictures.
[[nodiscard]] std::string sample_pictures_html(const SampleResults& results);

}  // namespace selfsame
