// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/study/samples/sample_runner.hpp"

// What is measured with the networks of a study once its runs are done.

namespace selfsame {

/// For each method but the first: how much noisier its gradient is than that of the supervised risk, at the
/// weights of the first method with the most examples and the first seed, over the training images of that
/// run. Nothing where the first method is not supervised. Kept in FOLDER/variance.json, from which later
/// calls read it, with a note for each method that cannot be measured.
/// @param draws  gradients of one example each
[[nodiscard]] std::vector<SampleVariance> measure_variances(const SampleStudyConfig& study,
                                                            const std::vector<PlannedRun>& runs,
                                                            const SampleStore& store, std::int64_t draws,
                                                            Stream& stream, SharedSources& sources);

/// The first test images as the networks of the smallest and the largest size with the first seed see them.
/// Kept in FOLDER/pictures/, from which later calls read them.
[[nodiscard]] std::vector<SamplePicture> make_pictures(const SampleStudyConfig& study,
                                                       const std::vector<PlannedRun>& runs,
                                                       const SampleStore& store, std::size_t count,
                                                       SampleRunner& runner, Stream& stream);

/// What earlier calls have kept, for a report that computes nothing; empty if there is nothing.
/// @param notes  if not null, gets the sentences for the methods that could not be measured
[[nodiscard]] std::vector<SampleVariance> load_variances(const SampleStore& store,
                                                         std::vector<std::string>* notes = nullptr);
[[nodiscard]] std::vector<SamplePicture> load_pictures(const SampleStore& store);

}  // namespace selfsame
