// SPDX-License-Identifier: Apache-2.0
#include "engine/kspace/kspace_task.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "engine/kspace/fill_sample.hpp"
#include "engine/setup/kspace_setup.hpp"
#include "engine/setup/setup.hpp"
#include "mri/files/png_file.hpp"
#include "mri/files/preview.hpp"
#include "mri/masks/preflight.hpp"
#include "mri/metrics/metrics.hpp"

namespace selfsame {
namespace {

/// Prepared slices take a third of the machine's memory at the most.
std::size_t slice_budget() {
  const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGE_SIZE);
  return pages > 0 && size > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(size) / 3
                               : std::size_t{2} << 30;
}

}  // namespace

KSpaceTask::KSpaceTask(std::span<const TrainConfig> lanes, Stream& stream, SharedSources* /*shared*/)
    : configs_(lanes.begin(), lanes.end()),
      config_(configs_[0]),
      stream_(stream),
      host_(DeviceKind::kCpu, stream.pool().threads()),
      model_(make_reconstruction_model(reconstruction_options(config_.model))),
      objective_(make_kspace_objective(config_)),
      sampler_(config_.kspace->mask, *objective_),
      test_masks_(config_.kspace->test_mask) {
  const TrainConfig& config = config_;
  PreparationOptions options = preparation_options(config, *model_, *objective_);
  for (const TrainConfig& lane : configs_) {
    data_.push_back(open_kspace_run_data(lane));
    lanes_.push_back({EpochOrder(static_cast<std::uint64_t>(lane.seed),
                                 static_cast<std::int64_t>(data_.back().train_examples.size()))});
  }
  shape_ = common_shape(*data_[0].train, options);
  train_ = std::make_unique<PreparedSlices>(data_[0].train, sampler_, options, slice_budget(),
                                            stream.pool().threads());
  validation_ = data_[0].validation == data_[0].train
                    ? nullptr
                    : std::make_unique<PreparedSlices>(data_[0].validation, sampler_, options, slice_budget(),
                                                       stream.pool().threads());
  const CalibrationRegion centre = always_sampled(sampler_.law(shape_.h, shape_.w), shape_.h, 0);
  KSpacePassOptions pass;
  pass.lanes = static_cast<std::int64_t>(configs_.size());
  pass.batch = config.training.batch;
  pass.coils = shape_.coils;
  pass.h = shape_.h;
  pass.w = shape_.w;
  pass.mask_h = sampler_.mask_rows(shape_.h);
  pass.centre_first = centre.column;
  pass.centre_count = centre.columns;
  pass.dtype = network_type(config.precision);
  pass_ = std::make_unique<KSpacePass>(*model_, *objective_, pass);
  reconstructor_ = std::make_unique<Reconstructor>(*model_, stream_, pass.dtype);
  method_ = std::make_unique<NetworkMethod>(*reconstructor_, objective_.get(), sampler_);
}

KSpaceTask::~KSpaceTask() {
  if (ahead_.valid()) {
    ahead_.wait();
  }
}

// ---- batches
// ------------------------------------------------------------------------------------------------

std::uint32_t KSpaceTask::example_at(std::size_t lane, std::int64_t position) {
  return data_[lane].train_examples[static_cast<std::size_t>(lanes_[lane].order.at(position).index)];
}

void KSpaceTask::seek(std::span<const std::int64_t> steps) {
  for (std::size_t l = 0; l < lanes_.size(); ++l) {
    lanes_[l].position = steps[l] * config_.training.batch;
  }
}

/// Sample b of the lane's next batch.
void KSpaceTask::fill(std::size_t lane, std::int64_t b) {
  const std::int64_t position = lanes_[lane].position + b;
  const std::uint32_t epoch = lanes_[lane].order.at(position).epoch;
  const std::uint32_t index = example_at(lane, position);
  const std::shared_ptr<const KSpaceExample> e = train_->get(index);
  const auto seed = static_cast<std::uint64_t>(configs_[lane].seed);
  const SampleMasks masks = sampler_.draw(e->h, e->w, e->measured, {}, seed, epoch, index);
  if (objective_->needs_truth() && !e->measured.sampled.empty()) {
    fail(ErrorKind::kUsage,
         "/objective/type: {} needs fully sampled k-space, but {} was measured undersampled",
         objective_name(config_.objective), data_[0].train->name(index));
  }
  KSpacePass::Sample sample = pass_->sample(static_cast<std::int64_t>(lane) * config_.training.batch + b);
  fill_sample(sample, shape_, *e, masks, objective_->needs_truth());
  sample.origin.seed = seed;
  sample.origin.example = index;
  sample.origin.epoch = sample.origin.draw = epoch;
}

void KSpaceTask::next_batch() {
  if (ahead_.valid()) {
    ahead_.get();
  }
  for (std::size_t l = 0; l < lanes_.size(); ++l) {
    for (std::int64_t b = 0; b < config_.training.batch; ++b) {
      fill(l, b);
    }
    lanes_[l].position += config_.training.batch;
  }
  prefetch();
}

/// Prepares what the next batch needs while this one is trained on.
void KSpaceTask::prefetch() {
  std::vector<std::uint32_t> next;
  for (std::size_t l = 0; l < lanes_.size(); ++l) {
    for (std::int64_t b = 0; b < config_.training.batch; ++b) {
      next.push_back(example_at(l, lanes_[l].position + b));
    }
  }
  ahead_ = std::async(std::launch::async, [this, next] {
    for (const std::uint32_t index : next) {
      (void)train_->get(index);
    }
  });
}

