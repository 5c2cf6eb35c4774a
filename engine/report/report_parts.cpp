// SPDX-License-Identifier: Apache-2.0
#include "engine/report/report_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "engine/report/html.hpp"
#include "engine/report/samples.hpp"
#include "engine/report/svg_plot.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kSmoothFrom = 60;  // shorter curves are shown as they are
constexpr std::size_t kColours = 8;

bool all_different(const std::vector<std::string>& texts) {
  return std::set<std::string>(texts.begin(), texts.end()).size() == texts.size() &&
         std::find(texts.begin(), texts.end(), "") == texts.end();
}

bool wants_log_axis(std::span<const PlotSeries> series) {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const PlotSeries& s : series) {
    for (const double v : s.y) {
      if (std::isfinite(v)) {
        low = std::min(low, v);
        high = std::max(high, v);
      }
    }
  }
  return low > 0 && high > 10 * low;
}

/// The curves of one quantity, raw and smoothed, in all runs that have it.
std::vector<PlotSeries> curves_of(std::span<const RunRecord> runs, std::span<const std::string> labels,
                                  const std::string& metric) {
  std::vector<PlotSeries> curves;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const auto it = runs[r].metrics.find(metric);
    if (it == runs[r].metrics.end()) {
      continue;
    }
    const MetricSeries& m = it->second;
    const std::string label = runs.size() > 1 ? labels[r] : "";
    PlotSeries raw{
        label, m.step, m.value, static_cast<int>(r % kColours), false, r % 2 == 1, m.step.size() <= 40};
    if (metric == "loss" && m.value.size() >= kSmoothFrom) {
      const std::size_t window = std::max<std::size_t>(5, m.value.size() / 40);
      PlotSeries smooth = raw;
      smooth.y = running_mean(m.value, window);
      smooth.name = runs.size() > 1 ? label : fmt::format("mean of {} values", window);
      raw.name = runs.size() > 1 ? "" : "as logged";
      raw.faint = true;
      raw.dashed = false;
      curves.push_back(std::move(raw));
      curves.push_back(std::move(smooth));
    } else {
      curves.push_back(std::move(raw));
    }
  }
  return curves;
}

std::string unit_of(std::string_view metric) {
  return metric.find("psnr") != std::string_view::npos ? "dB" : "";
}

std::string figure(std::span<const RunRecord> runs, std::span<const std::string> labels,
                   const std::string& metric) {
  const std::vector<PlotSeries> curves = curves_of(runs, labels, metric);
  PlotOptions options{metric, "step", unit_of(metric), AxisScale::kLinear, AxisScale::kLinear};
  if ((metric == "lr" || metric.find("loss") != std::string::npos) && wants_log_axis(curves)) {
    options.y_scale = AxisScale::kLog10;
  }
  std::string best;
  if (metric.starts_with("val")) {
    best = larger_is_better(metric) ? " (higher is better)" : " (lower is better)";
  }
  const std::string log = options.y_scale == AxisScale::kLog10 ? ", logarithmic" : "";
  const std::string title = metric == "loss" ? "training loss" : metric == "lr" ? "learning rate" : metric;
  options.title = title + " over the training steps";
  return fmt::format("<figure><figcaption>{}{}{}</figcaption>\n{}</figure>\n", html_escape(title), log, best,
                     svg_plot(options, curves));
}

std::string image_html(const std::string& png, const char* kind, double psnr) {
  std::string out = "<div>";
  if (!png.empty()) {
    out += fmt::format("<img alt=\"{}\" src=\"data:image/png;base64,{}\">", kind, base64(png));
  }
  out += kind;
  out += std::isfinite(psnr) ? fmt::format(", {:.2f} dB", psnr) : "";
  return out + "</div>";
}

}  // namespace

std::string value_text(std::string_view metric, double value) {
  if (!std::isfinite(value)) {
    return "-";
  }
  if (metric.find("psnr") != std::string_view::npos) {
    return fmt::format("{:.2f} dB", value);
  }
  return metric.find("ssim") != std::string_view::npos ? fmt::format("{:.4f}", value)
                                                       : fmt::format("{:.4g}", value);
}

std::string setting_text(const RunRecord& run) {
  const auto value = [&](const char* key) { return run.config_value(key); };
  std::string text = value("objective.type");
  text = text.empty() ? "" : "objective " + text;
  const std::string type = value("data.train.type");
  if (!type.empty()) {
    text += text.empty() ? "trained on" : " on";
    const std::string count = value("data.train.count");
    text += !count.empty() && count != "null" ? fmt::format(" {} images of", count) : "";
    text += " " + type;
    const std::string path = value("data.train.path");
    text += path.empty() ? "" : " " + path;
  }
  const std::string noise = value("noise.type");
  if (!noise.empty()) {
    text += " with " + noise + " noise";
    const std::string sigma = value("noise.sigma"), unit = value("noise.unit");
    text += sigma.empty() ? "" : ", sigma " + sigma + (unit.empty() ? "" : " of " + unit);
  }
  return text;
}

std::vector<std::string> labels_of(std::span<const RunRecord> runs) {
  std::vector<std::string> objectives, names, folders;
  for (const RunRecord& run : runs) {
    objectives.push_back(run.config_value("objective.type"));
    names.push_back(run.name);
    folders.push_back(run.path.lexically_normal().string());
  }
  return all_different(objectives) ? objectives : all_different(names) ? names : folders;
}

std::string plots_html(std::span<const RunRecord> runs, std::span<const std::string> labels) {
  std::set<std::string> present;
  for (const RunRecord& run : runs) {
    for (const auto& [name, series] : run.metrics) {
      present.insert(name);
    }
  }
  std::vector<std::string> order;
  const std::string leading = leading_metric(runs.front());
  if (!leading.empty() && leading != "loss") {
    order.push_back(leading);
  }
  if (present.count("loss") != 0) {
    order.emplace_back("loss");
  }
  for (const std::string& name : present) {
    if (name.starts_with("val") && name != leading) {
      order.push_back(name);
    }
  }
  for (const char* name : {"lr", "grad_norm"}) {
    if (present.count(name) != 0) {
      order.emplace_back(name);
    }
  }
  std::string out = "<div class=\"plots\">\n";
  for (const std::string& metric : order) {
    out += figure(runs, labels, metric);
  }
  return out + "</div>\n";
}

std::string examples_html(const RunRecord& run) {
  std::string out;
  for (const ExampleImage& e : load_examples(run.path)) {
    out +=
        "<div class=\"example\"><div class=\"dim\">" + html_escape(e.name) + "</div><div class=\"triple\">";
    out += image_html(e.noisy, "noisy", e.noisy_psnr);
    out += image_html(e.output, "output", e.output_psnr);
    out += image_html(e.clean, "clean", std::numeric_limits<double>::quiet_NaN());
    out += "</div></div>\n";
  }
  return out;
}

std::string pairs_html(std::span<const std::pair<std::string, std::string>> pairs) {
  std::string out = "<table>\n";
  for (const auto& [key, value] : pairs) {
    out += "<tr><td>" + html_escape(key) + "</td><td>" + html_escape(value) + "</td></tr>\n";
  }
  return out + "</table>\n";
}

std::vector<double> running_mean(std::span<const double> values, std::size_t window) {
  std::vector<double> means(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    double sum = 0;
    int count = 0;
    for (std::size_t k = i + 1 > window ? i + 1 - window : 0; k <= i; ++k) {
      if (std::isfinite(values[k])) {
        sum += values[k];
        ++count;
      }
    }
    means[i] = count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
  }
  return means;
}

}  // namespace selfsame
