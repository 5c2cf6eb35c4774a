// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/study/samples/resampling.hpp"
#include "engine/study/samples/sample_results.hpp"

namespace selfsame {

/// Scores of one method at one number of examples: means over test images, then over seeds.
struct SamplePoint {
  std::size_t method = 0, size = 0;  ///< indices into SampleResults
  std::int64_t runs = 0;             ///< that have scores
  SampleInterval risk;               ///< mean squared error
  SampleInterval psnr;               ///< dB
  SampleInterval ssim;               ///< unknown where a run or image has none
};

/// A method against the first, over the seeds that both have at this size.
struct SampleGap {
  std::size_t method = 0, size = 0;
  std::int64_t seeds = 0;    ///< compared; 0: nothing known
  SampleInterval risk;       ///< risk - risk of the first method
  SampleInterval psnr;       ///< psnr - psnr of the first method, dB
  bool significant = false;  ///< the interval of `risk` excludes 0
};

/// Is there a gap, and does it close? From the smallest to the largest size where both methods have runs.
struct SampleTrend {
  std::size_t method = 0, smallest = 0, largest = 0;  ///< indices of sizes
  SampleInterval
      change;  ///< gap at the smallest - gap at the largest, of risk; unknown for fewer than 2 sizes
  SampleInterval remaining;  ///< gap at the largest / gap at the smallest, where the latter is significant
  /// Some gap at all, at 95 % over all sizes: the mean of ln(risk / risk of the first) over them differs from
  /// 0, or one gap is significant at 5 % divided by their number. Single sizes may be significant without it.
  bool clear = false;
};

/// R(N) = floor + scale N^-exponent of one method.
struct SampleLaw {
  std::size_t method = 0;
  SampleInterval floor, scale, exponent;
  double worst = 0;     ///< largest |R - fit| / R over the sizes
  std::string missing;  ///< why there is no fit; empty where there is one
};

/// The same floor, exponent and offset for all methods, scales of their own:
///   R_m(N) = floor + scale_m (N - offset)^-exponent
/// so that method m needs (scale_m / scale_1)^(1 / exponent) times as many examples N - offset, which is the
/// factor of extra examples where N is large: the asymptotic factor.
struct SampleJointLaw {
  SampleInterval floor, exponent, offset;
  std::vector<SampleInterval> scales;   ///< by method; unknown for methods that did not take part
  std::vector<SampleInterval> factors;  ///< by method; 1 for the first
  double worst = 0;
  std::string missing;  ///< why there is no fit; empty where there is one
};

/// What may be said of the extra examples at one size.
enum class ExtraKind {
  kNothing,   ///< no runs to compare
  kValue,     ///< `factor` with its interval
  kEstimate,  ///< factor.value without an interval: there is one seed
  kAtLeast,   ///< at least factor.low: the first method may be better than this with its smallest size
  kAtMost,    ///< at most factor.high: this method may be better than the first with its largest size
  kMerged,    ///< the gap is not significant: the curves cannot be told apart
  kFlat,      ///< there is a gap, but the first method's curve falls too little to invert it
};
[[nodiscard]] const char* extra_kind_name(ExtraKind kind);  ///< "value", "at_least", ...

/// factor = N / N_first(R(N)): how many times as many examples a method needs for the risk that it has with
/// N, N_first from the falling curve through the first method's means, linear in (log N, log R). Nothing is
/// extrapolated. Where gaps are just significant, those that are found are larger on average than they are,
/// and so are their factors.
struct ExtraExamples {
  std::size_t method = 0, size = 0;
  ExtraKind kind = ExtraKind::kNothing;
  SampleInterval factor;  ///< kValue: all three; kEstimate: value alone; kAtLeast: low alone; kAtMost: high
                          ///< alone; else unknown
  std::string sentence;
};

/// All that a study of training sizes can say.
struct SampleAnswer {
  std::vector<SamplePoint> points;          ///< by method, then size, as all below
  std::vector<std::vector<double>> curves;  ///< [method][size]: falling risk, NaN where there are no runs
  std::vector<SampleGap> gaps;              ///< of all methods but the first
  std::vector<SampleTrend> trends;          ///< one per method but the first
  std::vector<SampleLaw> laws;              ///< one per method
  SampleJointLaw joint;
  std::vector<ExtraExamples> extras;    ///< of all methods but the first
  std::vector<SampleInterval> factors;  ///< by method: over the sizes of kValue together; unknown for the
                                        ///< first and without a clear gap
  std::string sentence;                 ///< the answer, for report and terminal
  std::vector<std::string> notes;       ///< what cannot be said, and why

  [[nodiscard]] const SamplePoint& point(std::size_t method, std::size_t size) const;
  [[nodiscard]] const SampleGap& gap(std::size_t method, std::size_t size) const;        ///< method >= 1
  [[nodiscard]] const ExtraExamples& extra(std::size_t method, std::size_t size) const;  ///< method >= 1
};

struct AnswerOptions {
  std::int64_t resamples = 2000;
  std::uint64_t seed = 1;  ///< of the resampling
  bool laws = true;        ///< fit power laws
  /// The offset of the joint law; NaN: fitted. 0 leaves it out.
  double offset = 0;
};

/// Intervals by resampling seeds and test images, the same for all methods and sizes, so that whatever
/// methods share (training images, initial weights, noise, test images) cancels from their differences.
/// Partial studies are answered with what they have. Errors: Error(kInternal) for results that do not fit
/// together: indices out of range, scores of some images only, a run twice.
[[nodiscard]] SampleAnswer answer_of(const SampleResults& results, const AnswerOptions& options = {});

}  // namespace selfsame
