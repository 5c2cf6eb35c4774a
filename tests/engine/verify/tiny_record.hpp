// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <limits>

#include "engine/verify/verification_record.hpp"

namespace selfsame {

/// Two comparisons with numbers that can be found again, the second with bounds that do not exist, of
/// k-space.
inline VerificationRecord tiny_record() {
  const double infinity = std::numeric_limits<double>::infinity();
  Comparison a;
  a.objective = "noise2noise";
  a.point = "step 150";
  a.claim = {true, "E|f(y) - x|^2", "the measurement y", "target noise of mean zero"};
  a.verdict = Verdict::kUnbiased;
  a.looks = {{64, 0.5, 0.01, 0.031, 0, 0.11, 0.99}, {128, 0.25, 0.04, 0.0123, 0, 0.0456, 0.98}};
  a.p_value = 0.25;
  a.draws = 128;
  a.bias.relative = 0.0123;
  a.bias.scale = 1.0078;
  a.upper = 0.0456;
  a.detectable.generic = 0.0333;
  a.detectable.along_gradient = 0.0222;
  a.variance.ratio = 1.75;
  a.variance.lower = 1.5;
  a.variance.upper = 2.125;
  a.layers = {{"down.0.weight", 0.0111, 0.0678, 0.75}, {"up.<0>.bias", 0.2, infinity, 0.001}};
  Comparison b = a;
  b.objective = "ssdu & friends";
  b.claim.unbiased = false;
  b.control = true;
  b.verdict = Verdict::kBiased;
  b.looks.resize(1);
  b.p_value = 1e-9;
  b.bias.relative = 0.71;
  b.lower = 0.6;
  b.upper = infinity;
  b.detectable.generic = infinity;
  b.layers.clear();
  for (const char* name : {"column 0", "column 1"}) {
    GroupedDifference::Group group;
    group.name = name;
    group.relative = 0.375;
    group.relative_lower = -0.125;
    group.relative_upper = 0.875;
    group.p_holm = 0.02;
    b.groups.push_back(group);
  }
  VerificationRecord record;
  record.network = "U-Net of 4 channels";
  record.data = "12 images < 16x16";
  record.command = "selfsame verify --config \"a & b.json\"";
  record.alpha = 0.0167;
  record.tolerance = 0.05;
  record.comparisons = {a, b};
  return record;
}

inline VarianceLaw tiny_law() {
  VarianceLaw law;
  law.name = "quadratic";
  law.x_label = "sigma";
  law.points = {{0.1, 0.5, 0.49, 0.45, 0.55}, {0.2, 2.0, 1.96, 1.9, 2.1}};
  law.ratio = 4.0625;
  law.ratio_lower = 3.75;
  law.ratio_upper = 4.375;
  law.expected_ratio = 4;
  return law;
}

}  // namespace selfsame
