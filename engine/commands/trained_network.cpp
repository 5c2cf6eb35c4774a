// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/trained_network.hpp"

#include <array>

#include "engine/checkpoint/exact.hpp"
#include "engine/checkpoint/pytorch_file.hpp"
#include "engine/checkpoint/safetensors.hpp"
#include "engine/inference/load_weights.hpp"
#include "engine/setup/setup.hpp"

namespace fs = std::filesystem;

namespace selfsame {
SafetensorsFile open_checkpoint(const fs::path& run, const std::string& checkpoint, std::string& warning) {
  if (checkpoint != "best" && checkpoint != "last") {
    return open_weights_file(checkpoint);
  }
  const fs::path newest = run / "checkpoints" / (checkpoint + ".safetensors");
  const fs::path previous = run / "checkpoints" / (checkpoint + ".previous.safetensors");
  try {
    return SafetensorsFile::open(newest);
  } catch (const Error& error) {
    std::error_code ignored;
    if (error.kind() != ErrorKind::kData || !fs::exists(previous, ignored)) {
      throw;
    }
    warning = fmt::format("{}; taking the previous generation {}", error.what(), previous.string());
  }
  return SafetensorsFile::open(previous);
}

namespace {

void load(TrainedNetwork& network, const SafetensorsFile& file, std::int64_t tile_pixels, Stream& stream) {
  const DType dtype = network.config ? network_type(network.config->precision) : DType::kF32;
  if (network.config) {
    set_precision(stream, network.config->precision);
  }
  Predictor::ObjectiveMaker objective;
  if (network.config) {
    objective = [config = *network.config] { return make_objective(config); };
  }
  network.predictor =
      std::make_unique<Predictor>(*network.model, stream, dtype, tile_pixels, std::move(objective));
  network.weights = load_weights(network.predictor->parameters(), file);
  network.predictor->upload_weights();
  network.file = file.path();
  const auto step = file.metadata().find("step");
  if (step != file.metadata().end()) {
    network.step = integer_from(step->second);
  }
}

}  // namespace

std::string TrainedNetwork::text() const {
  return fmt::format("{}, {}{}", file.string(), step >= 0 ? fmt::format("step {}, ", step) : "", weights);
}

TrainedNetwork open_run(const fs::path& run, const std::string& checkpoint, std::int64_t tile_pixels,
                        Stream& stream) {
  std::error_code ignored;
  const std::array<fs::path, 1> config{run / "config.json"};
  if (!fs::exists(config[0], ignored)) {
    fail(ErrorKind::kUsage, "--run {}: not a run folder (it has no config.json)", run.string());
  }
  TrainedNetwork network;
  network.config = load_train_config(config);
  network.model = make_model(model_options(network.config->model));
  load(network, open_checkpoint(run, checkpoint, network.warning), tile_pixels, stream);
  return network;
}

TrainedNetwork open_weights(const fs::path& file, const std::string& model, std::int64_t tile_pixels,
                            Stream& stream) {
  const SafetensorsFile opened = open_weights_file(file);
  std::string text = model;
  if (text.empty()) {
    const auto stored = opened.metadata().find("model");
    if (stored == opened.metadata().end()) {
      fail(ErrorKind::kUsage,
           "{}: the file does not name its network; add --model, e.g. --model '{{\"type\": \"unet\", "
           "\"channels\": 32, \"pools\": 4}}'",
           file.string());
    }
    text = stored->second;
  }
  TrainedNetwork network;
  network.model =
      make_model(model_options(parse_model_config(text, model.empty() ? file.string() : "--model")));
  load(network, opened, tile_pixels, stream);
  return network;
}

}  // namespace selfsame
