// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/verification_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/report/html.hpp"
#include "engine/report/interval_chart.hpp"
#include "engine/report/report_parts.hpp"
#include "engine/report/svg_plot.hpp"

namespace selfsame {
namespace {

/// Blue: as it should be unbiased, grey: as it should be biased, orange: something is wrong.
int colour_of(const Comparison& c) { return !c.as_claimed() ? 1 : c.claim.unbiased && !c.control ? 0 : 7; }

std::string label_of(const Comparison& c) { return c.objective + ", " + c.point; }

std::string table_html(const VerificationRecord& record) {
  std::string out =
      "<div class=\"scroll\"><table>\n<tr><th>objective</th><th>weights</th><th>of the "
      "risk</th><th>claims</th>"
      "<th>found</th><th class=\"number\">relative bias</th><th class=\"number\">95 % bounds</th>"
      "<th class=\"number\">p</th><th class=\"number\">draws</th><th class=\"number\">would see</th>"
      "<th class=\"number\">variance ratio</th></tr>\n";
  for (const Comparison& c : record.comparisons) {
    out += fmt::format(
        "<tr><td>{}{}</td><td>{}</td><td>{}<div class=\"dim\">at {}</div></td><td>{}</td><td>{}{}</td>"
        "<td class=\"number\">{}</td><td class=\"number\">{} to {}</td><td class=\"number\">{}</td>"
        "<td class=\"number\">{}</td><td class=\"number\">{}</td>"
        "<td class=\"number\">{:.2f} [{:.2f}, {:.2f}]</td></tr>\n",
        html_escape(c.objective), c.control ? "<div class=\"dim\">negative control</div>" : "",
        html_escape(c.point), html_escape(c.claim.risk), html_escape(c.claim.input),
        c.claim.unbiased && !c.control ? "unbiased" : "biased", html_escape(verdict_name(c.verdict)),
        c.as_claimed() ? "" : " <b>(not as claimed)</b>", percent_text(c.bias.relative),
        percent_text(c.lower), percent_text(c.upper),
        c.p_value < 1e-4 ? std::string("&lt; 1e-4") : fmt::format("{:.4f}", c.p_value), c.draws,
        percent_text(c.detectable.generic), c.variance.ratio, c.variance.lower, c.variance.upper);
  }
  return out + "</table></div>\n";
}

std::string bias_html(const VerificationRecord& record) {
  std::vector<IntervalRow> rows;
  for (const Comparison& c : record.comparisons) {
    rows.push_back({label_of(c), c.lower, c.bias.relative, c.upper, colour_of(c)});
  }
  IntervalChartOptions options;
  options.title = "relative bias of the mean gradient";
  options.x_label = "relative bias of the mean gradient, 95 % bounds (dashed: what does not matter)";
  options.from = 1e-4;
  options.to = 10;
  options.line = record.tolerance;
  return interval_chart(options, rows);
}

std::string variance_html(const VerificationRecord& record) {
  std::vector<IntervalRow> rows;
  double most = 2;
  for (const Comparison& c : record.comparisons) {
    if (c.claim.unbiased && !c.control && std::isfinite(c.variance.upper)) {
      rows.push_back({label_of(c), c.variance.lower, c.variance.ratio, c.variance.upper, 0});
      most = std::max(most, c.variance.upper);
    }
  }
  if (rows.empty()) {
    return "";
  }
  IntervalChartOptions options;
  options.title = "variance of the gradient, self-supervised over supervised";
  options.x_label = "variance ratio = predicted factor of extra examples";
  options.from = 0.5;
  options.to = std::pow(10, std::ceil(std::log10(most) * 4) / 4);
  options.line = 1;
  return interval_chart(options, rows);
}

/// The layers of one comparison, upper bounds as intervals.
std::string layers_html(const Comparison& c) {
  std::vector<IntervalRow> rows;
  for (const Comparison::Layer& layer : c.layers) {
    rows.push_back({layer.name, 0, layer.relative, layer.upper, layer.p_holm < 0.05 ? 1 : 0});
  }
  IntervalChartOptions options;
  options.title = "relative bias by layer";
  options.x_label = "relative bias of a layer's mean gradient, and its 95 % bound";
  options.from = 1e-4;
  options.to = 10;
  options.bars = true;
  return fmt::format("<h3>{}</h3>\n{}", html_escape(label_of(c)), interval_chart(options, rows));
}

std::string columns_html(const Comparison& c) {
  PlotSeries mean{"relative difference", {}, {}, colour_of(c)}, low{"95 % interval", {}, {}, 7},
      high{"", {}, {}, 7};
  low.dashed = high.dashed = true;
  for (std::size_t g = 0; g < c.groups.size(); ++g) {
    for (PlotSeries* s : {&mean, &low, &high}) {
      s->x.push_back(static_cast<double>(g));
    }
    mean.y.push_back(c.groups[g].relative);
    low.y.push_back(c.groups[g].relative_lower);
    high.y.push_back(c.groups[g].relative_upper);
  }
  PlotOptions options;
  options.title = "relative bias by column of k-space";
  options.x_label = "column of k-space";
  options.y_label = "slope along the error, relative to the supervised one";
  const std::array series{mean, low, high};
  return fmt::format("<h3>{}</h3>\n{}", html_escape(label_of(c)), svg_plot(options, series));
}

/// The last comparison of every objective that is no control.
std::vector<const Comparison*> shown(const VerificationRecord& record) {
  std::vector<const Comparison*> list;
  for (const Comparison& c : record.comparisons) {
    if (c.control) {
      continue;
    }
    const auto same = std::find_if(list.begin(), list.end(), [&](const Comparison* other) {
      return other->objective == c.objective && other->claim.risk == c.claim.risk;
    });
    if (same != list.end()) {
      *same = &c;
    } else {
      list.push_back(&c);
    }
  }
  return list;
}

std::string law_html(const VarianceLaw& law) {
  PlotSeries measured{"measured", {}, {}, 0}, predicted{"predicted", {}, {}, 1};
  measured.markers = true;
  predicted.dashed = true;
  for (const VarianceLaw::Point& p : law.points) {
    measured.x.push_back(p.x);
    measured.y.push_back(p.excess);
    predicted.x.push_back(p.x);
    predicted.y.push_back(p.predicted);
  }
  PlotOptions options;
  options.title = law.name;
  options.x_label = law.x_label;
  options.y_label = "excess variance over |E g|^2";
  options.x_scale = options.y_scale = AxisScale::kLog10;
  const std::array series{measured, predicted};
  return fmt::format(
      "<h3>{}</h3>\n{}<p>Ratio of the last two: {:.3f} [{:.3f}, {:.3f}], expected {:.3f}.</p>\n",
      html_escape(law.name), svg_plot(options, series), law.ratio, law.ratio_lower, law.ratio_upper,
      law.expected_ratio);
}

}  // namespace

std::string summary_text(const VerificationRecord& record) {
  std::string wrong, missed;
  std::size_t unbiased = 0, controls = 0;
  for (const Comparison& c : record.comparisons) {
    if (!c.as_claimed()) {
      std::string& list = c.control ? missed : wrong;
      list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", label_of(c), verdict_name(c.verdict));
    }
    unbiased += c.claim.unbiased && !c.control && c.as_claimed();
    controls += c.control && c.as_claimed();
  }
  std::string text =
      fmt::format("{} comparisons unbiased as claimed, {} negative controls flagged.", unbiased, controls);
  text += wrong.empty() ? "" : fmt::format(" Not as claimed: {}.", wrong);
  text += missed.empty() ? "" : fmt::format(" Controls not flagged: {}.", missed);
  return text;
}

std::string verification_report(const VerificationRecord& record) {
  std::string body =
      fmt::format("<h1>Are the gradients unbiased?</h1>\n<p>{}</p>\n", html_escape(summary_text(record)));
  const std::array<std::pair<std::string, std::string>, 4> facts{
      {{"network", record.network},
       {"compared on", record.data},
       {"bias that does not matter", percent_text(record.tolerance)},
       {"unbiased gradients called biased", fmt::format("{:.2g} of all, per verdict", record.alpha)}}};
  body += pairs_html(facts);
  body += "<h2>Claimed and found</h2>\n" + table_html(record);
  body += "<h2>Bias</h2>\n" + bias_html(record);
  body += "<h2>Variance</h2>\n" + variance_html(record);
  if (!record.laws.empty()) {
    body += "<h2>Laws of the variance</h2>\n";
    for (const VarianceLaw& law : record.laws) {
      body += law_html(law);
    }
  }
  body += "<h2>By layer</h2>\n";
  for (const Comparison* c : shown(record)) {
    body += c->groups.empty() ? "" : columns_html(*c);
    body += layers_html(*c);
  }
  body += fmt::format("<h2>How to reproduce</h2>\n<pre>{}</pre>\n", html_escape(record.command));
  return html_page("Are the gradients unbiased?", body);
}

}  // namespace selfsame
