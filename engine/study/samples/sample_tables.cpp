// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/files/json_text.hpp"

namespace selfsame {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json json_of(const SampleInterval& i) {
  return {{"value", number(i.value)}, {"low95", number(i.low)}, {"high95", number(i.high)}};
}

/// Compact; bytes that are no UTF-8 become U+FFFD.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// A member of the document; lists of objects have an entry per line.
void append(std::string& out, const char* key, const Json& value) {
  out += fmt::format("{}\n  \"{}\": ", out.size() > 1 ? "," : "", key);
  if (!value.is_array() || value.empty() || !value.front().is_structured()) {
    out += dump(value);
    return;
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    out += (i == 0 ? "[\n    " : ",\n    ") + dump(value[i]);
  }
  out += "\n  ]";
}

/// An object that begins with method and number of examples.
Json entry(const SampleResults& r, std::size_t method, std::size_t size) {
  return {{"method", r.methods.at(method)}, {"examples", r.sizes.at(size)}};
}

template <typename Items, typename Write>
Json list(const Items& items, Write&& write) {
  Json out = Json::array();
  for (const auto& item : items) {
    out.push_back(write(item));
  }
  return out;
}

Json json_of(const SampleResults& r, const SampleRun& run) {
  Json j = entry(r, run.method, run.size);
  j["seed"] = run.seed;
  j["failure"] = run.failure.empty() ? Json(nullptr) : Json(run.failure);
  j["end"] = run.end;
  j["steps"] = run.steps;
  j["best_step"] = run.best_step;
  j["best_validation"] = number(run.best_validation);
  j["mse"] = list(run.scores, [](const SampleScore& s) { return number(s.mse); });
  j["psnr"] = list(run.scores, [](const SampleScore& s) { return number(s.psnr); });
  j["ssim"] = list(run.scores, [](const SampleScore& s) { return number(s.ssim); });
  j["curve"] = {
      {"step", list(run.curve, [](const SampleCurvePoint& p) { return Json(p.step); })},
      {"loss", list(run.curve, [](const SampleCurvePoint& p) { return number(p.loss); })},
      {"validation", list(run.curve, [](const SampleCurvePoint& p) { return number(p.validation); })}};
  return j;
}

Json json_of(const SampleResults& r, const SamplePoint& p) {
  Json j = entry(r, p.method, p.size);
  j["runs"] = p.runs;
  j["risk"] = json_of(p.risk);
  j["psnr"] = json_of(p.psnr);
  j["ssim"] = json_of(p.ssim);
  return j;
}

Json json_of(const SampleResults& r, const SampleGap& g) {
  Json j = entry(r, g.method, g.size);
  j["seeds"] = g.seeds;
  j["risk"] = json_of(g.risk);
  j["psnr"] = json_of(g.psnr);
  j["significant"] = g.significant;
  return j;
}

Json json_of(const SampleResults& r, const SampleTrend& t) {
  return {{"method", r.methods.at(t.method)},  {"smallest", r.sizes.at(t.smallest)},
          {"largest", r.sizes.at(t.largest)},  {"change", json_of(t.change)},
          {"remaining", json_of(t.remaining)}, {"clear", t.clear}};
}

Json missing(const std::string& reason) { return {{"missing", reason}}; }

Json json_of(const SampleResults& r, const SampleLaw& law) {
  Json j = {{"method", r.methods.at(law.method)}};
  if (!law.missing.empty()) {
    j["missing"] = law.missing;
    return j;
  }
  j["floor"] = json_of(law.floor);
  j["scale"] = json_of(law.scale);
  j["exponent"] = json_of(law.exponent);
  j["worst"] = number(law.worst);
  return j;
}

Json json_of(const SampleJointLaw& law) {
  if (!law.missing.empty()) {
    return missing(law.missing);
  }
  const auto intervals = [](const std::vector<SampleInterval>& all) {
    return list(all, [](const SampleInterval& i) { return json_of(i); });
  };
  return {{"floor", json_of(law.floor)},
          {"exponent", json_of(law.exponent)},
          {"offset", json_of(law.offset)},
          {"scales_by_method", intervals(law.scales)},
          {"factors_by_method", intervals(law.factors)},
          {"worst", number(law.worst)}};
}

Json json_of(const SampleResults& r, const ExtraExamples& e) {
  Json j = entry(r, e.method, e.size);
  j["kind"] = extra_kind_name(e.kind);
  j["factor"] = json_of(e.factor);
  j["sentence"] = e.sentence;
  return j;
}

Json json_of(const SampleResults& r, const SampleVariance& v) {
  return {{"method", r.methods.at(v.method)},
          {"weights", v.weights},
          {"draws", v.draws},
          {"ratio", json_of(SampleInterval{v.ratio, v.low, v.high})},
          {"factor", json_of(SampleInterval{v.factor, v.factor_low, v.factor_high})}};
}

void append_number(std::string& line, double value) {
  line += ',';
  if (std::isfinite(value)) {
    append_json_number(line, value);
  }
}

void append_interval(std::string& line, const SampleInterval& interval) {
  for (const double value : {interval.value, interval.low, interval.high}) {
    append_number(line, value);
  }
}

double mean_of(const std::vector<SampleScore>& scores, double SampleScore::*value) {
  double sum = 0;
  for (const SampleScore& score : scores) {
    sum += score.*value;
  }
  return sum / static_cast<double>(scores.size());  // NaN for none
}

template <typename Item>
Item find(const std::vector<Item>& items, const SamplePoint& point) {
  const auto it = std::find_if(items.begin(), items.end(), [&](const Item& item) {
    return item.method == point.method && item.size == point.size;
  });
  return it == items.end() ? Item{} : *it;
}

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string(text);
  }
  std::string out = "\"";
  for (const char c : text) {
    out += c == '"' ? "\"\"" : std::string(1, c);
  }
  return out + "\"";
}

