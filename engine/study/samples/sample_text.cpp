// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/report/short_text.hpp"

namespace selfsame {
namespace {

constexpr const char* kUnknown = "–";
constexpr std::size_t kColumns = 6;
constexpr std::size_t kLongestLabel = 40;
using Row = std::array<std::string, kColumns>;

std::string safe(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return out;
}

template <typename Item>
const Item* find(const std::vector<Item>& items, std::size_t method, std::size_t size) {
  const auto it = std::find_if(items.begin(), items.end(),
                               [&](const Item& item) { return item.method == method && item.size == size; });
  return it == items.end() ? nullptr : &*it;
}

std::vector<Row> rows_of(const SampleResults& results, const SampleAnswer& answer) {
  std::vector<Row> rows{{"N", "method", "runs", "risk", "PSNR, dB", "examples, times the first's"}};
  for (std::size_t size = 0; size < results.sizes.size(); ++size) {
    bool first_of_size = true;
    for (std::size_t method = 0; method < results.methods.size(); ++method) {
      const SamplePoint* point = find(answer.points, method, size);
      if (point == nullptr || point->runs == 0) {
        continue;
      }
      const ExtraExamples* extra = find(answer.extras, method, size);
      rows.push_back({first_of_size ? std::to_string(results.sizes[size]) : "",
                      shortened(safe(results.methods[method]), kLongestLabel), std::to_string(point->runs),
                      interval_text(point->risk, risk_text), interval_text(point->psnr, psnr_text),
                      extra == nullptr ? "" : extra_text(*extra)});
      first_of_size = false;
    }
  }
  return rows;
}

std::string table_text(const std::vector<Row>& rows) {
  constexpr std::array<bool, kColumns> kRight{true, false, true, false, false, false};
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t c = 0; c < kColumns; ++c) {
      widths[c] = std::max(widths[c], characters_of(row[c]));
    }
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < kColumns; ++c) {
      const std::string space(widths[c] - characters_of(row[c]), ' ');
      line += (c > 0 ? "  " : "") + (kRight[c] ? space + row[c] : row[c] + space);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace

std::string risk_text(double risk) { return std::isfinite(risk) ? fmt::format("{:.4g}", risk) : kUnknown; }
std::string psnr_text(double psnr) { return std::isfinite(psnr) ? fmt::format("{:.2f}", psnr) : kUnknown; }
std::string ssim_text(double ssim) { return std::isfinite(ssim) ? fmt::format("{:.4f}", ssim) : kUnknown; }

std::string factor_text(double factor) {
  if (!std::isfinite(factor)) {
    return kUnknown;
  }
  return factor < 9.995   ? fmt::format("{:.2f}", factor)
         : factor < 99.95 ? fmt::format("{:.1f}", factor)
                          : fmt::format("{:.0f}", factor);
}

std::string bounds_text(const SampleInterval& interval, std::string (*number)(double)) {
  return interval.bounded() ? fmt::format("[{}, {}]", number(interval.low), number(interval.high)) : "";
}

std::string interval_text(const SampleInterval& interval, std::string (*number)(double)) {
  if (!interval.known()) {
    return kUnknown;
  }
  const std::string bounds = bounds_text(interval, number);
  return number(interval.value) + (bounds.empty() ? "" : " " + bounds);
}

std::string extra_text(const ExtraExamples& extra) {
  switch (extra.kind) {
    case ExtraKind::kValue:
      return interval_text(extra.factor, factor_text);
    case ExtraKind::kEstimate:
      return "about " + factor_text(extra.factor.value);
    case ExtraKind::kAtLeast:
      return "≥ " + factor_text(extra.factor.low);
    case ExtraKind::kAtMost:
      return "≤ " + factor_text(extra.factor.high);
    case ExtraKind::kMerged:
      return "not told apart";
    case ExtraKind::kFlat:
      return "flat";
    case ExtraKind::kNothing:
      break;
  }
  return kUnknown;
}

std::string sample_state_text(const SampleResults& results) {
  const auto done = static_cast<std::int64_t>(results.runs.size());
  const auto failed = std::count_if(results.runs.begin(), results.runs.end(),
                                    [](const SampleRun& run) { return !run.failure.empty(); });
  if (done >= results.planned && failed == 0) {
    return "";
  }
  std::string text = fmt::format("{} of {} runs are done", done, std::max(results.planned, done));
  return text + (failed > 0 ? fmt::format("; {} of them failed.", failed) : ".");
}

std::string sample_answer_text(const SampleResults& results, const SampleAnswer& answer) {
  std::string text = safe(answer.sentence) + "\n";
  const std::vector<Row> rows = rows_of(results, answer);
  if (rows.size() > 1) {
    text += fmt::format("\n{}\n", table_text(rows));
  }
  for (const std::string& note : answer.notes) {
    text += fmt::format("note: {}\n", safe(note));
  }
  const std::string state = sample_state_text(results);
  return text + state + (state.empty() ? "" : "\n");
}

}  // namespace selfsame
