// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "kernels/device/philox.hpp"
#include "losses/objective.hpp"

namespace selfsame {

/// The smallest network with lanes, in double: f(y) = A_l y on the D = C*H*W elements of a sample of lane l.
class LinearNetwork : public NetworkHandle {
 public:
  LinearNetwork(std::int64_t lanes, Shape4 shape, std::uint32_t first_lane = 0)
      : lanes_(lanes), shape_(shape), size_(shape.count() / shape.n) {
    for (std::int64_t l = 0; l < lanes; ++l) {
      const RandomStream random(21, RandomPurpose::kInitialWeights, 0,
                                first_lane + static_cast<std::uint32_t>(l));
      for (std::int64_t i = 0; i < size_ * size_; ++i) {
        weights.push_back(random.normal(static_cast<std::uint64_t>(i)) / static_cast<double>(size_));
      }
    }
    gradients.assign(weights.size(), 0.0);
    prediction_.resize(static_cast<std::size_t>(shape.count()));
  }

  ConstTensorView forward(ConstTensorView input, Stream&) override {
    const double* y = input.as<double>();
    input_.assign(y, y + shape_.count());
    for (std::int64_t n = 0; n < shape_.n; ++n) {
      for (std::int64_t i = 0; i < size_; ++i) {
        double sum = 0;
        for (std::int64_t j = 0; j < size_; ++j) {
          sum += weights[row(n, i, j)] * y[n * size_ + j];
        }
        prediction_[static_cast<std::size_t>(n * size_ + i)] = sum;
      }
    }
    return {prediction_.data(), DType::kF64, shape_, 1};
  }

  void backward(ConstTensorView dprediction, Stream&) override {
    const double* d = dprediction.as<double>();
    for (std::int64_t n = 0; n < shape_.n; ++n) {
      for (std::int64_t i = 0; i < size_; ++i) {
        for (std::int64_t j = 0; j < size_; ++j) {
          gradients[row(n, i, j)] += d[n * size_ + i] * input_[static_cast<std::size_t>(n * size_ + j)];
        }
      }
    }
  }

  std::vector<double> weights, gradients;  // (L, D, D)

 private:
  [[nodiscard]] std::size_t row(std::int64_t n, std::int64_t i, std::int64_t j) const {
    return static_cast<std::size_t>(((n / (shape_.n / lanes_)) * size_ + i) * size_ + j);
  }
  std::int64_t lanes_;
  Shape4 shape_;
  std::int64_t size_;
  std::vector<double> input_, prediction_;
};

}  // namespace selfsame
