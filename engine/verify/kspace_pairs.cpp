// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/kspace_pairs.hpp"

#include <algorithm>

#include "engine/setup/kspace_setup.hpp"
#include "engine/setup/setup.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kSliceBudget = std::size_t{1} << 30;

MaskConfig drawn_anew(MaskConfig mask) {
  mask.frozen = false;
  return mask;
}

/// The same source without noise; nothing if it has none or cannot be without.
std::optional<SourceConfig> without_noise(const SourceConfig& source) {
  return std::visit(
      [](auto config) -> std::optional<SourceConfig> {
        if constexpr (requires { config.noise = 0.0; }) {
          if (config.noise > 0) {
            config.noise = 0;
            return config;
          }
        }
        return std::nullopt;
      },
      source);
}

}  // namespace

KSpacePairs::KSpacePairs(const TrainConfig& config, std::unique_ptr<KSpaceObjective> objective,
                         std::int64_t lanes, std::int64_t batch, Stream& stream)
    : config_(config),
      model_(make_reconstruction_model(reconstruction_options(config.model))),
      objective_(std::move(objective)),
      data_(open_kspace_run_data(config)),
      sampler_(drawn_anew(config.kspace->mask), *objective_) {
  const PreparationOptions options = preparation_options(config, *model_, *objective_);
  shape_ = common_shape(*data_.train, options);
  slices_ =
      std::make_unique<PreparedSlices>(data_.train, sampler_, options, kSliceBudget, stream.pool().threads());
  const std::optional<SourceConfig> noiseless = without_noise(config.data.train);
  if (noiseless && config.kspace->virtual_coils == 0) {
    PreparationOptions plain = options;
    plain.needs_maps = false;
    plain.reference = ReferenceImage::kRootSumOfSquares;  // which needs none; it is not looked at
    clean_ = std::make_unique<PreparedSlices>(
        open_kspace_source(*noiseless, config.data.on_error == DataConfig::OnError::kSkip).source, sampler_,
        plain, kSliceBudget, stream.pool().threads());
  }
  const CalibrationRegion centre = always_sampled(sampler_.law(shape_.h, shape_.w), shape_.h, 0);
  KSpacePassOptions pass;
  pass.lanes = lanes;
  pass.batch = batch;
  pass.coils = shape_.coils;
  pass.h = shape_.h;
  pass.w = shape_.w;
  pass.mask_h = sampler_.mask_rows(shape_.h);
  pass.centre_first = centre.column;
  pass.centre_count = centre.columns;
  pass.dtype = network_type(config.precision);
  pass.risk = true;
  pass_ = std::make_unique<KSpacePass>(*model_, *objective_, pass);
  gradients_ = std::make_unique<PassGradients>(*pass_, stream);
  extent_ = gradients_->gradient(1) - gradients_->gradient(0);
  kept_.resize(static_cast<std::size_t>(lanes * extent_));
  by_column_ = objective_->domain() == PredictionDomain::kKSpace;
  difference_.resize(static_cast<std::size_t>(lanes * shape_.w));
  supervised_columns_.resize(difference_.size());
}

