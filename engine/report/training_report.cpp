// SPDX-License-Identifier: Apache-2.0
#include "engine/report/training_report.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "engine/report/html.hpp"
#include "engine/report/report_parts.hpp"
#include "engine/report/svg_plot.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

std::string answer(const RunRecord& run) {
  const std::string metric = leading_metric(run);
  std::string text = "No value was logged yet";
  if (!metric.empty()) {
    const BestValue best = best_of(run.metrics.at(metric), larger_is_better(metric));
    text = best.step == 0 ? fmt::format("No finite {} was logged", metric)
                          : fmt::format("Best {} {} at step {}", metric, value_text(metric, best.value),
                                        tick_text(static_cast<double>(best.step)));
  }
  const double total = std::strtod(run.config_value("training.steps").c_str(), nullptr);
  text += " of " + tick_text(total >= 1 ? total : static_cast<double>(run.last_step));
  const std::string setting = setting_text(run);
  text += setting.empty() ? "" : "; " + setting;
  text += fmt::format("; {}", run.outcome);
  text += run.outcome == "stopped" || run.outcome == "failed" ? fmt::format(" ({})", run.reason) : "";
  return text + ".";
}

std::string warnings_html(const RunRecord& run) {
  std::string out;
  if (run.damaged_lines > 0) {
    out += fmt::format("<p class=\"warning\">{} damaged lines of metrics.jsonl were left out.</p>\n",
                       run.damaged_lines);
  }
  if (run.outcome == "unfinished" || run.outcome == "failed") {
    out += fmt::format("<p class=\"warning\">The run is {}: {} steps were logged.</p>\n", run.outcome,
                       run.last_step);
  }
  return out;
}

std::string reproduce_html(const RunRecord& run) {
  if (run.commands.empty()) {
    return "";
  }
  std::string out = "<h2>How to reproduce</h2>\n<pre>";
  for (const std::string& command : run.commands) {
    out += html_escape(command) + "\n";
  }
  return out +
         "</pre>\n<p class=\"dim\">The resolved configuration is config.json in the run folder; the seed is "
         "in it. "
         "On the CPU the result does not depend on the number of threads.</p>\n";
}

std::string section(const char* title, const std::string& content) {
  return content.empty() ? "" : fmt::format("<h2>{}</h2>\n{}", title, content);
}

/// A row per run: its best value of every validation quantity, and how it ended.
std::string results_html(std::span<const RunRecord> runs, std::span<const std::string> labels) {
  std::set<std::string> metrics;
  for (const RunRecord& run : runs) {
    for (const auto& [name, series] : run.metrics) {
      if (name.starts_with("val")) {
        metrics.insert(name);
      }
    }
  }
  std::string out = "<div class=\"scroll\"><table>\n<tr><th>run</th>";
  for (const std::string& metric : metrics) {
    out += fmt::format("<th class=\"number\">best {}</th><th class=\"number\">at step</th>",
                       html_escape(metric));
  }
  out += "<th class=\"number\">steps</th><th>ended</th></tr>\n";
  for (std::size_t r = 0; r < runs.size(); ++r) {
    out += fmt::format("<tr><td>{}</td>", html_escape(labels[r]));
    for (const std::string& metric : metrics) {
      const auto it = runs[r].metrics.find(metric);
      const BestValue best =
          it == runs[r].metrics.end() ? BestValue{} : best_of(it->second, larger_is_better(metric));
      out += fmt::format("<td class=\"number\">{}</td><td class=\"number\">{}</td>",
                         best.step == 0 ? "-" : value_text(metric, best.value),
                         best.step == 0 ? "-" : tick_text(static_cast<double>(best.step)));
    }
    out += fmt::format("<td class=\"number\">{}</td><td>{}</td></tr>\n",
                       tick_text(static_cast<double>(runs[r].last_step)), html_escape(runs[r].outcome));
  }
  return out + "</table></div>\n";
}

