// SPDX-License-Identifier: Apache-2.0
#include "engine/report/run_record.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kTextLimit = std::uint64_t{16} << 20;
constexpr std::uint64_t kMetricsLimit = std::uint64_t{1} << 32;
constexpr int kMaxDepth = 32;

std::string read_if_there(const fs::path& path, std::uint64_t limit) {
  std::error_code error;
  return fs::is_regular_file(path, error) ? read_file(path, limit) : "";
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Appends the leaves of a document with their keys joined by dots; arrays stay one value.
void flatten(std::vector<std::pair<std::string, std::string>>& out, const std::string& prefix,
             const Json& value, int depth) {
  if (value.is_object() && !value.empty() && depth < kMaxDepth) {
    for (const auto& [key, member] : value.items()) {
      flatten(out, prefix.empty() ? key : prefix + "." + key, member, depth + 1);
    }
  } else {
    out.emplace_back(prefix, text_of(value));
  }
}

void read_metrics(RunRecord& run, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t newline = std::min(text.find('\n', at), text.size());
    const Json line = Json::parse(text.begin() + static_cast<std::ptrdiff_t>(at),
                                  text.begin() + static_cast<std::ptrdiff_t>(newline), nullptr, false);
    at = newline + 1;
    if (!line.is_object() || !line.contains("step") || !line["step"].is_number_integer()) {
      ++run.damaged_lines;
      continue;
    }
    const auto step = line["step"].get<std::int64_t>();
    run.last_step = std::max(run.last_step, step);
    for (const auto& [key, value] : line.items()) {
      if (key != "step" && key != "wall" && (value.is_number() || value.is_null())) {
        MetricSeries& series = run.metrics[key];
        series.step.push_back(static_cast<double>(step));
        series.value.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                               : value.get<double>());
      }
    }
  }
}

void read_marker(RunRecord& run) {
  for (const auto& [file, outcome] :
       {std::pair{"DONE", "done"}, {"STOPPED", "stopped"}, {"FAILED", "failed"}}) {
    const Json marker = Json::parse(read_if_there(run.path / file, kTextLimit), nullptr, false);
    if (marker.is_object()) {
      run.outcome = outcome;
      run.reason = marker.contains("reason") ? text_of(marker["reason"]) : "";
    }
  }
}

}  // namespace

std::string RunRecord::config_value(std::string_view key) const {
  for (const auto& [name_of_value, value] : config) {
    if (name_of_value == key) {
      return value;
    }
  }
  return "";
}

RunRecord read_run(const fs::path& folder) {
  RunRecord run;
  run.path = folder;
  if (!fs::exists(folder / "metrics.jsonl") && !fs::exists(folder / "config.json")) {
    fail(ErrorKind::kData, "{}: is no run folder: it has neither metrics.jsonl nor config.json",
         folder.string());
  }
  read_metrics(run, read_if_there(folder / "metrics.jsonl", kMetricsLimit));
  // Comments are allowed: a config may be shown as its author wrote it.
  const Json config = Json::parse(read_if_there(folder / "config.json", kTextLimit), nullptr, false, true);
  if (config.is_object()) {
    flatten(run.config, "", config, 0);
  }
  const Json environment = Json::parse(read_if_there(folder / "env.json", kTextLimit), nullptr, false);
  if (environment.is_object()) {
    flatten(run.environment, "", environment, 0);
  }
  const std::string commands = read_if_there(folder / "command.txt", kTextLimit);
  for (std::size_t at = 0; at < commands.size();) {
    const std::size_t newline = std::min(commands.find('\n', at), commands.size());
    if (newline > at) {
      run.commands.push_back(commands.substr(at, newline - at));
    }
    at = newline + 1;
  }
  read_marker(run);
  run.name = run.config_value("name");
  if (run.name.empty()) {
    run.name = fs::absolute(folder).lexically_normal().filename().string();
  }
  return run;
}

bool larger_is_better(std::string_view metric) {
  return metric.find("psnr") != std::string_view::npos || metric.find("ssim") != std::string_view::npos;
}

BestValue best_of(const MetricSeries& series, bool larger) {
  BestValue best;
  for (std::size_t i = 0; i < series.value.size(); ++i) {
    const double v = series.value[i];
    if (std::isfinite(v) && (best.step == 0 || (larger ? v > best.value : v < best.value))) {
      best = {static_cast<std::int64_t>(series.step[i]), v};
    }
  }
  return best;
}

std::string leading_metric(const RunRecord& run) {
  const std::string wanted = run.config_value("validation.metric");
  std::string any, psnr, exact;
  for (const auto& [name, series] : run.metrics) {
    if (!name.starts_with("val")) {
      continue;
    }
    any = any.empty() ? name : any;
    psnr = psnr.empty() && name.find("psnr") != std::string::npos ? name : psnr;
    exact = exact.empty() && !wanted.empty() && name.find(wanted) != std::string::npos ? name : exact;
  }
  return !exact.empty()                   ? exact
         : !psnr.empty()                  ? psnr
         : !any.empty()                   ? any
         : run.metrics.count("loss") != 0 ? "loss"
                                          : "";
}

}  // namespace selfsame