void KSpacePairs::fill(std::int64_t first) {
  const auto seed = static_cast<std::uint64_t>(config_.seed);
  const RandomStream random(seed, RandomPurpose::kVerify, 0, 0);
  const std::int64_t samples = lanes() * pass_->batch();
  for (std::int64_t l = 0; l < samples; ++l) {
    const auto draw = static_cast<std::uint64_t>(first * pass_->batch() + l);
    const std::uint32_t index = data_.train_examples[random.below(draw, data_.train_examples.size())];
    const std::shared_ptr<const KSpaceExample> e = slices_->get(index);
    if (!e->measured.sampled.empty()) {
      fail(ErrorKind::kUsage,
           "{} was measured undersampled: a supervised gradient to compare with needs fully sampled k-space",
           data_.train->name(index));
    }
    const auto number = static_cast<std::uint32_t>(draw + 1);
    const SampleMasks masks = sampler_.draw(e->h, e->w, e->measured, {}, seed, number, index);
    KSpacePass::Sample sample = pass_->sample(l);
    fill_sample(sample, shape_, *e, masks, objective_->needs_truth());
    sample.origin.seed = seed;
    sample.origin.example = index;
    sample.origin.epoch = sample.origin.draw = number;
    std::vector<float> weight(masks.input.size()), keep(weight.size()), mix(weight.size());
    objective_->risk(weight, keep, mix, masks.input, sampler_.family(e->h, e->w).law(masks.pair));
    put_truth(sample.truth, index, *e);
    place_rows(sample.risk_weight, shape_.w, weight, e->w);
    place_rows(sample.risk_keep, shape_.w, keep, e->w);
    place_rows(sample.risk_mix, shape_.w, mix, e->w);
  }
}

/// Both were scaled by their own centre; the truth takes the scale of the measurement.
void KSpacePairs::put_truth(std::span<std::complex<float>> to, std::uint32_t index,
                            const KSpaceExample& example) {
  if (clean_ == nullptr) {
    return;  // fill_sample put the measured k-space there
  }
  const std::shared_ptr<const KSpaceExample> clean = clean_->get(index);
  std::vector<std::complex<float>> kspace = clean->kspace;
  for (std::complex<float>& k : kspace) {
    k *= example.scale / clean->scale;
  }
  place_stack(to, shape_, kspace, clean->coils, clean->w);
}

/// Slopes along the error of the prediction against the true k-space, column by column.
void KSpacePairs::see_columns(ConstTensorView prediction, ConstTensorView dprediction, Stream& stream,
                              std::vector<double>& columns) {
  const auto size = static_cast<std::size_t>(prediction.shape.count());
  prediction_.resize(size);
  dprediction_.resize(size);
  stream.download(prediction_.data(), prediction.data, size * sizeof(float));
  stream.download(dprediction_.data(), dprediction.data, size * sizeof(float));
  stream.synchronize();
  std::fill(columns.begin(), columns.end(), 0.0);
  const std::int64_t per_sample = shape_.coils * shape_.h;
  for (std::int64_t row = 0; row < lanes() * pass_->batch() * per_sample; ++row) {
    const std::int64_t n = row / per_sample, l = n / pass_->batch();
    const auto* truth =
        reinterpret_cast<const float*>(pass_->sample(n).truth.data()) + (row % per_sample) * 2 * shape_.w;
    const float *p = prediction_.data() + row * 2 * shape_.w, *d = dprediction_.data() + row * 2 * shape_.w;
    for (std::int64_t i = 0; i < 2 * shape_.w; ++i) {
      columns[static_cast<std::size_t>(l * shape_.w + i / 2)] +=
          static_cast<double>(d[i]) * (static_cast<double>(p[i]) - static_cast<double>(truth[i]));
    }
  }
}

void KSpacePairs::run(std::int64_t first, std::size_t /*claim*/, bool objective) {
  fill(first);
  const auto observe = [&](std::vector<double>& columns) {
    if (by_column_) {
      pass_->observe(
          [this, &columns](ConstTensorView prediction, ConstTensorView dprediction, Stream& stream) {
            see_columns(prediction, dprediction, stream, columns);
          });
    }
  };
  if (objective) {
    pass_->choose_risk(false);
    observe(difference_);
    gradients_->run();
    for (std::int64_t l = 0; l < lanes(); ++l) {
      std::copy_n(gradients_->gradient(l), extent_, kept_.data() + l * extent_);
    }
  }
  pass_->choose_risk(true);
  observe(supervised_columns_);
  gradients_->run();
  for (std::size_t i = 0; i < difference_.size(); ++i) {
    difference_[i] -= supervised_columns_[i];
  }
}

}  // namespace selfsame
