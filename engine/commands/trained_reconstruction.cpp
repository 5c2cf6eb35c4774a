// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/trained_reconstruction.hpp"

#include <array>

#include "engine/checkpoint/pytorch_file.hpp"
#include "engine/checkpoint/safetensors.hpp"
#include "engine/commands/trained_network.hpp"
#include "engine/inference/load_weights.hpp"
#include "engine/setup/kspace_setup.hpp"
#include "engine/setup/setup.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

/// The model's JSON: what was given, or what a checkpoint of a run says of itself.
std::string model_text(const SafetensorsFile& file, const std::string& model) {
  const auto stored = file.metadata().find("model");
  return !model.empty() ? model : stored != file.metadata().end() ? stored->second : std::string();
}

void load(TrainedReconstruction& trained, const SafetensorsFile& file, Stream& stream) {
  const DType dtype = trained.config ? network_type(trained.config->precision) : DType::kF32;
  if (trained.config) {
    set_precision(stream, trained.config->precision);
  }
  trained.reconstructor = std::make_unique<Reconstructor>(*trained.model, stream, dtype);
  const std::string taken = load_weights(trained.reconstructor->parameters(), file);
  trained.reconstructor->upload_weights();
  const auto step = file.metadata().find("step");
  trained.text = fmt::format("{}, {}{}", file.path().string(),
                             step != file.metadata().end() ? "step " + step->second + ", " : "", taken);
}

}  // namespace

bool is_reconstruction_run(const fs::path& run) {
  std::error_code ignored;
  const std::array<fs::path, 1> config{run / "config.json"};
  return fs::exists(config[0], ignored) && is_reconstruction(load_train_config(config).model);
}

bool is_reconstruction_weights(const fs::path& file, const std::string& model) {
  try {
    const std::string text = model.empty() ? model_text(open_weights_file(file), model) : model;
    return !text.empty() && is_reconstruction(parse_model_config(text));
  } catch (const Error&) {
    return false;
  }
}

TrainedReconstruction open_reconstruction_run(const fs::path& run, const std::string& checkpoint,
                                              Stream& stream) {
  const std::array<fs::path, 1> config{run / "config.json"};
  TrainedReconstruction trained;
  trained.config = load_train_config(config);
  trained.model = make_reconstruction_model(reconstruction_options(trained.config->model));
  trained.objective = make_kspace_objective(*trained.config);
  load(trained, open_checkpoint(run, checkpoint, trained.warning), stream);
  return trained;
}

TrainedReconstruction open_reconstruction_weights(const fs::path& file, const std::string& model,
                                                  Stream& stream) {
  const SafetensorsFile opened = open_weights_file(file);
  TrainedReconstruction trained;
  trained.model = make_reconstruction_model(reconstruction_options(
      parse_model_config(model_text(opened, model), model.empty() ? file.string() : "--model")));
  load(trained, opened, stream);
  return trained;
}

}  // namespace selfsame
