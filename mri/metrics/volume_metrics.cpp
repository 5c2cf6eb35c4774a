// SPDX-License-Identifier: Apache-2.0
#include "mri/metrics/volume_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/base/error.hpp"
#include "mri/metrics/metrics.hpp"

namespace selfsame {
namespace {

/// Planes of a volume that are judged together.
struct Part {
  std::span<const float> reference, prediction;
  std::int64_t slices, h, w;
};

VolumeQuality quality_of(const Part& part, double max) {
  double squares = 0, error = 0, sum = 0, absolute = 0;
  for (std::size_t i = 0; i < part.reference.size(); ++i) {
    const double r = part.reference[i], d = static_cast<double>(part.prediction[i]) - r;
    squares += r * r;
    error += d * d;
    sum += std::abs(r);
    absolute += std::abs(d);
  }
  const double mse = error / static_cast<double>(part.reference.size());
  VolumeQuality quality;
  quality.nmse = error / squares;
  quality.relative_l1 = absolute / sum;
  quality.psnr = mse == 0 ? std::numeric_limits<double>::infinity() : 10.0 * std::log10(max * max / mse);
  // `ssim` takes the mean over channels: the slices.
  quality.ssim = ssim(part.reference, part.prediction, {part.slices, part.h, part.w}, max);
  return quality;
}

/// @param slice  -1: the whole volume
double positive_max(std::span<const float> reference, std::int64_t slice) {
  const double max = *std::max_element(reference.begin(), reference.end());
  if (!(max > 0)) {
    fail(ErrorKind::kData, "the reference{} has the maximum {}: its metrics are not defined",
         slice < 0 ? std::string() : fmt::format("'s slice {}", slice), max);
  }
  return max;
}

void check_finite(std::span<const float> values, const char* which, const VolumeShape& shape) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      const auto at = static_cast<std::int64_t>(i);
      fail(ErrorKind::kData, "the {} holds {} at slice {}, row {}, column {}", which, values[i],
           at / shape.plane(), at % shape.plane() / shape.w, at % shape.w);
    }
  }
}

VolumeQuality mean_of(std::span<const VolumeQuality> values) {
  return {summary_of(values, &VolumeQuality::nmse).mean, summary_of(values, &VolumeQuality::psnr).mean,
          summary_of(values, &VolumeQuality::ssim).mean,
          summary_of(values, &VolumeQuality::relative_l1).mean};
}

}  // namespace

std::string_view name_of(MetricRules rules) {
  switch (rules) {
    case MetricRules::kFastMri:
      return "fastmri";
    case MetricRules::kSliceMax:
      return "slice_max";
    case MetricRules::kPaper:
      return "paper";
  }
  return "";
}

MetricRules metric_rules(std::string_view name) {
  for (const MetricRules rules : {MetricRules::kFastMri, MetricRules::kSliceMax, MetricRules::kPaper}) {
    if (name == name_of(rules)) {
      return rules;
    }
  }
  fail(ErrorKind::kUsage, "--rules {}: expected fastmri, slice_max or paper", name);
}

std::string_view unit_of(MetricRules rules) { return rules == MetricRules::kPaper ? "slice" : "volume"; }

MetricDefinitions definitions_of(MetricRules rules) {
  const char* box = "7x7 uniform window, sample covariance, K1 0.01, K2 0.03";
  switch (rules) {
    case MetricRules::kFastMri:
      return {"|p - r|^2 / |r|^2 over the volume",
              "10 log10(max^2 / MSE) in dB over the volume, max of the reference volume",
              fmt::format("mean over slices, {}, data range max of the reference volume", box),
              "sum |p - r| / sum |r| over the volume", "over volumes, whatever their number of slices"};
    case MetricRules::kSliceMax:
      return {
          "|p - r|^2 / |r|^2 of each slice, mean over the slices of a volume",
          "10 log10(max^2 / MSE) in dB of each slice, max of the reference slice, mean over the slices of "
          "a volume",
          fmt::format("mean over slices, {}, data range max of the reference slice", box),
          "sum |p - r| / sum |r| of each slice, mean over the slices of a volume",
          "over volumes, whatever their number of slices"};
    case MetricRules::kPaper:
      return {"|p - r|^2 / |r|^2 of the slice",
              "10 log10(max^2 / MSE) in dB of the slice, max of the reference slice",
              fmt::format("{}, data range max of the reference slice", box),
              "sum |p - r| / sum |r| of the slice", "over the slices of all volumes"};
  }
  return {};
}

