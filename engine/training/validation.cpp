// SPDX-License-Identifier: Apache-2.0
#include "engine/training/validation.hpp"

#include <algorithm>
#include <map>

#include "mri/metrics/metrics.hpp"

namespace selfsame {
namespace {

// The input and the target of an example differ in the epoch word of the noise's counter.
constexpr std::uint32_t kInputDraw = 0, kTargetDraw = 1;

}  // namespace

std::vector<float> noisy_pixels(const Image& image, std::uint32_t example, std::uint32_t draw,
                                const NoiseModel& noise, std::uint64_t seed, RandomPurpose purpose,
                                Stream& stream) {
  std::vector<float> noisy = image.pixels;
  SampleOrigin origin;
  origin.seed = seed;
  origin.example = example;
  origin.epoch = draw;
  origin.image_h = image.height;
  origin.image_w = image.width;
  const TensorView view(noisy.data(), DType::kF32, {1, image.channels, image.height, image.width}, 1);
  add_noise(view, view, std::span(&origin, 1), purpose, noise, stream);
  return noisy;
}

ValidationSet::ValidationSet(const ImageSource& source, std::span<const std::uint32_t> examples,
                             const ValidationSpec& spec, int threads) {
  Stream stream(DeviceKind::kCpu, threads);  // noise of host images: the same bits for every device
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::size_t>> by_size;
  for (const std::uint32_t example : examples) {
    Item item;
    item.example = example;
    Image image;
    if (source.paired()) {
      ImagePair pair = source.load_pair(example);
      image = std::move(pair.first);
      item.noisy = image.pixels;
      item.target = std::move(pair.second.pixels);
    } else {
      image = source.load(example);
      item.noisy = noisy_pixels(image, example, kInputDraw, spec.input_noise, spec.noise_seed,
                                RandomPurpose::kValidationNoise, stream);
      item.target = spec.target == ValidationTarget::kClean
                        ? image.pixels
                        : noisy_pixels(image, example, kTargetDraw, spec.target_noise, spec.noise_seed,
                                       RandomPurpose::kValidationNoise, stream);
    }
    item.channels = image.channels;
    item.h = image.height;
    item.w = image.width;
    by_size[{item.h, item.w}].push_back(images_.size());
    images_.push_back(std::move(item));
  }
  for (const auto& [size, members] : by_size) {
    const auto batch = static_cast<std::size_t>(Predictor::batch_for(size.first, size.second));
    for (std::size_t i = 0; i < members.size(); i += batch) {
      groups_.emplace_back(
          members.begin() + static_cast<std::ptrdiff_t>(i),
          members.begin() + static_cast<std::ptrdiff_t>(std::min(members.size(), i + batch)));
    }
  }
}

std::size_t ValidationSet::bytes() const {
  std::size_t bytes = 0;
  for (const Item& item : images_) {
    bytes += (item.noisy.size() + item.target.size()) * sizeof(float);
  }
  return bytes;
}

void ValidationSet::prepare(Predictor& predictor) const {
  for (const std::vector<std::size_t>& group : groups_) {
    predictor.prepare(static_cast<std::int64_t>(group.size()), images_[group.front()].h,
                      images_[group.front()].w);
  }
}

std::vector<ValidationResult> ValidationSet::evaluate(Predictor& predictor) const {
  std::vector<ValidationResult> results(images_.size());
  std::vector<float> input, output;
  for (const std::vector<std::size_t>& group : groups_) {
    input.clear();
    for (const std::size_t i : group) {
      input.insert(input.end(), images_[i].noisy.begin(), images_[i].noisy.end());
    }
    const Item& first = images_[group.front()];
    const std::size_t size = first.target.size();
    output.resize(size * group.size());
    predictor.predict(output.data(), input.data(), static_cast<std::int64_t>(group.size()), first.h, first.w);
    for (std::size_t g = 0; g < group.size(); ++g) {
      const Item& item = images_[group[g]];
      const std::span<float> prediction(output.data() + g * size, size);
      double sum = 0;
      for (std::size_t i = 0; i < size; ++i) {
        const double d = static_cast<double>(prediction[i]) - item.target[i];
        sum += d * d;
      }
      results[group[g]].loss = sum / static_cast<double>(size);
      for (float& value : prediction) {
        value = std::clamp(value, 0.0f, 1.0f);
      }
      results[group[g]].psnr = psnr(item.target, prediction, 1.0);
    }
  }
  return results;
}

}  // namespace selfsame
