// SPDX-License-Identifier: Apache-2.0
#include "engine/study/subspace_report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "engine/report/html.hpp"
#include "engine/report/report_parts.hpp"
#include "engine/report/svg_plot.hpp"
#include "engine/study/figure1_values.hpp"

namespace selfsame {
namespace {

constexpr double kInterval = 1.96;  // 95 % of a normal mean
constexpr int kColours = 8;

std::string level_text(double sigma) { return sigma == 0 ? "supervised" : fmt::format("σ′ = {:g}", sigma); }

/// "0.00123", "12.3": four digits.
std::string risk_text(double value) { return std::isfinite(value) ? fmt::format("{:.4g}", value) : "–"; }

std::string cell(const std::string& text) { return "<td class=\"number\">" + text + "</td>"; }
std::string head(const std::string& text) { return "<th class=\"number\">" + text + "</th>"; }

std::string figure(const PlotOptions& options, const std::vector<PlotSeries>& series) {
  return fmt::format("<figure><figcaption>{}</figcaption>\n{}</figure>\n", html_escape(options.title),
                     svg_plot(options, series));
}

using EstimateOf = const Estimate& (*)(const SubspacePoint&);
using ClosedOf = double (*)(const SubspacePoint&);

PlotSeries curve(const SubspaceStudy& study, std::size_t level, const std::string& name) {
  PlotSeries series;
  series.name = name;
  series.colour = static_cast<int>(level) % kColours;
  for (const std::int64_t examples : study.examples) {
    series.x.push_back(static_cast<double>(examples));
  }
  return series;
}

/// Means with markers, their intervals pale, the closed form dashed.
std::string risk_figure(const SubspaceStudy& study, const char* title, EstimateOf estimate, ClosedOf closed) {
  std::vector<PlotSeries> all;
  for (std::size_t level = 0; level < study.target_sigmas.size(); ++level) {
    PlotSeries mean = curve(study, level, level_text(study.target_sigmas[level]));
    mean.markers = true;
    PlotSeries low = curve(study, level, ""), high = low, form = low;
    low.faint = high.faint = true;
    form.dashed = true;
    for (std::size_t size = 0; size < study.examples.size(); ++size) {
      const SubspacePoint& point = study.point(size, level);
      const Estimate& e = estimate(point);
      mean.y.push_back(e.mean);
      low.y.push_back(e.mean - kInterval * e.error);
      high.y.push_back(e.mean + kInterval * e.error);
      form.y.push_back(closed(point));
    }
    all.insert(all.end(), {low, high, form, mean});
  }
  return figure({title, "training examples N", "risk", AxisScale::kLog10, AxisScale::kLog10}, all);
}

std::string double_descent_figure(const SubspaceStudy& study) {
  std::vector<PlotSeries> all;
  for (std::size_t level = 0; level < study.target_sigmas.size(); ++level) {
    const std::string name = level_text(study.target_sigmas[level]);
    PlotSeries converged = curve(study, level, name), early = curve(study, level, "");
    early.dashed = true;
    for (std::size_t size = 0; size < study.examples.size(); ++size) {
      converged.y.push_back(study.point(size, level).converged.mean);
      early.y.push_back(study.point(size, level).early.mean);
    }
    all.insert(all.end(), {converged, early});
  }
  return figure({"Double descent: converged (solid) peaks at N = n, early stopped (dashed) does not",
                 "training examples N", "risk", AxisScale::kLog10, AxisScale::kLog10},
                all);
}

std::string factor_figure(const SubspaceStudy& study) {
  std::vector<PlotSeries> all;
  const std::pair<const char*, const char*> kinds[] = {{"early_stopped", "early stopped"},
                                                       {"subspace", "on the subspace"},
                                                       {"least_squares", "least squares"}};
  PlotSeries expected;
  expected.name = "1 + σ′²/R*";
  expected.dashed = true;
  expected.colour = 3;
  int colour = 0;
  for (const auto& [key, name] : kinds) {
    PlotSeries found, low, high;
    found.name = name;
    found.markers = true;
    low.faint = high.faint = true;
    found.colour = low.colour = high.colour = colour++;
    for (const ExtraSamples& factor : study.factors) {
      if (factor.estimator == key) {
        for (PlotSeries* series : {&found, &low, &high}) {
          series->x.push_back(factor.target_sigma);
        }
        found.y.push_back(factor.factor);
        low.y.push_back(factor.factor - kInterval * factor.error);
        high.y.push_back(factor.factor + kInterval * factor.error);
      }
    }
    all.insert(all.end(), {low, high, found});
  }
  for (const double sigma : study.target_sigmas) {
    if (sigma > 0) {
      expected.x.push_back(sigma);
      expected.y.push_back(study.problem.extra_samples(sigma));
    }
  }
  all.push_back(expected);
  return figure({"How many times more examples noisy targets need", "target noise σ′", "factor",
                 AxisScale::kLog10, AxisScale::kLog10},
                all);
}

std::string factor_table(const SubspaceStudy& study) {
  std::string out = "<div class=\"scroll\"><table>\n<tr>" + head("σ′") + "<th>estimator</th>" +
                    head("factor") + head("95 % interval") + head("1 + σ′²/R*") + head("sizes") + "</tr>\n";
  for (const ExtraSamples& f : study.factors) {
    out += "<tr>" + cell(fmt::format("{:g}", f.target_sigma)) + "<td>" + html_escape(f.estimator) + "</td>" +
           cell(fmt::format("{:.3f}", f.factor)) +
           cell(fmt::format("{:.3f} to {:.3f}", f.factor - kInterval * f.error,
                            f.factor + kInterval * f.error)) +
           cell(fmt::format("{:.3f}", f.expected)) + cell(std::to_string(f.sizes)) + "</tr>\n";
  }
  return out + "</table></div>\n";
}

std::string fitted_table(const SubspaceStudy& study) {
  const auto with_interval = [](const SampleInterval& i) {
    return cell(!i.known()     ? std::string("–")
                : !i.bounded() ? fmt::format("{:.3f}", i.value)
                               : fmt::format("{:.3f} ({:.3f} to {:.3f})", i.value, i.low, i.high));
  };
  std::string out = "<div class=\"scroll\"><table>\n<tr>" + head("σ′") + "<th>estimator</th>" +
                    head("factor, 95 % interval") + head("1 + σ′²/R*") + head("α") + head("N0") +
                    head("sizes") + "</tr>\n";
  for (const FittedExtraSamples& f : study.fitted) {
    out += "<tr>" + cell(fmt::format("{:g}", f.target_sigma)) + "<td>" + html_escape(f.estimator) + "</td>" +
           with_interval(f.factor) + cell(fmt::format("{:.3f}", f.expected)) + with_interval(f.exponent) +
           with_interval(f.offset) + cell(std::to_string(f.sizes)) + "</tr>\n";
  }
  return out + "</table></div>\n";
}

bool is_figure1(const SubspaceProblem& p) { return p.n == 100 && p.d == 10 && p.sigma == 0.1; }

std::string risk_table(const SubspaceStudy& study) {
  const bool paper = is_figure1(study.problem);
  std::string out = "<div class=\"scroll\"><table>\n<tr>" + head("N") + head("σ′") + head("early stopped") +
                    head("± 95 %") + (paper ? head("paper") : "") + head("iterations") + head("converged") +
                    head("± 95 %") + (paper ? head("paper") : "") + head("(L1)") + head("deviation") +
                    head("on the subspace") + head("± 95 %") + head("(L2)") + head("deviation") + "</tr>\n";
  const auto in_errors = [](double deviation) {
    return std::isfinite(deviation) ? fmt::format("{:+.1f} se", deviation) : std::string("–");
  };
  for (const SubspacePoint& p : study.points) {
    const std::optional<Figure1Value> theirs =
        paper ? figure1_value(p.examples, p.target_sigma) : std::nullopt;
    const auto published = [&](double Figure1Value::*value) {
      return paper ? cell(theirs ? risk_text((*theirs).*value) : "–") : std::string();
    };
    const auto measured = [&](const Estimate& e) {
      return cell(risk_text(e.mean)) + cell(risk_text(kInterval * e.error));
    };
    out += "<tr>" + cell(std::to_string(p.examples)) + cell(fmt::format("{:g}", p.target_sigma)) +
           measured(p.early) + published(&Figure1Value::early) +
           cell(fmt::format("{:g}", p.median_iterations)) + measured(p.converged) +
           published(&Figure1Value::converged) + cell(risk_text(p.closed_converged)) +
           cell(in_errors(p.converged_deviation())) + measured(p.restricted) +
           cell(risk_text(p.closed_restricted)) + cell(in_errors(p.restricted_deviation())) + "</tr>\n";
  }
  return out + "</table></div>\n";
}

std::string closed_form_text(const char* name, const ClosedFormSummary& s) {
  return s.points == 0
             ? std::string()
             : fmt::format(
                   "{} of {} means within 3 standard errors of {} (largest {:.1f}, N = {}, σ′ = {:g})",
                   s.within, s.points, name, s.largest, s.largest_examples, s.largest_sigma);
}

}  // namespace

std::string subspace_answer(const SubspaceStudy& study) {
  std::string factors;
  for (const ExtraSamples& f : study.factors) {
    if (f.estimator == "subspace") {
      factors += fmt::format("{}{:.2f} ± {:.2f} at σ′ = {:g} (theory {:.2f})", factors.empty() ? "" : ", ",
                             f.factor, kInterval * f.error, f.target_sigma, f.expected);
    }
  }
  return factors.empty() ? std::string("No number of examples is large enough to compare their need.")
                         : "Noisy targets need more examples by a factor of " + factors + ".";
}

std::string subspace_report(const SubspaceStudy& study, const StudyContext& context) {
  std::string body = fmt::format("<h1>{}</h1>\n<p class=\"answer\">{}</p>\n", html_escape(context.name),
                                 html_escape(subspace_answer(study)));
  const SubspaceProblem& p = study.problem;
  body += fmt::format(
      "<p class=\"dim\">A linear denoiser for signals on a subspace of {} of {} dimensions, input noise σ = "
      "{:g}, "
      "{} training sets of every size. Best possible risk R* = {:.4g}.</p>\n",
      p.d, p.n, p.sigma, study.repeats, p.optimal_risk());
  body += "<h2>Risk</h2>\n<div class=\"plots\">\n" + double_descent_figure(study);
  body += risk_figure(
      study, "Early stopped, with 95 % intervals; dashed: (L2), least squares on the true subspace",
      [](const SubspacePoint& q) -> const Estimate& { return q.early; },
      [](const SubspacePoint& q) { return q.closed_restricted; });
  body += risk_figure(
      study, "Converged, with 95 % intervals; dashed: (L1), least squares",
      [](const SubspacePoint& q) -> const Estimate& { return q.converged; },
      [](const SubspacePoint& q) { return q.closed_converged; });
  body += (study.factors.empty() ? std::string() : factor_figure(study)) + "</div>\n";
  body += "<h2>Extra examples</h2>\n" + factor_table(study);
  body +=
      "<p class=\"dim\">From excess risks at the same numbers of examples, N ≥ 2m and N ≥ m + 4 (m = n for "
      "least squares, else d). Exact for least squares on all weights and on the subspace; early stopping "
      "follows the latter closely, not exactly.</p>\n";
  if (!study.fitted.empty()) {
    body += "<h2>Extra examples without the theory</h2>\n" + fitted_table(study);
    body +=
        "<p class=\"dim\">As a study of networks finds them: R = floor + scale (N − N0)^−α is fitted to the "
        "mean risks of all levels together, N ≥ 2d and N ≥ d + 4, with one scale for each; floor, N0 and α "
        "are "
        "not given. Theory: α = 1, N0 = d + 1, exact on the subspace; early stopping comes near it as N "
        "grows. "
        "Intervals over repeats.</p>\n";
  }
  body += "<h2>Against the closed forms</h2>\n<ul>\n";
  for (const std::string& text : {closed_form_text("(L1)", summarise_converged(study)),
                                  closed_form_text("(L2)", summarise_restricted(study))}) {
    body += text.empty() ? "" : "<li>" + html_escape(text) + "</li>\n";
  }
  const EarlyStoppingSummary early = summarise_early(study);
  if (early.lowest_examples > 0) {
    body += fmt::format(
        "<li>Early stopping for N ≥ 2d: {:.3f} (N = {}, σ′ = {:g}) to {:.3f} (N = {}, σ′ = {:g}) times "
        "(L2)</li>\n",
        early.lowest_ratio, early.lowest_examples, early.lowest_sigma, early.highest_ratio,
        early.highest_examples, early.highest_sigma);
  }
  body += fmt::format(
      "<li>Gradient descent by steps, against its closed form: relative difference of the risk at "
      "most {:.1e} over {} training sets</li>\n</ul>\n",
      largest_step_difference(study), study.checks.size());
  body += "<h2>All numbers</h2>\n" + risk_table(study);
  if (is_figure1(p)) {
    body +=
        "<p class=\"dim\">Paper: means of 5 runs published by the authors of Klug, Atik, Heckel, NeurIPS "
        "2023. "
        "At N = n least squares has no finite mean risk; means there say little.</p>\n";
  }
  body += "<h2>How to reproduce</h2>\n<pre>" + html_escape(context.command) + "\n\n" +
          html_escape(context.config) + "</pre>\n";
  Environment about{{"date", context.date},
                    {"device", context.device},
                    {"threads", std::to_string(context.threads)},
                    {"seconds", fmt::format("{:.1f}", context.seconds)}};
  about.insert(about.end(), context.environment.begin(), context.environment.end());
  body += "<h2>Environment</h2>\n" + pairs_html(about);
  return html_page(context.name, body);
}

}  // namespace selfsame
