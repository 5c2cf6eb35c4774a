// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/device/philox.hpp"
#include "losses/objective.hpp"

namespace selfsame {

/// The smallest network with lanes, in double, on the D = C*H*W elements of a sample of lane l:
///
///   f(y) = A_l tanh(B_l y)      or, linear,  f(y) = A_l B_l y
///
/// with the objective's own parameters behind A and B in the weights of a lane.
class TinyNetwork : public NetworkHandle {
 public:
  enum class Kind { kLinear, kSmooth };

  TinyNetwork(std::int64_t lanes, Shape4 shape, const Objective& objective, Kind kind,
              std::uint32_t first_lane = 0)
      : lanes_(lanes), shape_(objective.network_shape(shape)), whole_(shape), kind_(kind) {
    const std::int64_t size = shape_.count() / shape_.n;
    size_ = size;
    own_ = static_cast<std::int64_t>(objective.parameters().size());
    for (std::int64_t l = 0; l < lanes; ++l) {
      const RandomStream random(21, RandomPurpose::kInitialWeights, 0,
                                first_lane + static_cast<std::uint32_t>(l));
      for (std::int64_t i = 0; i < 2 * size * size; ++i) {
        weights.push_back(static_cast<double>(random.normal(static_cast<std::uint64_t>(i))) /
                          std::sqrt(static_cast<double>(size)));
      }
      for (const ObjectiveParameter& own : objective.parameters()) {
        weights.push_back(own.initial);
      }
    }
    gradients.assign(weights.size(), 0.0);
    frozen = weights;
  }

  ConstTensorView forward(ConstTensorView input, Stream&) override {
    const double* y = input.as<double>();
    input_.assign(y, y + shape_.count());
    hidden_.resize(input_.size());
    prediction_.resize(input_.size());
    for (std::int64_t n = 0; n < shape_.n; ++n) {
      const std::int64_t at = n * size_;
      multiply(hidden_.data() + at, weights.data() + lane(n) + size_ * size_, y + at);
      for (std::int64_t i = 0; i < size_ && kind_ == Kind::kSmooth; ++i) {
        hidden_[static_cast<std::size_t>(at + i)] = std::tanh(hidden_[static_cast<std::size_t>(at + i)]);
      }
      multiply(prediction_.data() + at, weights.data() + lane(n), hidden_.data() + at);
    }
    return {prediction_.data(), DType::kF64, shape_, 1};
  }

  void backward(ConstTensorView dprediction, Stream&) override {
    const double* d = dprediction.as<double>();
    for (std::int64_t n = 0; n < shape_.n; ++n) {
      const double* h = hidden_.data() + n * size_;
      for (std::int64_t i = 0; i < size_; ++i) {
        double dh = 0;
        for (std::int64_t j = 0; j < size_; ++j) {
          gradients[static_cast<std::size_t>(lane(n) + i * size_ + j)] += d[n * size_ + i] * h[j];
          dh += d[n * size_ + j] * weights[static_cast<std::size_t>(lane(n) + j * size_ + i)];
        }
        dh *= kind_ == Kind::kSmooth ? 1 - h[i] * h[i] : 1.0;
        for (std::int64_t j = 0; j < size_; ++j) {
          gradients[static_cast<std::size_t>(lane(n) + size_ * size_ + i * size_ + j)] +=
              dh * input_[static_cast<std::size_t>(n * size_ + j)];
        }
      }
    }
  }

  /// Some smooth function of the frozen weights: objectives take no gradient through it.
  ConstTensorView predict(ConstTensorView input, Stream&) override {
    whole_prediction_.resize(static_cast<std::size_t>(whole_.count()));
    for (std::int64_t i = 0; i < whole_.count(); ++i) {
      const std::int64_t l = lane(i / (whole_.count() / whole_.n));
      whole_prediction_[static_cast<std::size_t>(i)] =
          std::sin(input.as<double>()[i] + frozen[static_cast<std::size_t>(l)]);
    }
    return {whole_prediction_.data(), DType::kF64, whole_, 1};
  }

  ParameterView parameter(int index) override { return own_parameter(weights, index); }
  ParameterView parameter_gradient(int index) override { return own_parameter(gradients, index); }

  /// Whether this weight is the objective's own, to which the optimiser ascends.
  [[nodiscard]] bool is_own(std::size_t i) const {
    return static_cast<std::int64_t>(i) % lane_size() >= 2 * size_ * size_;
  }
  [[nodiscard]] std::int64_t lane_size() const { return 2 * size_ * size_ + own_; }

  std::vector<double> weights, gradients, frozen;  // (L, A, B, the objective's)

 private:
  [[nodiscard]] std::int64_t lane(std::int64_t n) const { return n / (shape_.n / lanes_) * lane_size(); }
  void multiply(double* out, const double* matrix, const double* in) const {
    for (std::int64_t i = 0; i < size_; ++i) {
      out[i] = 0;
      for (std::int64_t j = 0; j < size_; ++j) {
        out[i] += matrix[i * size_ + j] * in[j];
      }
    }
  }
  ParameterView own_parameter(std::vector<double>& of, int index) {
    return {of.data() + 2 * size_ * size_ + index, DType::kF64, lanes_, {1, 1, 1, 1}, lane_size()};
  }

  std::int64_t lanes_;
  Shape4 shape_, whole_;
  Kind kind_;
  std::int64_t size_ = 0, own_ = 0;
  std::vector<double> input_, hidden_, prediction_, whole_prediction_;
};

}  // namespace selfsame