std::string KSpaceTask::example_name(int position) const {
  return data_[0].train->name(pass_->origin(position).example);
}

// ---- validation
// ---------------------------------------------------------------------------------------------

KSpaceTask::Held KSpaceTask::held(std::uint32_t index) {
  Held slice;
  slice.index = index;
  slice.example = (validation_ != nullptr ? *validation_ : *train_).get(index);
  slice.masks = validation_masks(sampler_, static_cast<std::uint64_t>(config_.data.subset_seed),
                                 *data_[0].validation, index, *slice.example);
  if (config_.validation.target != ValidationConfig::Target::kMeasured) {
    test_masks_.replace(slice.masks, static_cast<std::uint64_t>(config_.data.subset_seed),
                        *data_[0].validation, index, *slice.example);
  }
  return slice;
}

std::vector<ValidationResult> KSpaceTask::validate(std::int64_t /*lane*/, const float* values,
                                                   const float* buffers) {
  reconstructor_->copy_weights(values, buffers);
  const bool measured = config_.validation.target == ValidationConfig::Target::kMeasured;
  std::vector<ValidationResult> results;
  for (const std::uint32_t index : data_[0].validation_examples) {
    const Held slice = held(index);
    ValidationResult& result = results.emplace_back();
    if (measured) {
      const std::vector<float> predicted =
          method_->predicted_kspace(*slice.example, slice.masks, slice.masks.input);
      result.loss = held_out_error(predicted, *slice.example, slice.masks);
      result.psnr = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    const KSpaceExample& e = *slice.example;
    if (e.reference.empty()) {
      fail(ErrorKind::kData,
           "{}: was measured undersampled, so there is no reference image: set /validation/target to "
           "\"measured\"",
           data_[0].validation->name(index));
    }
    const std::vector<float> image = method_->magnitude(e, slice.masks, host_);
    const double peak = *std::max_element(e.reference.begin(), e.reference.end());
    result.psnr = psnr(e.reference, image, peak);
    result.ssim = ssim(e.reference, image, {1, e.h, e.w}, peak);
    result.loss = mean_squared_error(e.reference, image);
  }
  return results;
}

std::vector<ExampleImage> KSpaceTask::pictures(const float* values, const float* buffers, std::size_t count) {
  reconstructor_->copy_weights(values, buffers);
  const bool clean = config_.validation.target != ValidationConfig::Target::kMeasured;
  std::vector<ExampleImage> examples;
  for (const std::uint32_t index : data_[0].validation_examples) {
    if (examples.size() == count) {
      break;
    }
    const Held slice = held(index);
    const KSpaceExample& e = *slice.example;
    const std::vector<float> output = method_->magnitude(e, slice.masks, host_);
    KSpaceExample zero_filled = e;
    zero_filled.kspace = masked_kspace(e, test_mask(objective_.get(), slice.masks));
    const std::vector<float> start = reference_image(
        zero_filled, e.maps.empty() ? ReferenceImage::kRootSumOfSquares : ReferenceImage::kSense, host_);
    const std::vector<float>& reference = clean && !e.reference.empty() ? e.reference : output;
    const double peak = *std::max_element(reference.begin(), reference.end());
    const auto png = [&](const std::vector<float>& pixels) {
      return encode_png(preview_image(pixels, e.h, e.w, {0, static_cast<float>(peak)}), 8);
    };
    ExampleImage example;
    example.name = data_[0].validation->name(index);
    example.noisy = png(start);
    example.output = png(output);
    example.clean = clean && !e.reference.empty() ? png(e.reference) : std::string();
    example.noisy_psnr = example.output_psnr = std::numeric_limits<double>::quiet_NaN();
    if (!example.clean.empty()) {
      example.noisy_psnr = psnr(e.reference, start, peak);
      example.output_psnr = psnr(e.reference, output, peak);
    }
    examples.push_back(std::move(example));
  }
  return examples;
}

std::string KSpaceTask::validation_name(std::int64_t i) const {
  return data_[0].validation->name(data_[0].validation_examples[static_cast<std::size_t>(i)]);
}

// ---- text
// ---------------------------------------------------------------------------------------------------

std::string KSpaceTask::data_text() const {
  return fmt::format("{} training slices of {}, first {}; batches of {}, {} coils of {}x{}", train_count(0),
                     data_[0].train->count(), data_[0].train->name(data_[0].train_examples[0]),
                     config_.training.batch, shape_.coils, shape_.h, shape_.w);
}

std::string KSpaceTask::target_text() const {
  return config_.validation.target == ValidationConfig::Target::kMeasured
             ? "held-out measured k-space: no ground truth is looked at"
             : "images of the fully sampled k-space: ground truth is looked at";
}

std::string KSpaceTask::preflight_text() const {
  const MaskFamily& family = sampler_.family(shape_.h, shape_.w);
  std::string text;
  for (std::int64_t pair = 0; pair < family.pairs(); ++pair) {
    const SamplingLaw law = family.law(pair);
    const KSpaceObjective::Preflight preflight = objective_->preflight(law);
    text += fmt::format("mask        {}\n", law.text);
    text += preflight_table(mask_preflight(law, preflight.in_loss, preflight.weight));
  }
  return text;
}

double KSpaceTask::step_flops() const {
  return 3.0 * static_cast<double>(config_.training.batch) *
         model_->forward_flops(shape_.coils, shape_.h, shape_.w);
}

std::size_t KSpaceTask::data_bytes() const {
  return train_->bytes() + (validation_ != nullptr ? validation_->bytes() : 0);
}

}  // namespace selfsame
