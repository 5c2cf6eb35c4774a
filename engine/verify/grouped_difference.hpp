// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace selfsame {

/// Differences that are one number per draw and group, such as the part of a k-space objective at one
/// frequency. Null hypothesis per group: the mean is zero. Student's t per group, adjusted for the number of
/// groups (Holm).
class GroupedDifference {
 public:
  /// Errors: Error(kInternal) for no groups.
  explicit GroupedDifference(std::vector<std::string> names);

  /// One draw: self-supervised minus supervised, and the supervised value, one entry per group.
  /// Errors: Error(kInternal) for a wrong number of entries; Error(kDiverged) for NaN or infinity, with the
  /// group.
  void add(std::span<const double> difference, std::span<const double> supervised);

  [[nodiscard]] std::int64_t draws() const { return draws_; }

  struct Group {
    std::string name;
    double mean = 0, standard_error = 0, supervised_mean = 0;  ///< of the difference; of the supervised value
    double relative = 0;                                       ///< mean / |supervised_mean|; 0 / 0 = 0
    double relative_lower = 0,
           relative_upper = 0;  ///< 95 % interval of the mean, divided by |supervised_mean|
    double t = 0, p_value = 1, p_holm = 1;
  };
  /// Errors: Error(kInternal) for fewer than two draws.
  [[nodiscard]] std::vector<Group> groups() const;

 private:
  struct Moments {
    double mean = 0, squares = 0, supervised = 0;  // Welford
  };
  std::vector<std::string> names_;
  std::vector<Moments> moments_;
  std::int64_t draws_ = 0;
};

}  // namespace selfsame
