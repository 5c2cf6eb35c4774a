// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "losses/kspace/registry.hpp"
#include "tests/losses/kspace/tiny_reconstruction.hpp"

namespace selfsame {

/// One example: k-space (C, H, W) in full, its noise, what was sampled, and the split.
struct SplitExample {
  std::vector<double> clean, noise;  ///< 2 C H W reals each
  std::vector<double> magnitude;     ///< H W
  float sigma = 0.0f;
  std::uint32_t index = 0, epoch = 0;
  SamplingMask sampled;
  std::vector<float> input, weight;
};

inline double normal_at(std::uint32_t a, std::uint32_t b, std::size_t i) {
  return RandomStream(8, RandomPurpose::kTest, a, b).normal(i);
}

/// k-space of the stated size (C, H, W), larger in column 1, where the laws below have their centre.
inline SplitExample make_example(const Shape4& size, std::uint32_t index, float sigma,
                                 std::uint32_t draw = 0) {
  SplitExample e;
  e.index = index;
  e.epoch = draw;
  e.sigma = sigma;
  const auto count = static_cast<std::size_t>(2 * size.c * size.h * size.w);
  for (std::size_t i = 0; i < count; ++i) {
    const auto column = static_cast<std::int64_t>(i / 2) % size.w;
    e.clean.push_back((column == 1 ? 1.2 : 0.8) * normal_at(1, index, i));
    e.noise.push_back(static_cast<double>(sigma) * normal_at(1000 + draw, index, i));
  }
  for (std::int64_t i = 0; i < size.h * size.w; ++i) {
    e.magnitude.push_back(1 + 0.3 * normal_at(2, index, static_cast<std::size_t>(i)));
  }
  return e;
}

inline void split_example(SplitExample& e, const KSpaceObjective& objective, const SamplingLaw& law,
                          const SamplingMask& sampled, std::uint32_t draw) {
  e.sampled = sampled;
  e.input.assign(sampled.sampled.size(), std::nanf(""));
  e.weight.assign(sampled.sampled.size(), std::nanf(""));
  objective.split(e.input, e.weight, sampled, law, RandomStream(4, RandomPurpose::kObjective, draw, e.index));
}

/// An objective with its plan, ready to run batches of one shape on a device.
class KSpaceRunner {
 public:
  KSpaceRunner(std::unique_ptr<KSpaceObjective> made, Shape4 kspace, std::int64_t mask_h, DType dtype,
               DeviceKind device)
      : objective(std::move(made)), stream(device, 1), shape_(kspace), mask_h_(mask_h), dtype_(dtype) {
    objective->plan(plan, kspace, mask_h, stream, dtype);
    objective->plan_risk(plan, kspace, dtype);
    plan.allocate(device);
    stream.reserve_workspace(plan.bytes(MemoryPlan::Arena::kWorkspace));
    for (const MemoryPlan::Entry& entry : plan.entries()) {  // fresh memory must not be what makes it right
      const std::vector<double> nan(static_cast<std::size_t>(entry.view.shape.count()), std::nan(""));
      to_device(entry.view.data, nan, entry.view.dtype, stream);
    }
  }

  /// Losses of the samples. Gradients are added to the network's.
  std::vector<double> run(const std::vector<SplitExample>& batch, std::int64_t lanes,
                          ReconstructionHandle& network) {
    return compute(batch, lanes, network, nullptr);
  }
  /// The same for the supervised risk that the objective claims, of k-space without its noise.
  std::vector<double> run_risk(const std::vector<SplitExample>& batch, const SamplingLaw& law,
                               std::int64_t lanes, ReconstructionHandle& network) {
    return compute(batch, lanes, network, &law);
  }

  /// The place in a mask of real number i of an example.
  [[nodiscard]] std::size_t mask_place(std::size_t i) const {
    const auto number = static_cast<std::int64_t>(i / 2), y = number / shape_.w % shape_.h;
    return static_cast<std::size_t>((mask_h_ == 1 ? 0 : y * shape_.w) + number % shape_.w);
  }

  std::unique_ptr<KSpaceObjective> objective;
  MemoryPlan plan;
  Stream stream;

