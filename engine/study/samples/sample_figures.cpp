// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/report/html.hpp"
#include "engine/report/interval_chart.hpp"
#include "engine/report/report_parts.hpp"
#include "engine/report/run_record.hpp"
#include "engine/report/short_text.hpp"
#include "engine/report/svg_plot.hpp"

namespace selfsame {
namespace {

constexpr int kColours = 8, kGrey = 7;
constexpr const char* kExamples = "training examples N";

int colour_of(std::size_t index) { return static_cast<int>(index % kColours); }

std::string figure(const std::string& caption, const std::string& note, const std::string& drawing) {
  const std::string dim = note.empty() ? "" : "<div class=\"dim\">" + html_escape(note) + "</div>";
  return fmt::format("<figure><figcaption>{}{}</figcaption>\n{}</figure>\n", html_escape(caption), dim,
                     drawing);
}

double examples(const SampleResults& results, std::size_t size) {
  return static_cast<double>(results.sizes.at(size));
}

/// The range of sizes, widened if it is a single one so that a line across it has a length.
std::pair<double, double> range_of(const SampleResults& results) {
  const double low = examples(results, 0), high = examples(results, results.sizes.size() - 1);
  return low < high ? std::pair(low, high) : std::pair(low / 1.5, high * 1.5);
}

/// One series per method: values with bands where they have intervals.
template <typename Item>
std::vector<PlotSeries> series_of(const SampleResults& results, const std::vector<Item>& items,
                                  SampleInterval Item::*interval) {
  std::vector<PlotSeries> all;
  for (std::size_t method = 0; method < results.methods.size(); ++method) {
    PlotSeries series;
    series.name = results.methods[method];
    series.colour = colour_of(method);
    series.markers = true;
    for (const Item& item : items) {
      if (item.method == method && (item.*interval).known()) {
        series.x.push_back(examples(results, item.size));
        series.y.push_back((item.*interval).value);
        series.low.push_back((item.*interval).low);
        series.high.push_back((item.*interval).high);
      }
    }
    if (!series.x.empty()) {
      all.push_back(std::move(series));
    }
  }
  return all;
}

PlotSeries level(const SampleResults& results, double value, int colour, const std::string& name) {
  const auto [from, to] = range_of(results);
  PlotSeries line{name, {from, to}, {value, value}, colour};
  line.dashed = true;
  return line;
}

std::string risk_figure(const SampleResults& results, const SampleAnswer& answer) {
  std::vector<PlotSeries> all = series_of(results, answer.points, &SamplePoint::risk);
  if (all.empty()) {
    return "";
  }
  bool fitted = false;
  const auto [from, to] = range_of(results);
  for (const SampleLaw& law : answer.laws) {
    if (!law.missing.empty()) {
      continue;
    }
    PlotSeries fit;
    fit.colour = colour_of(law.method);
    fit.dashed = true;
    constexpr int kPoints = 48;
    for (int i = 0; i <= kPoints; ++i) {
      const double n = from * std::pow(to / from, static_cast<double>(i) / kPoints);
      fit.x.push_back(n);
      fit.y.push_back(law.floor.value + law.scale.value * std::pow(n, -law.exponent.value));
    }
    // The law replaces the line through the means, on which it would not be seen.
    for (PlotSeries& means : all) {
      means.line = means.line && means.name != results.methods[law.method];
    }
    all.push_back(std::move(fit));
    fitted = true;
  }
  return figure("Risk against the number of training examples",
                fitted ? "Both axes logarithmic. Bands: 95 % intervals; dashed: fitted power laws."
                       : "Both axes logarithmic. Bands: 95 % intervals.",
                svg_plot({"risk against the number of training examples", kExamples, "mean squared error",
                          AxisScale::kLog10, AxisScale::kLog10},
                         all));
}

/// A score or gap over the examples; a grey line at zero for gaps.
template <typename Item>
std::string plot_figure(const SampleResults& results, const std::vector<Item>& items,
                        SampleInterval Item::*value, const std::string& caption, const char* unit,
                        bool zero) {
  std::vector<PlotSeries> all = series_of(results, items, value);
  if (all.empty()) {
    return "";
  }
  if (zero) {
    all.push_back(level(results, 0, kGrey, ""));
  }
  return figure(caption, "Bands: 95 % intervals.",
                svg_plot({caption, kExamples, unit, AxisScale::kLog10, AxisScale::kLinear}, all));
}

/// Points of one method and kind; a gap in the curve where another kind lies between.
PlotSeries factors_of(const SampleResults& results, const SampleAnswer& answer, std::size_t method,
                      ExtraKind kind) {
  PlotSeries series;
  series.colour = colour_of(method);
  series.markers = true;
  for (const ExtraExamples& extra : answer.extras) {
    if (extra.method != method) {
      continue;
    }
    const bool shown =
        extra.kind == kind || (kind == ExtraKind::kValue && extra.kind == ExtraKind::kEstimate);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    series.x.push_back(examples(results, extra.size));
    if (kind == ExtraKind::kValue) {
      series.y.push_back(shown ? extra.factor.value : nan);
      series.low.push_back(shown ? extra.factor.low : nan);
      series.high.push_back(shown ? extra.factor.high : nan);
    } else {
      series.line = false;
      series.mark = kind == ExtraKind::kAtLeast ? PlotMark::kUp : PlotMark::kDown;
      series.y.push_back(!shown ? nan : kind == ExtraKind::kAtLeast ? extra.factor.low : extra.factor.high);
    }
  }
  return series;
}

std::string factor_figure(const SampleResults& results, const SampleAnswer& answer) {
  std::vector<PlotSeries> all;
  bool bounds = false, predicted = false;
  for (std::size_t method = 1; method < results.methods.size(); ++method) {
    bool named = false;
    for (const ExtraKind kind : {ExtraKind::kValue, ExtraKind::kAtLeast, ExtraKind::kAtMost}) {
      PlotSeries series = factors_of(results, answer, method, kind);
      if (std::none_of(series.y.begin(), series.y.end(), [](double y) { return std::isfinite(y); })) {
        continue;
      }
      series.name = named ? "" : results.methods[method];
      named = true;
      bounds = bounds || kind != ExtraKind::kValue;
      all.push_back(std::move(series));
    }
    for (const SampleVariance& variance : results.variances) {
      if (variance.method == method && std::isfinite(variance.factor)) {
        all.push_back(
            level(results, variance.factor, colour_of(method), named ? "" : results.methods[method]));
        named = true;
        predicted = true;
      }
    }
  }
  if (all.empty()) {
    return "";
  }
  std::string note =
      "How many times as many examples a method needs for the risk that it has with N. Bands: 95 % "
      "intervals.";
  note += bounds ? " Triangles: bounds, the truth lies where they point." : "";
  note += predicted ? " Dashed: predicted from the variance of its gradients." : "";
  PlotOptions options{"factor of extra examples against the number of training examples", kExamples,
                      "times the examples of " + results.methods.front(), AxisScale::kLog10,
                      AxisScale::kLog10};
  options.y_shown = {1};
  return figure("Extra examples", note, svg_plot(options, all));
}

// ---- training curves ---------------------------------------------------------------

std::string metric_name(const std::string& metric) {
  return metric == "psnr" ? "PSNR" : metric == "ssim" ? "SSIM" : metric;
}

/// The curves of a method; a colour per size, dashed if the run failed.
std::vector<PlotSeries> curves_of(const SampleResults& results, std::size_t method) {
  std::vector<PlotSeries> all;
  std::vector<bool> named(results.sizes.size());
  for (const SampleRun& run : results.runs) {
    if (run.method != method || run.curve.empty()) {
      continue;
    }
    PlotSeries series;
    series.name = named.at(run.size) ? "" : fmt::format("N = {}", results.sizes[run.size]);
    named[run.size] = true;
    series.colour = colour_of(run.size);
    series.dashed = !run.failure.empty();
    for (const SampleCurvePoint& point : run.curve) {
      series.x.push_back(static_cast<double>(point.step));
      series.y.push_back(point.validation);
    }
    all.push_back(std::move(series));
  }
  return all;
}

/// Share of examples by how far their gradient is from the mean, as steps over bins that are equally wide on
/// the logarithmic axis.
PlotSeries histogram(const std::vector<double>& values, double low, double high, std::string name,
                     int colour) {
  constexpr int kBins = 30;
  std::vector<double> shares(kBins);
  const double width = std::log(high / low) / kBins;
  for (const double value : values) {
    const int bin = static_cast<int>(std::log(std::max(value, low) / low) / width);
    shares[static_cast<std::size_t>(std::clamp(bin, 0, kBins - 1))] +=
        100.0 / static_cast<double>(values.size());
  }
  PlotSeries series;
  series.name = std::move(name);
  series.colour = colour;
  for (int bin = 0; bin < kBins; ++bin) {
    for (const int end : {bin, bin + 1}) {
      series.x.push_back(low * std::exp(end * width));
      series.y.push_back(shares[static_cast<std::size_t>(bin)]);
    }
  }
  return series;
}

std::string spread_figure(const SampleResults& results) {
  double low = HUGE_VAL, high = 0;
  for (const SampleVariance& v : results.variances) {
    for (const std::vector<double>* values : {&v.spread, &v.first_spread}) {
      for (const double value : *values) {
        low = value > 0 ? std::min(low, value) : low;
        high = std::max(high, value);
      }
    }
  }
  if (!(low < high)) {
    return "";
  }
  std::vector<PlotSeries> series;
  for (const SampleVariance& v : results.variances) {
    if (series.empty()) {
      series.push_back(histogram(v.first_spread, low, high, results.methods.front(), colour_of(0)));
    }
    series.push_back(histogram(v.spread, low, high, results.methods.at(v.method), colour_of(v.method)));
  }
  PlotOptions options;
  options.title = "how far single gradients are from the mean";
  options.x_label = "|g − mean|² / |mean|² of one example";
  options.y_label = "% of examples";
  options.x_scale = AxisScale::kLog10;
  return figure("How far the gradients of single examples are from the supervised mean",
                "At the same weights; the mean of a histogram is the relative variance.",
                svg_plot(options, series));
}

}  // namespace

std::string sample_plots_html(const SampleResults& results, const SampleAnswer& answer) {
  if (results.sizes.empty() || results.methods.empty()) {
    return "";
  }
  const std::string first = results.methods.front();
  std::string out = risk_figure(results, answer);
  out += plot_figure(results, answer.points, &SamplePoint::psnr, "PSNR (higher is better)", "dB", false);
  out += plot_figure(results, answer.points, &SamplePoint::ssim, "SSIM (higher is better)", "", false);
  out += plot_figure(results, answer.gaps, &SampleGap::risk, "Gap of risk to " + first + " (0: none)",
                     "difference of mean squared error", true);
  out += plot_figure(results, answer.gaps, &SampleGap::psnr, "Gap of PSNR to " + first + " (0: none)", "dB",
                     true);
  out += factor_figure(results, answer);
  return out.empty() ? "" : "<div class=\"plots\">\n" + out + "</div>\n";
}

std::string sample_variances_html(const SampleResults& results) {
  std::vector<IntervalRow> rows;
  double least = 0.5, most = 2;
  for (const SampleVariance& v : results.variances) {
    const std::string weights = ", at " + v.weights;
    constexpr std::size_t kFits = 56, kLeast = 12;
    const std::size_t room = std::max(kFits - std::min(kFits, characters_of(weights)), kLeast);
    rows.push_back({shortened(results.methods.at(v.method), room) + weights, v.low, v.ratio, v.high,
                    colour_of(v.method)});
    for (const double end : {v.low, v.ratio, v.high}) {
      const bool drawable = end > 1e-6 && end < 1e6;  // NaN is not
      least = drawable ? std::min(least, end) : least;
      most = drawable ? std::max(most, end) : most;
    }
  }
  if (rows.empty()) {
    return "";
  }
  IntervalChartOptions options;
  options.title = "variance of one example's gradient, over that of " + results.methods.front();
  options.x_label = "variance ratio (dashed: 1)";
  options.from = least / 1.2;
  options.to = most * 1.2;
  options.line = 1;
  options.labels_above = true;
  options.bars = true;
  return "<div class=\"single\">\n" +
         figure("Variance of one example's gradient, over that of " + results.methods.front(),
                "At the same weights, with 95 % intervals.", interval_chart(options, rows)) +
         spread_figure(results) + "</div>\n";
}

std::string sample_curves_html(const SampleResults& results) {
  std::vector<std::vector<PlotSeries>> plots;
  std::vector<double> shown;
  for (std::size_t method = 0; method < results.methods.size(); ++method) {
    plots.push_back(curves_of(results, method));
    for (const PlotSeries& series : plots.back()) {
      std::copy_if(series.y.begin(), series.y.end(), std::back_inserter(shown),
                   [](double y) { return std::isfinite(y); });
    }
  }
  if (shown.empty()) {
    return "";
  }
  const auto [low, high] = std::minmax_element(shown.begin(), shown.end());
  PlotOptions options{"", "training step", results.metric == "psnr" ? "dB" : ""};
  options.y_scale = *low > 0 && *high > 10 * *low ? AxisScale::kLog10 : AxisScale::kLinear;
  options.y_shown = {*low, *high};
  const std::string metric = "validation " + metric_name(results.metric);
  std::string out;
  bool failed = false;
  for (std::size_t method = 0; method < plots.size(); ++method) {
    if (plots[method].empty()) {
      continue;
    }
    failed = failed || std::any_of(plots[method].begin(), plots[method].end(),
                                   [](const PlotSeries& series) { return series.dashed; });
    options.title = metric + " over the steps of " + results.methods[method];
    out += figure(results.methods[method], metric, svg_plot(options, plots[method]));
  }
  const std::string what = larger_is_better(results.metric) ? "higher is better" : "lower is better";
  return fmt::format(
      "<p class=\"dim\">One curve per seed; {}; all plots have the same range.{}</p>\n"
      "<div class=\"plots\">\n{}</div>\n",
      what, failed ? " Dashed: runs that failed." : "", out);
}

}  // namespace selfsame
