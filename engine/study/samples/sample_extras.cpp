// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_extras.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/verify/gradient_spread.hpp"
#include "engine/verify/pair_maker.hpp"
#include "engine/verify/variance_ratio.hpp"
#include "mri/files/atomic_file.hpp"
#include "mri/files/png_file.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kLimit = std::uint64_t{1} << 28;
constexpr std::int64_t kPilotDraws = 16, kPairsAtOnce = 8;
constexpr float kErrorGain = 4;  // errors are small beside the image

const PlannedRun& run_of(const std::vector<PlannedRun>& runs, std::size_t method, std::size_t size,
                         std::int64_t seed) {
  const auto found = std::find_if(runs.begin(), runs.end(), [&](const PlannedRun& r) {
    return r.method == method && r.size == size && r.seed == seed;
  });
  SELFSAME_CHECK(found != runs.end(), "no run of method {}, size {}, seed {}", method, size, seed);
  return *found;
}

/// The best weights of a run that is done; nothing if it has none.
std::optional<TrainedPoint> best_point(const PlannedRun& run, const SampleStore& store, Stream& stream,
                                       SharedSources& sources, std::string name) {
  const CheckpointStore checkpoints(store.run_folder(run));
  if (!checkpoints.exists(CheckpointSlot::kBest)) {
    return std::nullopt;
  }
  Trainer trainer({&run.config, 1}, stream, &sources);
  trainer.load_best(checkpoints);
  const Parameters& p = trainer.step().parameters();  // load_best has filled the host's copy
  TrainedPoint point;
  point.name = std::move(name);
  const float* average = trainer.step().ema(0);
  const float* values = average != nullptr ? average : p.host_values<float>();
  point.values.assign(values, values + p.lane_size());
  point.buffers.assign(p.host_buffers<float>(), p.host_buffers<float>() + p.buffer_lane_size());
  return point;
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

fs::path variance_file(const SampleStore& store) { return store.folder() / "variance.json"; }
fs::path picture_folder(const SampleStore& store) { return store.folder() / "pictures"; }

/// |output - clean|, brightened; nothing without a clean image of the same size.
std::string error_map(const fs::path& output, const fs::path& clean) {
  const Image a = read_png(InputFile(output.string())), b = read_png(InputFile(clean.string()));
  if (a.pixels.size() != b.pixels.size()) {
    return {};
  }
  Image error = a;
  for (std::size_t i = 0; i < error.pixels.size(); ++i) {
    error.pixels[i] = kErrorGain * std::abs(a.pixels[i] - b.pixels[i]);
  }
  return encode_png(error, 8);
}

}  // namespace

std::vector<SampleVariance> load_variances(const SampleStore& store, std::vector<std::string>* notes) {
  std::vector<SampleVariance> all;
  const fs::path file = variance_file(store);
  if (!is_file(file)) {
    return all;
  }
  try {
    for (const Json& j : Json::parse(read_file(file, kLimit))) {
      if (j.contains("note")) {
        if (notes != nullptr) {
          notes->push_back(j.at("note").get<std::string>());
        }
        continue;
      }
      SampleVariance v;
      v.method = j.at("method").get<std::size_t>();
      v.weights = j.at("weights").get<std::string>();
      v.ratio = v.factor = j.at("ratio").get<double>();
      v.low = v.factor_low = j.at("lower95").get<double>();
      v.high = v.factor_high = j.at("upper95").get<double>();
      v.draws = j.at("draws").get<std::int64_t>();
      v.spread = j.at("spread").get<std::vector<double>>();
      v.first_spread = j.at("first_spread").get<std::vector<double>>();
      all.push_back(v);
    }
  } catch (const Json::exception& e) {
    fail(ErrorKind::kData, "{}: not what a study writes: {}; remove it to have it made again", file.string(),
         e.what());
  }
  return all;
}

