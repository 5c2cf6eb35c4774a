// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "engine/study/samples/sample_answer.hpp"
#include "engine/study/samples/sample_results.hpp"

/// The numbers of a study of training sizes as files. They hold nothing but the results: no time, machine or
/// path, so that equal results give equal bytes. Every number reads back as the same double.
namespace selfsame {

/// results.json: methods, sizes, seeds and images, the answer, and every run with its scores and curve; not
/// the pictures. Lists have one entry per line. What is unknown is null.
[[nodiscard]] std::string sample_json(const SampleResults& results, const SampleAnswer& answer);

/// results.csv: a header and a line per run; scores are means over the test images. Empty: unknown.
[[nodiscard]] std::string sample_runs_csv(const SampleResults& results);

/// points.csv: a header and a line per method and number of examples: scores with 95 % intervals, gaps to the
/// first method, and the factor of extra examples with what may be said of it (extra_kind_name).
[[nodiscard]] std::string sample_points_csv(const SampleResults& results, const SampleAnswer& answer);

/// A field as RFC 4180 wants it: in quotes, which are doubled, if it has a comma, quote or line break.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace selfsame