std::vector<VolumeQuality> volume_quality(std::span<const float> reference, std::span<const float> prediction,
                                          const VolumeShape& shape, const VolumeMetricOptions& options) {
  SELFSAME_CHECK(shape.slices >= 1 && shape.h >= 7 && shape.w >= 7 &&
                     static_cast<std::int64_t>(reference.size()) == shape.count() &&
                     prediction.size() == reference.size() &&
                     (options.mask.empty() || options.mask.size() == reference.size()),
                 "volumes of {} and {} values, mask of {}, shape ({}, {}, {})", reference.size(),
                 prediction.size(), options.mask.size(), shape.slices, shape.h, shape.w);
  SELFSAME_CHECK(!options.max || (*options.max > 0 && std::isfinite(*options.max)), "max {}", *options.max);
  check_finite(reference, "reference", shape);
  check_finite(prediction, "prediction", shape);
  std::vector<float> masked;
  if (!options.mask.empty()) {
    masked.assign(prediction.begin(), prediction.end());
    for (std::size_t i = 0; i < masked.size(); ++i) {
      masked[i] = options.mask[i] != 0 ? masked[i] : 0.0f;
    }
    prediction = masked;
  }
  if (options.rules == MetricRules::kFastMri) {
    const double own = positive_max(reference, -1);
    return {quality_of({reference, prediction, shape.slices, shape.h, shape.w}, options.max.value_or(own))};
  }
  std::vector<VolumeQuality> slices;
  for (std::int64_t s = 0; s < shape.slices; ++s) {
    const auto first = static_cast<std::size_t>(s * shape.plane()),
               n = static_cast<std::size_t>(shape.plane());
    const Part part{reference.subspan(first, n), prediction.subspan(first, n), 1, shape.h, shape.w};
    slices.push_back(quality_of(part, positive_max(part.reference, s)));
  }
  return options.rules == MetricRules::kPaper ? slices : std::vector<VolumeQuality>{mean_of(slices)};
}

double MetricSummary::standard_error() const { return deviation / std::sqrt(static_cast<double>(n)); }

MetricSummary summary_of(std::span<const VolumeQuality> values, double VolumeQuality::*which) {
  MetricSummary summary{static_cast<std::int64_t>(values.size()), 0, 0};
  SELFSAME_CHECK(!values.empty(), "no values");
  const auto n = static_cast<double>(values.size());
  for (const VolumeQuality& value : values) {
    summary.mean += value.*which / n;
  }
  double squares = 0;
  for (const VolumeQuality& value : values) {
    squares += std::pow(value.*which - summary.mean, 2);
  }
  summary.deviation = values.size() > 1 ? std::sqrt(squares / (n - 1)) : std::nan("");
  return summary;
}

template <typename T>
double complex_nrmse(std::span<const std::complex<T>> reference,
                     std::span<const std::complex<T>> prediction) {
  SELFSAME_CHECK(reference.size() == prediction.size(), "arrays of {} and {} numbers", reference.size(),
                 prediction.size());
  double squares = 0, error = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const std::complex<double> r(reference[i]), p(prediction[i]);
    squares += std::norm(r);
    error += std::norm(p - r);
  }
  SELFSAME_CHECK(squares > 0, "the reference of {} numbers is 0", reference.size());
  return std::sqrt(error / squares);
}
template double complex_nrmse(std::span<const std::complex<float>>, std::span<const std::complex<float>>);
template double complex_nrmse(std::span<const std::complex<double>>, std::span<const std::complex<double>>);

}  // namespace selfsame