std::vector<SampleVariance> measure_variances(const SampleStudyConfig& study,
                                              const std::vector<PlannedRun>& runs, const SampleStore& store,
                                              std::int64_t draws, Stream& stream, SharedSources& sources) {
  const std::string reference = objective_name(study.resolved[0].config.objective);
  if (draws == 0 || study.resolved.size() < 2 || !reference.starts_with("supervised")) {
    return {};
  }
  if (is_file(variance_file(store))) {
    return load_variances(store);
  }
  const std::size_t size = study.sizes.size() - 1;
  const std::int64_t seed = study.seeds[0];
  const std::optional<TrainedPoint> point =
      best_point(run_of(runs, 0, size, seed), store, stream, sources,
                 fmt::format("{}, N = {}, seed {}", study.resolved[0].name, study.sizes[size], seed));
  if (!point) {
    return {};
  }
  std::vector<SampleVariance> all;
  Json document = Json::array();
  const auto leave_out = [&](std::size_t m, const char* why) {
    document.push_back({{"method", m},
                        {"name", study.resolved[m].name},
                        {"note", fmt::format("{}: its gradient variance is not measured: it {} {}.",
                                             study.resolved[m].name, why, study.resolved[0].name)}});
  };
  for (std::size_t m = 1; m < study.resolved.size(); ++m) {
    const PlannedRun& run = run_of(runs, m, size, seed);
    if (to_json(run.config.model) != to_json(study.resolved[0].config.model)) {
      leave_out(m, "trains another network than");
      continue;
    }
    if (lacks_truth(run.config)) {
      leave_out(m, "has no clean targets beside its noisy ones, unlike");  // no truth to compare with
      continue;
    }
    PairMaker maker(run.config, 0, kPairsAtOnce, 1, stream);
    const std::unique_ptr<GradientPairs> pairs = maker.make(configured_subjects(run.config).at(0));
    const GradientTensor last = pairs->tensors().back();
    if (last.offset + last.count > static_cast<std::int64_t>(point->values.size())) {
      leave_out(m, "trains numbers beside the weights of");
      continue;
    }
    pairs->set_weights(*point);
    const GradientSketch sketch(pairs->tensors());
    DrawStatistics statistics(sketch);
    std::int64_t next = 0;
    for (; next < kPilotDraws; next += kPairsAtOnce) {
      pairs->run(next, 0, false);
      for (std::int64_t i = 0; i < kPairsAtOnce; ++i) {
        statistics.add_pilot(pairs->supervised(i));
      }
    }
    for (; statistics.draws() < draws; next += kPairsAtOnce) {
      pairs->run(next, 0);
      for (std::int64_t i = 0; i < kPairsAtOnce && statistics.draws() < draws; ++i) {
        statistics.add(pairs->self_supervised(i), pairs->supervised(i));
      }
    }
    const VarianceRatio ratio = variance_ratio(statistics);
    SampleVariance v;
    v.method = m;
    v.weights = point->name;
    v.ratio = v.factor = ratio.ratio;
    v.low = v.factor_low = ratio.lower;
    v.high = v.factor_high = ratio.upper;
    v.draws = statistics.draws();
    v.spread = gradient_spread(statistics, true);
    v.first_spread = gradient_spread(statistics, false);
    document.push_back({{"method", m},
                        {"name", study.resolved[m].name},
                        {"weights", v.weights},
                        {"ratio", v.ratio},
                        {"lower95", v.low},
                        {"upper95", v.high},
                        {"draws", v.draws},
                        {"spread", v.spread},
                        {"first_spread", v.first_spread}});
    all.push_back(v);
  }
  write_file_atomically(variance_file(store),
                        document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  return all;
}

std::vector<SamplePicture> load_pictures(const SampleStore& store) {
  std::vector<SamplePicture> pictures;
  const fs::path folder = picture_folder(store), index = folder / "index.json";
  if (!is_file(index)) {
    return pictures;
  }
  const auto bytes = [&](const std::string& name) {
    return is_file(folder / name) ? read_file(folder / name, kLimit) : std::string();
  };
  try {
    for (const Json& j : Json::parse(read_file(index, kLimit))) {
      SamplePicture picture;
      picture.image = j.at("image").get<std::string>();
      picture.noisy = bytes(j.at("noisy").get<std::string>());
      picture.clean = bytes(j.at("clean").get<std::string>());
      picture.noisy_psnr = j.at("noisy_psnr").is_null() ? NAN : j.at("noisy_psnr").get<double>();
      for (const Json& o : j.at("outputs")) {
        SamplePicture::Output output;
        output.method = o.at("method").get<std::size_t>();
        output.size = o.at("size").get<std::size_t>();
        output.output = bytes(o.at("output").get<std::string>());
        output.error = bytes(o.at("error").get<std::string>());
        output.psnr = o.at("psnr").is_null() ? NAN : o.at("psnr").get<double>();
        picture.outputs.push_back(std::move(output));
      }
      pictures.push_back(std::move(picture));
    }
  } catch (const Json::exception& e) {
    fail(ErrorKind::kData, "{}: not what a study writes: {}; remove it to have it made again", index.string(),
         e.what());
  }
  return pictures;
}

std::vector<SamplePicture> make_pictures(const SampleStudyConfig& study, const std::vector<PlannedRun>& runs,
                                         const SampleStore& store, std::size_t count, SampleRunner& runner,
                                         Stream& stream) {
  if (std::vector<SamplePicture> kept = load_pictures(store); !kept.empty()) {
    return kept;
  }
  const fs::path folder = picture_folder(store);
  std::error_code error;
  fs::create_directories(folder, error);
  Json document = Json::array();
  const auto number = [](double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); };
  std::vector<std::size_t> sizes{0};
  if (study.sizes.size() > 1) {
    sizes.push_back(study.sizes.size() - 1);
  }
  for (std::size_t m = 0; m < study.resolved.size(); ++m) {
    for (const std::size_t size : sizes) {
      const PlannedRun& run = run_of(runs, m, size, study.seeds[0]);
      const CheckpointStore checkpoints(store.run_folder(run));
      if (!checkpoints.exists(CheckpointSlot::kBest)) {
        continue;
      }
      Trainer trainer({&run.config, 1}, stream, &runner.sources());
      trainer.load_best(checkpoints);
      const std::vector<ExampleImage> seen =
          runner.scorer().pictures(m, trainer.values(0), trainer.buffers(0), count);
      for (std::size_t i = 0; i < seen.size(); ++i) {
        if (document.size() <= i) {
          const std::string noisy = fmt::format("{}-noisy.png", i), clean = fmt::format("{}-clean.png", i);
          write_file_atomically(folder / noisy, seen[i].noisy);
          if (!seen[i].clean.empty()) {
            write_file_atomically(folder / clean, seen[i].clean);
          }
          document.push_back({{"image", seen[i].name},
                              {"noisy", noisy},
                              {"clean", clean},
                              {"noisy_psnr", number(seen[i].noisy_psnr)},
                              {"outputs", Json::array()}});
        }
        const std::string name = fmt::format("{}-{}", i, run.id);
        write_file_atomically(folder / (name + ".png"), seen[i].output);
        if (!seen[i].clean.empty()) {
          write_file_atomically(folder / (name + "-error.png"),
                                error_map(folder / (name + ".png"), folder / fmt::format("{}-clean.png", i)));
        }
        document[i]["outputs"].push_back({{"method", m},
                                          {"size", size},
                                          {"output", name + ".png"},
                                          {"error", name + "-error.png"},
                                          {"psnr", number(seen[i].output_psnr)}});
      }
    }
  }
  write_file_atomically(folder / "index.json", document.dump(1, ' ', false, Json::error_handler_t::replace));
  return load_pictures(store);
}

}  // namespace selfsame
