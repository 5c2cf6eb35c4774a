// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "engine/verify/verification_record.hpp"

namespace selfsame {

/// The answer in a sentence or two: what is as claimed, what is not, which controls were missed.
[[nodiscard]] std::string summary_text(const VerificationRecord& record);

/// A page that needs nothing else: a table of all comparisons (claimed, found, bias and its bound, variance
/// ratio), pictures of bias and variance ratio with their intervals, bias by layer and by column of k-space,
/// the laws if they were measured.
[[nodiscard]] std::string verification_report(const VerificationRecord& record);

}  // namespace selfsame