/// The settings that are not the same in all runs.
std::string differences_html(std::span<const RunRecord> runs, std::span<const std::string> labels) {
  std::vector<std::string> keys;
  for (const RunRecord& run : runs) {
    for (const auto& [key, value] : run.config) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        keys.push_back(key);
      }
    }
  }
  std::string rows;
  for (const std::string& key : keys) {
    std::set<std::string> values;
    std::string row = "<tr><td>" + html_escape(key) + "</td>";
    for (const RunRecord& run : runs) {
      values.insert(run.config_value(key));
      row += "<td>" + html_escape(run.config_value(key)) + "</td>";
    }
    rows += values.size() > 1 ? row + "</tr>\n" : "";
  }
  if (rows.empty()) {
    return "";
  }
  std::string head = "<div class=\"scroll\"><table>\n<tr><th>setting</th>";
  for (const std::string& label : labels) {
    head += "<th>" + html_escape(label) + "</th>";
  }
  return head + "</tr>\n" + rows + "</table></div>\n";
}

std::string comparison_answer(std::span<const RunRecord> runs, std::span<const std::string> labels) {
  const std::string metric = leading_metric(runs.front());
  std::string text;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const auto it = runs[r].metrics.find(metric);
    const BestValue best =
        it == runs[r].metrics.end() ? BestValue{} : best_of(it->second, larger_is_better(metric));
    text += fmt::format("{}{} {}", r == 0 ? "" : ", ", labels[r],
                        best.step == 0 ? "-" : value_text(metric, best.value));
  }
  return fmt::format("Best {}: {}.", metric.empty() ? "value" : metric, text);
}

}  // namespace

std::string answer_sentence(const fs::path& run_folder) { return answer(read_run(run_folder)); }

void write_training_report(const fs::path& run_folder) {
  const RunRecord run = read_run(run_folder);
  const std::vector<std::string> labels = labels_of(std::span(&run, 1));
  std::string body = fmt::format("<h1>{}</h1>\n<p class=\"answer\">{}</p>\n", html_escape(run.name),
                                 html_escape(answer(run)));
  body += warnings_html(run);
  body += section("Curves", plots_html(std::span(&run, 1), labels));
  body += section("Examples", examples_html(run));
  body += reproduce_html(run);
  body += section("Configuration", run.config.empty() ? "" : pairs_html(run.config));
  body += section("Environment", run.environment.empty() ? "" : pairs_html(run.environment));
  write_file_atomically(run_folder / "report.html", html_page(run.name, body));
}

void write_comparison_report(const fs::path& path, std::span<const fs::path> run_folders) {
  SELFSAME_CHECK(!run_folders.empty(), "a comparison of no runs");
  std::vector<RunRecord> runs;
  for (const fs::path& folder : run_folders) {
    runs.push_back(read_run(folder));
  }
  const std::vector<std::string> labels = labels_of(runs);
  std::string title;
  for (const std::string& label : labels) {
    title += (title.empty() ? "" : " and ") + label;
  }
  std::string body = fmt::format("<h1>{}</h1>\n<p class=\"answer\">{}</p>\n", html_escape(title),
                                 html_escape(comparison_answer(runs, labels)));
  for (std::size_t r = 0; r < runs.size(); ++r) {
    body +=
        fmt::format("<p class=\"dim\">{}: {}</p>\n", html_escape(labels[r]), html_escape(answer(runs[r])));
    body += warnings_html(runs[r]);
  }
  body += section("Curves", plots_html(runs, labels));
  if (std::any_of(runs.begin(), runs.end(), [&](const RunRecord& run) {
        return run.config_value("objective.type") != runs.front().config_value("objective.type");
      })) {
    body +=
        "<p class=\"dim\">Training losses of different objectives are not comparable: a noisy target adds "
        "its noise "
        "variance to the loss. The validation values are.</p>\n";
  }
  body += section("Results", results_html(runs, labels));
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const std::string examples = examples_html(runs[r]);
    body +=
        examples.empty() ? "" : fmt::format("<h2>Examples: {}</h2>\n{}", html_escape(labels[r]), examples);
  }
  body += section("Settings that differ", differences_html(runs, labels));
  std::string commands;
  for (const RunRecord& run : runs) {
    for (const std::string& command : run.commands) {
      commands += html_escape(command) + "\n";
    }
  }
  body += commands.empty() ? "" : "<h2>How to reproduce</h2>\n<pre>" + commands + "</pre>\n";
  body +=
      section("Environment", runs.front().environment.empty() ? "" : pairs_html(runs.front().environment));
  write_file_atomically(path, html_page(title, body));
}

}  // namespace selfsame
