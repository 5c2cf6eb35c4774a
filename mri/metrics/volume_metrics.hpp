// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace selfsame {

/// Whose definitions of NMSE, PSNR and SSIM: the same words differ by decibels between papers.
enum class MetricRules {
  /// fastMRI's evaluate.py. One value per volume (S, h, w) with the volume's maximum as peak and data range:
  ///   NMSE = |p - r|^2 / |r|^2,  PSNR = 10 log10(max(r)^2 / MSE), all over the volume,
  ///   SSIM = mean over slices of `ssim` with data range max(r).
  kFastMri,
  /// Challenge entries that take each slice's own maximum: NMSE, PSNR and SSIM of every slice, then their
  /// mean over the slices of a volume.
  kSliceMax,
  /// Klug, Atik, Heckel (2023): one value per slice and no mean over volumes, peak and data range the slice's
  /// maximum; the reference is the magnitude of the SENSE combination.
  kPaper,
};
[[nodiscard]] std::string_view name_of(MetricRules rules);  ///< "fastmri", "slice_max", "paper"
/// Errors: Error(kUsage) that lists the names.
[[nodiscard]] MetricRules metric_rules(std::string_view name);
/// What one value of a data set's mean belongs to: "volume" or "slice".
[[nodiscard]] std::string_view unit_of(MetricRules rules);

/// The definitions as sentences, to be printed beside every number.
struct MetricDefinitions {
  std::string nmse, psnr, ssim, relative_l1, mean;
};
[[nodiscard]] MetricDefinitions definitions_of(MetricRules rules);

struct VolumeShape {
  std::int64_t slices = 0, h = 0, w = 0;
  [[nodiscard]] std::int64_t plane() const { return h * w; }
  [[nodiscard]] std::int64_t count() const { return slices * h * w; }
  friend bool operator==(const VolumeShape&, const VolumeShape&) = default;
};

struct VolumeQuality {
  double nmse = 0;  ///< |p - r|^2 / |r|^2
  double psnr = 0;  ///< dB; infinite for equal volumes
  double ssim = 0;
  double relative_l1 = 0;  ///< sum |p - r| / sum |r|
};

struct VolumeMetricOptions {
  MetricRules rules = MetricRules::kFastMri;
  /// Peak and data range of kFastMri instead of the reference's maximum: training validates with the file's
  /// attribute `max`.
  std::optional<double> max = {};
  /// (S, h, w) of 0 and 1, or empty: the prediction is multiplied by it first. The paper takes the predicted
  /// image so, with the mask round(sum_c |S_c|^2) of its coil maps, outside of which the reference is 0.
  std::span<const std::uint8_t> mask = {};
};

/// The qualities of one volume of magnitudes: one of kFastMri and kSliceMax, S of kPaper.
///
/// @param reference, prediction  (S, h, w)
/// Errors: Error(kInternal) for sizes that differ or images below 7x7. Error(kData), naming the slice where
///         there is one, for values that are not finite, and for references whose maximum is not positive: no
///         metric is defined there.
/// Exact:  sums in double; agrees with scikit-image and NumPy in float64 to 1e-9 relative. evaluate.py itself
///         feeds float32 to scikit-image, whose SSIM then differs in the sixth digit.
/// Source: github.com/facebookresearch/fastMRI, fastmri/evaluate.py.
[[nodiscard]] std::vector<VolumeQuality> volume_quality(std::span<const float> reference,
                                                        std::span<const float> prediction,
                                                        const VolumeShape& shape,
                                                        const VolumeMetricOptions& options);

/// Mean and sample standard deviation (n - 1; NaN for one value) over volumes or slices. evaluate.py prints
/// mean +- 2 sd: where 95 % of the values of a normal population lie, not the error of the mean.
struct MetricSummary {
  std::int64_t n = 0;
  double mean = 0, deviation = 0;
  [[nodiscard]] double low() const { return mean - 2 * deviation; }
  [[nodiscard]] double high() const { return mean + 2 * deviation; }
  [[nodiscard]] double standard_error() const;  ///< deviation / sqrt(n)
};
[[nodiscard]] MetricSummary summary_of(std::span<const VolumeQuality> values, double VolumeQuality::*which);

/// |p - r| / |r|, Euclidean norms of complex arrays: what operators and maps are compared by. T is float or
/// double; sums in double. Errors: Error(kInternal) for sizes that differ or r = 0.
template <typename T>
[[nodiscard]] double complex_nrmse(std::span<const std::complex<T>> reference,
                                   std::span<const std::complex<T>> prediction);

}  // namespace selfsame
