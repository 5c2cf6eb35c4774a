// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_store.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "engine/training/run_keys.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kLimit = std::uint64_t{1} << 30;
constexpr const char* kFormat = "selfsame.study.run.1";

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

double number_at(const Json& object, const char* key) {
  const Json& value = object.at(key);
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

Json curve_json(const std::vector<SampleCurvePoint>& curve) {
  Json all = Json::array();
  for (const SampleCurvePoint& point : curve) {
    all.push_back(
        {{"step", point.step}, {"loss", number(point.loss)}, {"validation", number(point.validation)}});
  }
  return all;
}

SampleCurvePoint curve_point(const Json& line) {
  return {line.at("step").get<std::int64_t>(), number_at(line, "loss"), number_at(line, "validation")};
}

/// Whether two configurations train to the same bytes: threads, device, intervals and logging may differ.
bool same_training(const TrainConfig& a, const TrainConfig& b) {
  return resume_key(a) == resume_key(b) && a.training.steps == b.training.steps &&
         a.training.epochs == b.training.epochs;
}

}  // namespace

fs::path SampleStore::run_folder(const PlannedRun& run) const { return folder_ / "runs" / run.id; }
fs::path SampleStore::curve_path(const PlannedRun& run) const { return run_folder(run) / "curve.jsonl"; }

bool SampleStore::done(const PlannedRun& run) const { return is_file(run_folder(run) / "result.json"); }

void SampleStore::prepare(const PlannedRun& run) const {
  const fs::path folder = run_folder(run), file = folder / "config.json";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    fail(ErrorKind::kIo, "{}: cannot be created: {}", folder.string(), error.message());
  }
  check(run);
  if (!is_file(file)) {
    write_file_atomically(file, to_json(run.config));
  }
}

void SampleStore::check(const PlannedRun& run) const {
  const fs::path file = run_folder(run) / "config.json";
  if (is_file(file) &&
      !same_training(parse_train_config(read_file(file, kLimit), file.string()), run.config)) {
    fail(ErrorKind::kUsage,
         "{}: a run of another configuration; choose another --out, or --overwrite to begin anew",
         file.string());
  }
}

void SampleStore::save(const PlannedRun& run, const SampleRun& result,
                       const std::vector<std::string>& images) const {
  Json j;
  j["format"] = kFormat;
  j["configuration"] = run.configuration;
  if (!result.failure.empty()) {
    j["failure"] = result.failure;
  }
  j["end"] = result.end;
  j["steps"] = result.steps;
  j["best_step"] = result.best_step;
  j["best_validation"] = number(result.best_validation);
  j["curve"] = curve_json(result.curve);
  j["scores"] = Json::array();
  for (std::size_t i = 0; i < result.scores.size(); ++i) {
    const SampleScore& score = result.scores[i];
    j["scores"].push_back({{"image", images.at(i)},
                           {"mse", number(score.mse)},
                           {"psnr", number(score.psnr)},
                           {"ssim", number(score.ssim)}});
  }
  write_file_atomically(run_folder(run) / "result.json",
                        j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::optional<SampleRun> SampleStore::load(const PlannedRun& run, std::vector<std::string>& images) const {
  const fs::path file = run_folder(run) / "result.json";
  if (!is_file(file)) {
    return std::nullopt;
  }
  const Json j = Json::parse(read_file(file, kLimit), nullptr, false);
  SampleRun result;
  result.method = run.method;
  result.size = run.size;
  result.seed = run.seed;
  std::string configuration;
  images.clear();
  try {
    configuration = j.at("configuration").get<std::string>();
    result.failure = j.value("failure", std::string());
    result.end = j.at("end").get<std::string>();
    result.steps = j.at("steps").get<std::int64_t>();
    result.best_step = j.at("best_step").get<std::int64_t>();
    result.best_validation = number_at(j, "best_validation");
    for (const Json& point : j.at("curve")) {
      result.curve.push_back(curve_point(point));
    }
    for (const Json& score : j.at("scores")) {
      images.push_back(score.at("image").get<std::string>());
      result.scores.push_back({number_at(score, "mse"), number_at(score, "psnr"), number_at(score, "ssim")});
    }
  } catch (const Json::exception& error) {
    fail(ErrorKind::kData, "{}: not the result of a run: {}", file.string(), error.what());
  }
  if (configuration != run.configuration) {
    fail(ErrorKind::kUsage,
         "{}: the result of another configuration; choose another --out, or --overwrite to begin anew",
         file.string());
  }
  return result;
}

std::vector<SampleCurvePoint> SampleStore::curve(const PlannedRun& run) const {
  std::vector<SampleCurvePoint> points;
  const fs::path path = curve_path(run);
  const std::string text = is_file(path) ? read_file(path, kLimit) : std::string();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t newline = std::min(text.find('\n', at), text.size());
    const Json line = Json::parse(text.substr(at, newline - at), nullptr, false);
    at = newline + 1;
    if (line.is_object() && line.contains("validation")) {
      points.push_back(curve_point(line));
    }
  }
  return points;
}

SampleResults SampleStore::results(const SampleStudyConfig& study, const std::string& name,
                                   const std::vector<PlannedRun>& runs) const {
  SampleResults results;
  results.name = name;
  for (const SampleStudyConfig::Method& method : study.resolved) {
    results.methods.push_back(method.name);
  }
  results.sizes = study.sizes;
  results.seeds = study.seeds;
  const ValidationConfig::Metric metric = study.resolved[0].config.validation.metric;
  results.metric = std::string(choice_names(metric)[static_cast<std::size_t>(metric)]);
  results.planned = static_cast<std::int64_t>(runs.size());
  for (const PlannedRun& run : runs) {
    std::vector<std::string> images;
    if (std::optional<SampleRun> result = load(run, images)) {
      if (!images.empty()) {
        if (!results.images.empty() && results.images != images) {
          fail(ErrorKind::kData, "{}: scored on other images than the runs before it",
               (run_folder(run) / "result.json").string());
        }
        results.images = std::move(images);
      }
      results.runs.push_back(std::move(*result));
    }
  }
  std::sort(results.runs.begin(), results.runs.end(), [](const SampleRun& a, const SampleRun& b) {
    return std::tie(a.method, a.size, a.seed) < std::tie(b.method, b.size, b.seed);
  });
  return results;
}

}  // namespace selfsame
