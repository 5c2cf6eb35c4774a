// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <map>

#include "engine/report/html.hpp"
#include "engine/report/report_parts.hpp"
#include "engine/report/svg_plot.hpp"
#include "engine/study/samples/sample_figures.hpp"
#include "engine/study/samples/sample_pictures.hpp"
#include "engine/study/samples/sample_text.hpp"

namespace selfsame {
namespace {

constexpr const char* kUnknown = "–";

// ---- tables ------------------------------------------------------------------------

std::string text_cell(const std::string& text) { return "<td>" + html_escape(text) + "</td>"; }
/// Text that keeps a readable width in a scrolling table.
std::string words_cell(const std::string& text) {
  return "<td class=\"words\">" + html_escape(text) + "</td>";
}
std::string row_head(const std::string& text) { return "<th scope=\"row\">" + html_escape(text) + "</th>"; }
std::string number_cell(const std::string& text) {
  return "<td class=\"number\">" + html_escape(text) + "</td>";
}
std::string number_cell(std::int64_t value) { return number_cell(tick_text(static_cast<double>(value))); }

/// The value, and its interval below.
std::string interval_cell(const SampleInterval& interval, std::string (*number)(double)) {
  const std::string bounds = interval.known() ? bounds_text(interval, number) : "";
  return "<td class=\"number\">" + html_escape(interval.known() ? number(interval.value) : kUnknown) +
         (bounds.empty() ? "" : "<span class=\"of\">" + html_escape(bounds) + "</span>") + "</td>";
}

/// Signed, for gaps.
std::string gap_psnr_text(double gap) { return std::isfinite(gap) ? fmt::format("{:+.2f}", gap) : kUnknown; }
std::string gap_risk_text(double gap) { return std::isfinite(gap) ? fmt::format("{:+.3g}", gap) : kUnknown; }
std::string plain_text(double value) {
  return std::isfinite(value) ? fmt::format("{:.3g}", value) : kUnknown;
}
std::string share_text(double share) {
  return std::isfinite(share) ? fmt::format("{:.0f} %", 100 * share) : kUnknown;
}

/// Columns whose name begins with '#' hold numbers.
std::string table(std::initializer_list<const char*> columns, const std::string& rows) {
  std::string out = "<div class=\"scroll\"><table>\n<thead><tr>";
  for (const std::string_view column : columns) {
    const bool is_number = column.starts_with('#');
    out += fmt::format("<th scope=\"col\"{}>{}</th>", is_number ? " class=\"number\"" : "",
                       column.substr(is_number ? 1 : 0));
  }
  return out + "</tr></thead>\n<tbody>\n" + rows + "</tbody></table></div>\n";
}

std::string points_table(const SampleResults& results, const SampleAnswer& answer) {
  const bool ssim = std::any_of(answer.points.begin(), answer.points.end(),
                                [](const SamplePoint& p) { return p.ssim.known(); });
  std::string rows;
  for (const SamplePoint& p : answer.points) {
    const auto gap = std::find_if(answer.gaps.begin(), answer.gaps.end(), [&](const SampleGap& g) {
      return g.method == p.method && g.size == p.size;
    });
    const bool compared = gap != answer.gaps.end() && gap->seeds > 0;
    rows += "<tr>" + row_head(results.methods.at(p.method)) + number_cell(results.sizes.at(p.size)) +
            number_cell(p.runs) + interval_cell(p.risk, risk_text) + interval_cell(p.psnr, psnr_text) +
            (ssim ? interval_cell(p.ssim, ssim_text) : "") +
            interval_cell(compared ? gap->risk : SampleInterval{}, gap_risk_text) +
            interval_cell(compared ? gap->psnr : SampleInterval{}, gap_psnr_text) +
            text_cell(!compared || !gap->risk.bounded() ? kUnknown
                      : gap->significant                ? "yes"
                                                        : "no") +
            "</tr>\n";
  }
  return ssim ? table({"method", "#N", "#runs", "#risk", "#PSNR, dB", "#SSIM", "#gap of risk",
                       "#gap of PSNR, dB", "gap significant"},
                      rows)
              : table({"method", "#N", "#runs", "#risk", "#PSNR, dB", "#gap of risk", "#gap of PSNR, dB",
                       "gap significant"},
                      rows);
}

std::string factors_table(const SampleResults& results, const SampleAnswer& answer) {
  std::string rows;
  for (const ExtraExamples& e : answer.extras) {
    rows += "<tr>" + row_head(results.methods.at(e.method)) + number_cell(results.sizes.at(e.size)) +
            number_cell(extra_text(e)) + words_cell(e.sentence) + "</tr>\n";
  }
  return rows.empty() ? "" : table({"method", "#N", "#factor", "in words"}, rows);
}

/// One row per method but the first: every estimate of its factor.
std::string summary_table(const SampleResults& results, const SampleAnswer& answer) {
  std::string rows;
  for (std::size_t m = 1; m < results.methods.size(); ++m) {
    const auto of_method = [&](const std::vector<SampleInterval>& all) {
      return m < all.size() ? all[m] : SampleInterval{};
    };
    const auto trend = std::find_if(answer.trends.begin(), answer.trends.end(),
                                    [&](const SampleTrend& t) { return t.method == m; });
    std::string predicted;
    for (const SampleVariance& v : results.variances) {
      if (v.method == m) {
        predicted += "<div>" +
                     html_escape(interval_text({v.factor, v.factor_low, v.factor_high}, factor_text)) +
                     "<span class=\"of\">at " + html_escape(v.weights) + "</span></div>";
      }
    }
    rows += "<tr>" + row_head(results.methods[m]) + interval_cell(of_method(answer.factors), factor_text) +
            interval_cell(of_method(answer.joint.factors), factor_text) + "<td class=\"number\">" +
            (predicted.empty() ? kUnknown : predicted) + "</td>" +
            interval_cell(trend == answer.trends.end() ? SampleInterval{} : trend->remaining, share_text) +
            "</tr>\n";
  }
  return rows.empty() ? ""
                      : table({"method", "#over the sizes together", "#by the joint power law, large N",
                               "#predicted from gradients", "#gap that remains at the largest N"},
                              rows);
}

std::string laws_table(const SampleResults& results, const SampleAnswer& answer) {
  std::string rows;
  for (const SampleLaw& law : answer.laws) {
    rows +=
        "<tr>" + row_head(results.methods.at(law.method)) + interval_cell(law.floor, risk_text) +
        interval_cell(law.scale, plain_text) + interval_cell(law.exponent, plain_text) +
        (law.missing.empty() ? number_cell(share_text(law.worst)) : words_cell("no fit: " + law.missing)) +
        "</tr>\n";
  }
  if (!answer.laws.empty()) {
    const SampleJointLaw& joint = answer.joint;
    rows += "<tr>" + row_head("all together") + interval_cell(joint.floor, risk_text) +
            number_cell(kUnknown) + interval_cell(joint.exponent, plain_text) +
            (joint.missing.empty() ? number_cell(share_text(joint.worst))
                                   : words_cell("no fit: " + joint.missing)) +
            "</tr>\n";
  }
  const double offset = answer.joint.missing.empty() ? answer.joint.offset.value : 0;
  const std::string less =
      offset != 0 && std::isfinite(offset) ? fmt::format(", with N − {:.3g} for N", offset) : "";
  return rows.empty()
             ? ""
             : "<p class=\"dim\">Risk = floor + scale · N<sup>−exponent</sup>. All together: the same floor "
               "and exponent, a scale for every method" +
                   less + ".</p>\n" +
                   table({"method", "#floor", "#scale", "#exponent", "#worst deviation"}, rows);
}

// ---- runs --------------------------------------------------------------------------

std::string run_name(const SampleResults& results, const SampleRun& run) {
  return fmt::format("{}, N = {}, seed {}", results.methods.at(run.method), results.sizes.at(run.size),
                     run.seed);
}

std::string runs_html(const SampleResults& results) {
  std::map<std::string, std::int64_t> ends;
  std::string failures, rows;
  for (const SampleRun& run : results.runs) {
    const bool failed = !run.failure.empty();
    ++ends[failed ? "failed" : "ended by " + (run.end.empty() ? "nothing known" : run.end)];
    failures += failed ? "<li>" + html_escape(run_name(results, run) + ": " + run.failure) + "</li>\n" : "";
    rows += "<tr>" + row_head(results.methods.at(run.method)) + number_cell(results.sizes.at(run.size)) +
            number_cell(std::to_string(run.seed)) + words_cell(failed ? "failed: " + run.failure : run.end) +
            number_cell(run.steps) + number_cell(run.best_step) +
            number_cell(failed ? kUnknown : value_text(results.metric, run.best_validation)) + "</tr>\n";
  }
  if (rows.empty()) {
    return "";
  }
  std::string summary;
  for (const auto& [end, count] : ends) {
    summary += fmt::format("{}{} {}", summary.empty() ? "" : ", ", count, end);
  }
  return "<p>" + html_escape(summary) + ".</p>\n" +
         (failures.empty() ? "" : "<ul>\n" + failures + "</ul>\n") +
         fmt::format("<details><summary>All {} runs</summary>\n", results.runs.size()) +
         table({"method", "#N", "#seed", "ended by", "#steps", "#best step", "#best validation"}, rows) +
         "</details>\n";
}

// ---- page --------------------------------------------------------------------------

struct Section {
  const char* id;
  const char* title;
  std::string content;
};

std::string reproduce_html(const StudyContext& context) {
  std::string out = context.command.empty() ? "" : "<pre>" + html_escape(context.command) + "</pre>\n";
  out += context.config.empty() ? ""
                                : "<details><summary>Configuration</summary>\n<pre>" +
                                      html_escape(context.config) + "</pre>\n</details>\n";
  return out;
}

std::string environment_html(const StudyContext& context) {
  Environment about{{"date", context.date},
                    {"device", context.device},
                    {"threads", std::to_string(context.threads)},
                    {"seconds", fmt::format("{:.1f}", context.seconds)},
                    {"seed", std::to_string(context.seed)}};
  about.insert(about.end(), context.environment.begin(), context.environment.end());
  return pairs_html(about);
}

std::string head_html(const SampleResults& results, const SampleAnswer& answer, const std::string& title) {
  std::string out = fmt::format("<h1>{}</h1>\n<p class=\"answer\">{}</p>\n", html_escape(title),
                                html_escape(answer.sentence));
  const std::string state = sample_state_text(results);
  out += state.empty() ? "" : "<p class=\"warning\">" + html_escape(state) + "</p>\n";
  std::string notes;
  for (const std::string& note : answer.notes) {
    notes += "<li>" + html_escape(note) + "</li>\n";
  }
  out += notes.empty() ? "" : "<ul>\n" + notes + "</ul>\n";
  std::string methods;
  for (const std::string& method : results.methods) {
    methods += (methods.empty() ? "" : "; ") + method;
  }
  return out + fmt::format(
                   "<p class=\"dim\">Methods: {}. {} numbers of training examples, {} seeds, {} test "
                   "images. Risk: mean squared error, mean over test images and seeds. Intervals: 95 %, "
                   "over seeds and test images.</p>\n",
                   html_escape(methods), results.sizes.size(), results.seeds.size(), results.images.size());
}

}  // namespace

std::string sample_report(const SampleResults& results, const SampleAnswer& answer,
                          const StudyContext& context) {
  const std::string title = context.name.empty() ? results.name : context.name;
  const std::string factors = summary_table(results, answer) + factors_table(results, answer);
  const std::array<Section, 9> sections{
      {{"plots", "Risk and examples", sample_plots_html(results, answer)},
       {"variance", "Variance of gradients", sample_variances_html(results)},
       {"images", "Example images", sample_pictures_html(results)},
       {"curves", "Training curves", sample_curves_html(results)},
       {"factors", "Factors of extra examples", factors},
       {"points", "All points", answer.points.empty() ? "" : points_table(results, answer)},
       {"laws", "Power laws", laws_table(results, answer)},
       {"runs", "How the runs ended", runs_html(results)},
       {"reproduce", "How to reproduce", reproduce_html(context)}}};
  std::string nav, body;
  for (const Section& section : sections) {
    if (!section.content.empty()) {
      nav += fmt::format("<a href=\"#{}\">{}</a>\n", section.id, section.title);
      body += fmt::format("<h2 id=\"{}\">{}</h2>\n{}", section.id, section.title, section.content);
    }
  }
  return html_page(title, head_html(results, answer, title) + "<nav aria-label=\"Sections\">\n" + nav +
                              "</nav>\n" + body + "<h2 id=\"environment\">Environment</h2>\n" +
                              environment_html(context));
}

}  // namespace selfsame
