// SPDX-License-Identifier: Apache-2.0
#include "engine/training/denoising_task.hpp"

#include <algorithm>

#include "mri/files/png_file.hpp"
#include "mri/metrics/metrics.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kCacheBytes = ImageCache::kDefaultBudget;
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

DenoisingTask::DenoisingTask(const TrainConfig& config, Stream& stream)
    : config_(config),
      stream_(stream),
      model_(make_model(model_options(config.model))),
      objective_(make_objective(config)),
      data_(open_run_data(config, *model_)) {
  cache_ = std::make_shared<ImageCache>(data_.train, kCacheBytes);
  if (stream.device() != DeviceKind::kCpu) {
    resident_ = ResidentData::make(*cache_, data_.train_examples,
                                   device_of(stream.device()).free_bytes() / kResidentShare, stream);
  }
  seek(0);
  DenoisingPassOptions options;
  options.batch = config.training.batch;
  options.h = loader_->shape().h;
  options.w = loader_->shape().w;
  options.paired = loader_->paired();
  options.resident = resident_ ? &*resident_ : nullptr;
  options.dtype = network_type(config.precision);
  pass_ = std::make_unique<DenoisingPass>(
      *model_, *objective_,
      std::vector<LaneMeasurement>{{noise_model(config.noise), target_noise_model(config, *objective_)}},
      options);
  validation_ =
      std::make_unique<ValidationSet>(*data_.validation, data_.validation_examples,
                                      validation_spec(config, *objective_), stream.pool().threads());
  predictor_ = std::make_unique<Predictor>(*model_, stream_, options.dtype, Predictor::kDefaultTilePixels,
                                           [config] { return make_objective(config); });
  validation_->prepare(*predictor_);
}

void DenoisingTask::seek(std::int64_t step) {
  BatchLoaderOptions options;
  options.crop = crop_spec(config_.data);
  options.noise = config_.noise.frozen ? NoiseDraw::kFrozen : NoiseDraw::kFresh;
  options.pixels = !resident_;
  options.batch = static_cast<int>(config_.training.batch);
  options.first_batch = step;
  options.depth = kBatchesAhead;
  loader_.reset();
  loader_ = std::make_unique<BatchLoader>(
      cache_, std::vector<LaneExamples>{{static_cast<std::uint64_t>(config_.seed), data_.train_examples}},
      options);
}

void DenoisingTask::next_batch() { loader_->next(pass_->images(), pass_->second_images(), pass_->origins()); }

std::string DenoisingTask::example_name(int position) const {
  return data_.train->name(pass_->origins()[static_cast<std::size_t>(position)].example);
}

std::string DenoisingTask::data_text() const {
  return fmt::format("{} training images of {}, first {}; batches of {}, crops of {}x{}", train_count(),
                     data_.train->count(), data_.train->name(data_.train_examples[0]), config_.training.batch,
                     pass_->options().h, pass_->options().w);
}

std::string DenoisingTask::target_text() const {
  return config_.validation.target == ValidationConfig::Target::kNoisy
             ? "independent noisy measurements: no ground truth is looked at"
         : data_.train->paired() ? "the second measurements, taken as truth"
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
  return validation_->bytes() + cache_->bytes() + kBatchesAhead * batch * (loader_->paired() ? 2 : 1);
}

ValidationResult DenoisingTask::validate(const float* values, const float* buffers) {
  predictor_->copy_weights(values, buffers);
  return validation_->evaluate(*predictor_);
}

std::vector<ExampleImage> DenoisingTask::pictures(const float* values, const float* buffers,
                                                  std::size_t count) {
  predictor_->copy_weights(values, buffers);
  const bool clean = config_.validation.target != ValidationConfig::Target::kNoisy;
  std::vector<ExampleImage> examples;
  for (const ValidationSet::Item& item : validation_->images()) {
    if (examples.size() == count) {
      break;
    }
    Image image;
    image.channels = static_cast<int>(item.channels);
    image.height = static_cast<int>(item.h);
    image.width = static_cast<int>(item.w);
    const auto png = [&](const std::vector<float>& pixels) {
      image.pixels = pixels;
      return encode_png(image, 8);
    };
    std::vector<float> output(item.target.size());
    predictor_->predict(output.data(), item.noisy.data(), 1, item.h, item.w);
    for (float& value : output) {
      value = std::clamp(value, 0.0f, 1.0f);
    }
    ExampleImage example;
    example.name = data_.validation->name(item.example);
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
