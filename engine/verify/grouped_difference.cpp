// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/grouped_difference.hpp"

#include <cmath>
#include <limits>

#include "engine/verify/distributions.hpp"
#include "engine/verify/multiplicity.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {

GroupedDifference::GroupedDifference(std::vector<std::string> names)
    : names_(std::move(names)), moments_(names_.size()) {
  SELFSAME_CHECK(!names_.empty(), "no groups");
}

void GroupedDifference::add(std::span<const double> difference, std::span<const double> supervised) {
  SELFSAME_CHECK(difference.size() == names_.size() && supervised.size() == names_.size(),
                 "{} differences and {} values for {} groups", difference.size(), supervised.size(),
                 names_.size());
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (!std::isfinite(difference[i]) || !std::isfinite(supervised[i])) {
      fail(ErrorKind::kDiverged, "draw {}: group {} is not finite", draws_, names_[i]);
    }
  }
  ++draws_;
  const auto n = static_cast<double>(draws_);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    Moments& moments = moments_[i];
    const double step = difference[i] - moments.mean;
    moments.mean += step / n;
    moments.squares += step * (difference[i] - moments.mean);
    moments.supervised += (supervised[i] - moments.supervised) / n;
  }
}

std::vector<GroupedDifference::Group> GroupedDifference::groups() const {
  SELFSAME_CHECK(draws_ >= 2, "{} draws; a test needs 2", draws_);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto n = static_cast<double>(draws_);
  const double quantile = student_t_quantile(0.975, n - 1);
  std::vector<Group> groups;
  std::vector<double> p_values;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    Group group;
    group.name = names_[i];
    group.mean = moments_[i].mean;
    group.supervised_mean = moments_[i].supervised;
    group.standard_error = std::sqrt(moments_[i].squares / (n - 1) / n);
    const auto relative = [&](double value) {
      return value == 0 ? 0.0 : value / std::abs(group.supervised_mean);
    };
    group.relative = relative(group.mean);
    group.relative_lower = relative(group.mean - quantile * group.standard_error);
    group.relative_upper = relative(group.mean + quantile * group.standard_error);
    if (group.mean != 0) {
      group.t =
          group.standard_error > 0 ? group.mean / group.standard_error : std::copysign(kInfinity, group.mean);
      group.p_value = student_t_two_sided(group.t, n - 1);
    }
    p_values.push_back(group.p_value);
    groups.push_back(std::move(group));
  }
  const std::vector<double> adjusted = holm_adjusted(p_values);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i].p_holm = adjusted[i];
  }
  return groups;
}

}  // namespace selfsame