 private:
  std::vector<double> compute(const std::vector<SplitExample>& batch, std::int64_t lanes,
                              ReconstructionHandle& network, const SamplingLaw* law_of_risk) {
    std::deque<Buffer> buffers;
    const auto device_of = [&](const std::vector<double>& values, DType type) {
      Buffer& buffer = buffers.emplace_back(values.size() * size_of(type), stream.device());
      to_device(buffer.data(), values, type, stream);
      return static_cast<void*>(buffer.data());
    };
    std::vector<double> kspace, sampled, input, weight, magnitude, peak, sigma;
    std::vector<SampleOrigin> origins;
    for (const SplitExample& e : batch) {
      for (std::size_t i = 0; i < e.clean.size(); ++i) {
        const double seen = objective->needs_truth() || e.sampled.sampled[mask_place(i)] != 0 ? 1.0 : 0.0;
        kspace.push_back(seen * (e.clean[i] + e.noise[i]));
      }
      sampled.insert(sampled.end(), e.sampled.sampled.begin(), e.sampled.sampled.end());
      input.insert(input.end(), e.input.begin(), e.input.end());
      weight.insert(weight.end(), e.weight.begin(), e.weight.end());
      magnitude.insert(magnitude.end(), e.magnitude.begin(), e.magnitude.end());
      peak.push_back(*std::max_element(e.magnitude.begin(), e.magnitude.end()));
      sigma.push_back(static_cast<double>(e.sigma));
      origins.push_back({77, e.index, e.epoch, shape_.h, 2 * shape_.w, 0, 0, 0, e.epoch});
    }
    const std::int64_t n = std::ssize(batch);
    const Shape4 mask{n, 1, mask_h_, shape_.w};
    KSpaceMeasurement m;
    m.kspace = ConstComplexView(device_of(kspace, dtype_), dtype_, shape_);
    m.sampled = ConstTensorView(device_of(sampled, dtype_), dtype_, mask, 1);
    m.input = ConstTensorView(device_of(input, dtype_), dtype_, mask, 1);
    m.weight = ConstTensorView(device_of(weight, dtype_), dtype_, mask, 1);
    m.magnitude = ConstTensorView(device_of(magnitude, dtype_), dtype_, {n, 1, shape_.h, shape_.w}, 1);
    m.peak = {static_cast<const float*>(device_of(peak, DType::kF32)), batch.size()};
    m.sigma = {static_cast<const float*>(device_of(sigma, DType::kF32)), batch.size()};
    Buffer& origin_buffer = buffers.emplace_back(origins.size() * sizeof(SampleOrigin), stream.device());
    stream.upload(origin_buffer.data(), origins.data(), origin_buffer.bytes());
    m.origins = {origin_buffer.as<const SampleOrigin>(), origins.size()};

    const Buffer losses(batch.size() * sizeof(double), stream.device());
    to_device(losses.data(), std::vector<double>(batch.size(), std::nan("")), DType::kF64, stream);
    const std::span<double> sample_losses(losses.as<double>(), batch.size());
    if (law_of_risk == nullptr) {
      objective->value_and_gradient(sample_losses, m, lanes, network, stream);
    } else {
      std::vector<double> clean, risk_weight, risk_keep, risk_mix;
      for (const SplitExample& e : batch) {
        std::vector<float> w(e.input.size(), std::nanf("")), keep = w, mix = w;
        objective->risk(w, keep, mix, e.input, *law_of_risk);
        clean.insert(clean.end(), e.clean.begin(), e.clean.end());
        risk_weight.insert(risk_weight.end(), w.begin(), w.end());
        risk_keep.insert(risk_keep.end(), keep.begin(), keep.end());
        risk_mix.insert(risk_mix.end(), mix.begin(), mix.end());
      }
      KSpaceTruth truth;
      truth.kspace = ConstComplexView(device_of(clean, dtype_), dtype_, shape_);
      truth.weight = ConstTensorView(device_of(risk_weight, dtype_), dtype_, mask, 1);
      truth.keep = ConstTensorView(device_of(risk_keep, dtype_), dtype_, mask, 1);
      truth.mix = ConstTensorView(device_of(risk_mix, dtype_), dtype_, mask, 1);
      objective->risk_value_and_gradient(sample_losses, m, truth, lanes, network, stream);
    }
    return to_host({losses.data(), DType::kF64, {n, 1, 1, 1}, 1}, stream);
  }

  Shape4 shape_;
  std::int64_t mask_h_;
  DType dtype_;
};

/// Columns, each sampled by itself; column 1 always.
inline SamplingLaw independent_law() {
  return {1, 5, {0.3, 1.0, 0.8, 0.5, 0.6}, SamplingLaw::Dependence::kIndependent, "five independent columns"};
}
/// The smallest problem in which masks matter.
inline SamplingLaw three_column_law() {
  return {1, 3, {0.5, 1.0, 0.75}, SamplingLaw::Dependence::kIndependent, "three independent columns"};
}
/// Four of the five columns beside column 1, which is always sampled.
inline SamplingLaw fixed_size_law() {
  return {1, 6, {0.8, 1.0, 0.8, 0.8, 0.8, 0.8}, SamplingLaw::Dependence::kFixedSize, "five of six columns"};
}

/// A mask that can occur, with its probability.
struct MaskOutcome {
  SamplingMask mask;
  double probability;
};
inline std::vector<MaskOutcome> all_masks(const SamplingLaw& law) {
  std::vector<MaskOutcome> list;
  const auto n = static_cast<std::size_t>(law.size());
  double ones = 0;
  for (const double p : law.probability) {
    ones += p;
  }
  for (unsigned bits = 0; bits < 1u << n; ++bits) {
    MaskOutcome o{{law.h, law.w, std::vector<std::uint8_t>(n)}, 1.0};
    for (std::size_t j = 0; j < n; ++j) {
      o.mask.sampled[j] = bits >> j & 1u;
      o.probability *= o.mask.sampled[j] != 0 ? law.probability[j] : 1 - law.probability[j];
    }
    if (law.dependence == SamplingLaw::Dependence::kFixedSize && o.probability > 0) {
      o.probability = std::abs(static_cast<double>(o.mask.count()) - ones) < 0.5 ? 1.0 : 0.0;
    }
    if (o.probability > 0) {
      list.push_back(o);
    }
  }
  double total = 0;
  for (const MaskOutcome& o : list) {
    total += o.probability;
  }
  for (MaskOutcome& o : list) {
    o.probability /= total;
  }
  return list;
}

}  // namespace selfsame
