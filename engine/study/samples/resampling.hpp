// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/study/samples/score_table.hpp"

namespace selfsame {

/// An estimate with its 95 % interval. NaN where there is none.
struct SampleInterval {
  double value = std::numeric_limits<double>::quiet_NaN();
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  [[nodiscard]] bool known() const { return value == value; }  ///< there is an estimate
  [[nodiscard]] bool bounded() const { return low == low && high == high; }
  /// Zero lies outside of it.
  [[nodiscard]] bool excludes_zero() const { return low > 0 || high < 0; }
};

/// How far means might have been from what was found, over other seeds and other test images.
///
/// With S seeds and I images, deviations d_s and e_i of their means from the overall mean, one resample moves
/// the mean by
///
///   sum_s g_s d_s / sqrt(S (S - 1)) / sqrt(chi_{S-1} / (S - 1))
///     + sum_i h_i e_i / sqrt(I (I - 1)) / sqrt(chi'_{I-1} / (I - 1)),
///
/// g, h standard normal, chi and chi' chi-squared, all of them the same for every method and size. With
/// either part alone a mean, or any weighted sum of means, moves by its standard error times a variable of
/// Student's t: its interval is the exact one of normal deviations, which drawing 3 seeds with replacement is
/// far from (27 outcomes, a variance that is a third too small, and no allowance for not knowing it). What
/// methods share cancels from their differences. Together the parts are cautious: the interaction of seeds
/// and images is counted twice (Owen 2007), and sums of two t variables are wider than needed (Behrens,
/// Fisher).
///
/// Seeds are not taken to be independent between sizes: they may share initial weights and examples.
/// Source: wild bootstrap with a pivot, derived here; Owen, "The pigeonhole bootstrap", 2007.
class Resampling {
 public:
  Resampling(std::size_t seeds, std::size_t images, std::int64_t resamples, std::uint64_t seed);

  [[nodiscard]] std::size_t size() const { return draws_.size(); }
  /// What the mean of the cell moves by in one resample. Images alone move a cell of one seed, seeds alone
  /// one of one image: whether that is enough is the caller's to judge.
  [[nodiscard]] double shift(const ScoreCell& cell, std::size_t resample) const;

 private:
  struct Draw {
    std::vector<double> seeds, images;
    std::vector<double> seed_scale;  // by number of seeds
    double image_scale = 0;
  };
  std::vector<Draw> draws_;
};

/// The 2.5 % and 97.5 % quantiles of the resampled values, between order statistics. A NaN could be anything:
/// it counts as -infinity for the low end and as infinity for the high one. An end that is infinite is NaN:
/// there is none.
[[nodiscard]] SampleInterval interval_of(double value, std::vector<double> resampled);

}  // namespace selfsame
