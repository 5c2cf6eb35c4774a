// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/device/buffer.hpp"
#include "kernels/device/philox.hpp"
#include "losses/kspace/kspace_objective.hpp"

namespace selfsame {

/// Numbers of an array of float or double in a device's memory, in memory order.
inline std::vector<double> to_host(const ConstTensorView& view, Stream& stream) {
  const auto count = static_cast<std::size_t>(view.shape.count());
  std::vector<double> values(count);
  if (view.dtype == DType::kF64) {
    stream.download(values.data(), view.data, count * sizeof(double));
    stream.synchronize();
    return values;
  }
  std::vector<float> floats(count);
  stream.download(floats.data(), view.data, count * sizeof(float));
  stream.synchronize();
  return {floats.begin(), floats.end()};
}

inline void to_device(void* data, const std::vector<double>& values, DType dtype, Stream& stream) {
  const std::vector<float> floats(values.begin(), values.end());
  const void* from = dtype == DType::kF64 ? static_cast<const void*>(values.data()) : floats.data();
  stream.upload(data, from, values.size() * size_of(dtype));
  stream.synchronize();
}

/// The smallest network whose output depends on its input in a curved way: on the reals v of a sample's
/// k-space,
///
///   f_i = a v_i + b tanh(c v_i + d v_{i+3} + e p_i) + g p_i,   p_i = sin(1.3 i + 0.5)
///
/// with a, b, c, d, e, g of the sample's lane. v_{i+3} is the other part of the next but one number, so that
/// what was not sampled is predicted from what was. Arithmetic in double. With `data_consistency` the output
/// is the input where it was sampled.
class TinyReconstruction : public ReconstructionHandle {
 public:
  static constexpr std::int64_t kParameters = 6;

  TinyReconstruction(PredictionDomain domain, DType dtype, std::int64_t lanes, Shape4 kspace,
                     DeviceKind device, std::uint32_t first_lane = 0)
      : dtype_(dtype), lanes_(lanes), size_(kspace.c * kspace.h * kspace.w * 2) {
    shape_ = domain == PredictionDomain::kKSpace ? Shape4{kspace.n, kspace.c, kspace.h, 2 * kspace.w}
                                                 : Shape4{kspace.n, 1, kspace.h, kspace.w};
    prediction_ = Buffer(static_cast<std::size_t>(shape_.count()) * size_of(dtype), device);
    for (std::int64_t l = 0; l < lanes; ++l) {
      const RandomStream random(22, RandomPurpose::kInitialWeights, 0,
                                first_lane + static_cast<std::uint32_t>(l));
      for (std::uint64_t i = 0; i < kParameters; ++i) {
        weights.push_back(0.3 + 0.4 * random.normal(i));
      }
    }
    gradients.assign(weights.size(), 0.0);
  }

  ConstTensorView forward(ConstComplexView kspace, ConstTensorView mask, Stream& stream) override {
    input = to_host(as_real(kspace), stream);
    mask_ = to_host(mask, stream);
    mask_shape_ = mask.shape;
    kspace_shape_ = kspace.shape;
    output.resize(static_cast<std::size_t>(shape_.count()));
    for_outputs([&](std::size_t at, const double* t, const Reals& r) {
      output[at] = t[0] * r.sum + t[1] * std::tanh(r.argument(t)) + t[5] * r.p;
      output[at] = consistent(at) ? r.v : output[at];
    });
    const ConstTensorView view(prediction_.data(), dtype_, shape_, 1);
    to_device(prediction_.data(), output, dtype_, stream);
    return view;
  }

  void backward(ConstTensorView dprediction, Stream& stream) override {
    backward_from(to_host(dprediction, stream));
  }
  void backward_from(const std::vector<double>& d) {
    for_outputs([&](std::size_t at, const double* t, const Reals& r) {
      if (consistent(at)) {
        return;
      }
      double* g = gradients.data() + (t - weights.data());
      const double curved = std::tanh(r.argument(t)), slope = d[at] * t[1] * (1 - curved * curved);
      g[0] += d[at] * r.sum;
      g[1] += d[at] * curved;
      g[2] += slope * r.difference;
      g[3] += slope * r.other;
      g[4] += slope * r.p;
      g[5] += d[at] * r.p;
    });
  }

  std::vector<double> weights, gradients;  ///< (L, 6)
  std::vector<double> input, output;       ///< of the last forward
  bool data_consistency = false;

 private:
  struct Reals {
    double v, sum, difference, other, p;
    double argument(const double* t) const { return t[2] * difference + t[3] * other + t[4] * p; }
  };
  template <typename F>
  void for_outputs(F&& f) {
    const std::int64_t outputs = shape_.count() / shape_.n, batch = shape_.n / lanes_;
    for (std::int64_t n = 0; n < shape_.n; ++n) {
      const double* t = weights.data() + n / batch * kParameters;
      const double* v = input.data() + n * size_;
      for (std::int64_t i = 0; i < outputs; ++i) {
        const double here = v[i % size_], other = v[(i + 3) % size_];
        f(static_cast<std::size_t>(n * outputs + i), t,
          Reals{here, here + other, here - v[(i + 4) % size_], other,
                std::sin(1.3 * static_cast<double>(i) + 0.5)});
      }
    }
  }
  [[nodiscard]] bool consistent(std::size_t at) const {
    if (!data_consistency) {
      return false;
    }
    const auto number = static_cast<std::int64_t>(at) / 2, w = kspace_shape_.w, h = kspace_shape_.h;
    const std::int64_t x = number % w, y = number / w % h, n = number / w / h / kspace_shape_.c;
    const std::int64_t row = mask_shape_.h == 1 ? 0 : y;
    return mask_[static_cast<std::size_t>((n * mask_shape_.h + row) * w + x)] != 0;
  }

  DType dtype_;
  std::int64_t lanes_, size_;
  Shape4 shape_, mask_shape_, kspace_shape_;
  Buffer prediction_;
  std::vector<double> mask_;
};

}  // namespace selfsame