std::string sample_json(const SampleResults& r, const SampleAnswer& a) {
  const auto all = [&](const auto& items) {
    return list(items, [&](const auto& item) { return json_of(r, item); });
  };
  std::string out = "{";
  append(out, "study", "samples");
  append(out, "name", r.name);
  append(out, "methods", r.methods);
  append(out, "examples", r.sizes);
  append(out, "seeds", r.seeds);
  append(out, "images", r.images);
  append(out, "metric", r.metric);
  append(out, "planned_runs", r.planned);
  append(out, "done_runs", r.runs.size());
  append(out, "answer", a.sentence);
  append(out, "notes", a.notes);
  append(out, "points", all(a.points));
  append(out, "falling_risk_by_method", list(a.curves, [](const std::vector<double>& curve) {
           return list(curve, [](double value) { return number(value); });
         }));
  append(out, "gaps", all(a.gaps));
  append(out, "trends", all(a.trends));
  append(out, "extra_examples", all(a.extras));
  append(out, "factors_by_method", list(a.factors, [](const SampleInterval& i) { return json_of(i); }));
  append(out, "laws", all(a.laws));
  append(out, "joint_law", json_of(a.joint));
  append(out, "gradient_variances", all(r.variances));
  append(out, "runs", all(r.runs));
  return out + "\n}\n";
}

std::string sample_runs_csv(const SampleResults& r) {
  std::string out = "method,examples,seed,failure,end,steps,best_step,best_validation,images,mse,psnr,ssim\n";
  for (const SampleRun& run : r.runs) {
    out += fmt::format("{},{},{},{},{},{},{}", csv_field(r.methods.at(run.method)), r.sizes.at(run.size),
                       run.seed, csv_field(run.failure), csv_field(run.end), run.steps, run.best_step);
    append_number(out, run.best_validation);
    out += fmt::format(",{}", run.scores.size());
    for (double SampleScore::*value : {&SampleScore::mse, &SampleScore::psnr, &SampleScore::ssim}) {
      append_number(out, mean_of(run.scores, value));
    }
    out += "\n";
  }
  return out;
}

std::string sample_points_csv(const SampleResults& r, const SampleAnswer& a) {
  std::string out = "method,examples,runs";
  for (const char* name : {"risk", "psnr", "ssim", "risk_gap", "psnr_gap"}) {
    out += fmt::format(",{0},{0}_low95,{0}_high95", name);
  }
  out += ",significant,extra_examples,factor,factor_low95,factor_high95\n";
  for (const SamplePoint& p : a.points) {
    const SampleGap gap = find(a.gaps, p);
    const ExtraExamples extra = find(a.extras, p);
    out += fmt::format("{},{},{}", csv_field(r.methods.at(p.method)), r.sizes.at(p.size), p.runs);
    for (const SampleInterval& interval : {p.risk, p.psnr, p.ssim, gap.risk, gap.psnr}) {
      append_interval(out, interval);
    }
    out += p.method == 0 ? ",," : fmt::format(",{},{}", gap.significant, extra_kind_name(extra.kind));
    append_interval(out, extra.factor);
    out += "\n";
  }
  return out;
}

}  // namespace selfsame
