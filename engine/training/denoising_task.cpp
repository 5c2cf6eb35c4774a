// SPDX-License-Identifier: Apache-2.0
#include "engine/training/denoising_task.hpp"

#include <algorithm>

#include "mri/files/png_file.hpp"
#include "mri/metrics/metrics.hpp"

namespace selfsame {
namespace {

constexpr int kBatchesAhead = 4;
constexpr std::size_t kResidentShare = 3;  // images take a third of the device's memory at the most

ValidationSpec validation_spec(const TrainConfig& config, const Objective& objective) {
  ValidationSpec spec;
  spec.target = config.validation.target == ValidationConfig::Target::kNoisy ? ValidationTarget::kNoisy
                                                                             : ValidationTarget::kClean;
  spec.input_noise = noise_model(config.noise);
  spec.target_noise = target_noise_model(config, objective);
  spec.noise_seed = static_cast<std::uint64_t>(config.data.subset_seed);
  return spec;
}

}  // namespace

DenoisingTask::DenoisingTask(std::span<const TrainConfig> lanes, Stream& stream, SharedSources* shared)
    : configs_(lanes.begin(), lanes.end()),
      config_(configs_[0]),
      stream_(stream),
      model_(make_model(model_options(config_.model))),
      objective_(make_objective(config_)) {
  SharedSources own;  // opens the lanes' sources once
  SharedSources& sources = shared != nullptr ? *shared : own;
  std::vector<std::uint32_t> examples;
  std::vector<LaneMeasurement> measurements;
  for (const TrainConfig& lane : configs_) {
    data_.push_back(open_run_data(lane, *model_, &sources));
    examples.insert(examples.end(), data_.back().train_examples.begin(), data_.back().train_examples.end());
    measurements.push_back({noise_model(lane.noise), target_noise_model(lane, *make_objective(lane))});
  }
  std::sort(examples.begin(), examples.end());
  examples.erase(std::unique(examples.begin(), examples.end()), examples.end());
  cache_ = sources.cache(data_[0].train);
  if (stream.device() != DeviceKind::kCpu) {
    resident_ = ResidentData::make(*cache_, lanes.size() == 1 ? data_[0].train_examples : examples,
                                   device_of(stream.device()).free_bytes() / kResidentShare, stream);
  }
  seek(std::vector<std::int64_t>(configs_.size()));
  DenoisingPassOptions options;
  options.batch = config_.training.batch;
  options.h = loader_->shape().h;
  options.w = loader_->shape().w;
  options.paired = loader_->paired();
  options.resident = resident_ ? &*resident_ : nullptr;
  options.dtype = network_type(config_.precision);
  pass_ = std::make_unique<DenoisingPass>(*model_, *objective_, std::move(measurements), options);
  make_validation_sets();
  predictor_ = std::make_unique<Predictor>(*model_, stream_, options.dtype, Predictor::kDefaultTilePixels,
                                           [config = config_] { return make_objective(config); });
  validation_[0]->prepare(*predictor_);
}

void DenoisingTask::make_validation_sets() {
  const bool noisy = config_.validation.target == ValidationConfig::Target::kNoisy;
  std::map<float, std::shared_ptr<const ValidationSet>> by_noise;
  for (std::size_t l = 0; l < configs_.size(); ++l) {
    const ValidationSpec spec = validation_spec(configs_[l], *make_objective(configs_[l]));
    std::shared_ptr<const ValidationSet>& set = by_noise[noisy ? spec.target_noise.sigma : 0.0f];
    if (set == nullptr) {
      set = std::make_shared<const ValidationSet>(*data_[0].validation, data_[0].validation_examples, spec,
                                                  stream_.pool().threads());
    }
    validation_.push_back(set);
  }
}

void DenoisingTask::seek(std::span<const std::int64_t> steps) {
  BatchLoaderOptions options;
  options.crop = crop_spec(config_.data);
  options.noise = config_.noise.frozen ? NoiseDraw::kFrozen : NoiseDraw::kFresh;
  options.pixels = !resident_;
  options.batch = static_cast<int>(config_.training.batch);
  options.depth = kBatchesAhead;
  std::vector<LaneExamples> lanes;
  for (std::size_t l = 0; l < configs_.size(); ++l) {
    lanes.push_back({static_cast<std::uint64_t>(configs_[l].seed), data_[l].train_examples, steps[l]});
  }
  loader_.reset();
  loader_ = std::make_unique<BatchLoader>(cache_, std::move(lanes), options);
}

void DenoisingTask::next_batch() { loader_->next(pass_->images(), pass_->second_images(), pass_->origins()); }

std::string DenoisingTask::example_name(int position) const {
  return data_[0].train->name(pass_->origins()[static_cast<std::size_t>(position)].example);
}

std::string DenoisingTask::data_text() const {
  return fmt::format("{} training images of {}, first {}; batches of {}, crops of {}x{}", train_count(0),
                     data().train->count(), data().train->name(data().train_examples[0]),
                     config_.training.batch, pass_->options().h, pass_->options().w);
}

std::string DenoisingTask::target_text() const {
  return config_.validation.target == ValidationConfig::Target::kNoisy
             ? "independent noisy measurements: no ground truth is looked at"
         : data().train->paired() ? "the second measurements, taken as truth"
                                  : "clean images: ground truth is looked at";
}

double DenoisingTask::step_flops() const {
  const std::int64_t h = pass_->options().h, w = pass_->options().w;
  return static_cast<double>(config_.training.batch) *
         (3 * model_->forward_flops(h, w) - model_->first_layer_flops(h, w));
}

std::size_t DenoisingTask::data_bytes() const {
  const std::size_t batch =
      resident_ ? 0 : static_cast<std::size_t>(loader_->shape().count()) * sizeof(float);
  std::size_t validation = 0;
  for (std::size_t l = 0; l < validation_.size(); ++l) {
    const bool first = std::find(validation_.begin(), validation_.begin() + static_cast<std::ptrdiff_t>(l),
                                 validation_[l]) == validation_.begin() + static_cast<std::ptrdiff_t>(l);
    validation += first ? validation_[l]->bytes() : 0;
  }
  return validation + cache_->bytes() + kBatchesAhead * batch * (loader_->paired() ? 2 : 1);
}

std::vector<ValidationResult> DenoisingTask::validate(std::int64_t lane, const float* values,
                                                      const float* buffers) {
  predictor_->copy_weights(values, buffers);
  return validation_[static_cast<std::size_t>(lane)]->evaluate(*predictor_);
}

std::string DenoisingTask::validation_name(std::int64_t i) const {
  return data().validation->name(data().validation_examples[static_cast<std::size_t>(i)]);
}

std::vector<ExampleImage> DenoisingTask::pictures(const float* values, const float* buffers,
                                                  std::size_t count) {
  predictor_->copy_weights(values, buffers);
  const bool clean = config_.validation.target != ValidationConfig::Target::kNoisy;
  std::vector<ExampleImage> examples;
  for (const ValidationSet::Item& item : validation().images()) {
    if (examples.size() == count) {
      break;
    }
    Image image;
    image.channels = static_cast<int>(item.channels);
    image.height = static_cast<int>(item.h);
    image.width = static_cast<int>(item.w);
    const auto png = [&](const std::vector<float>& pixels) {
      image.pixels = pixels;
      return encode_png(viewable(image), 8);
    };
    std::vector<float> output(item.target.size());
    predictor_->predict(output.data(), item.noisy.data(), 1, item.h, item.w);
    for (float& value : output) {
      value = std::clamp(value, 0.0f, 1.0f);
    }
    ExampleImage example;
    example.name = data().validation->name(item.example);
    example.noisy = png(item.noisy);
    example.output = png(output);
    example.clean = clean ? png(item.target) : std::string();
    example.noisy_psnr = psnr(item.target, item.noisy, 1.0);
    example.output_psnr = psnr(item.target, output, 1.0);
    examples.push_back(std::move(example));
  }
  return examples;
}

}  // namespace selfsame
