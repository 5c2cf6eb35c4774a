// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "kernels/conv2d/conv2d.hpp"
#include "kernels/device/nvtx.hpp"
#include "kernels/instance_norm/instance_norm.hpp"
#include "models/unet/unet_network.hpp"

// The network of models/unet/unet.hpp: what it keeps. Its plan is in unet_plan.cpp, its passes in
// unet_network.cpp. Private to this folder.

namespace selfsame::unet {

inline constexpr double kNormEps = 1e-5;
inline constexpr double kSlope = 0.2;

struct Level {
  std::int64_t channels, h, w;
};

/// conv 3x3 -> instance norm -> LeakyReLU. `y` may be one part of a concatenation.
struct ConvNorm {
  std::string name;  ///< for profilers: that of the layer in the state dict
  int weight = 0;
  TensorView *c = nullptr, *mean = nullptr, *r = nullptr;

  void forward(TensorView y, ConstTensorView x, const Parameters& p, Stream& stream) const {
    const ProfilerRange range(name.c_str());
    conv2d_forward(*c, x, p.value(weight), {}, stream);
    instance_norm_forward(y, *mean, *r, *c, {}, {}, kNormEps, kSlope, stream);
  }
  /// dy is overwritten with the gradient at the convolution's output; dx may be empty.
  void backward(TensorView dx, TensorView dy, ConstTensorView x, const Parameters& p, Stream& stream) const {
    const ProfilerRange range(name.c_str());
    instance_norm_backward(dy, {}, {}, dy, *c, *mean, *r, {}, {}, kSlope, stream);
    conv2d_backward_weight(p.gradient(weight), {}, dy, x, stream);
    if (!dx.empty()) {
      conv2d_backward_data(dx, dy, p.value(weight), stream);
    }
  }
};

class UNet final : public UNetPart {
 public:
  UNet(const UNetOptions& options, const NetworkSite& site, UNetTensors tensors, std::string name);
  void plan_forward(const TensorView* input) override;
  void plan_backward(const TensorView* input, const TensorView* dprediction, bool input_gradient) override;
  ConstTensorView forward(ConstTensorView input, Stream& stream) override;
  void backward(ConstTensorView dprediction, Stream& stream) override;
  [[nodiscard]] TensorView* prediction() const override { return last_; }
  [[nodiscard]] TensorView* dinput() const override { return dinput_; }

 private:
  struct Encoder {
    ConvNorm a, b;
    TensorView *y_a = nullptr, *joined = nullptr, *pooled = nullptr;  // joined = [up, skip]
    TensorView *dy_a = nullptr, *djoined = nullptr, *dpooled = nullptr;
  };
  struct Decoder {
    ConvNorm a, b, up;  // up.weight and up.c belong to the transposed convolution
    TensorView *unpadded = nullptr, *y_a = nullptr, *y_b = nullptr;
    TensorView *dunpadded = nullptr, *dy_a = nullptr, *dy_b = nullptr;
  };

  TensorView* tensor(const std::string& name, const Level& level, std::int64_t channels,
                     std::int64_t split = 0);
  ConvNorm conv_norm(const std::string& name, int weight, const Level& level, std::int64_t in,
                     std::int64_t split);
  void plan_norm(ConvNorm& layer, const std::string& name, const Level& level);
  TensorView* gradient(const std::string& name, const Level& level, std::int64_t channels,
                       std::int64_t split = 0);
  void use(std::initializer_list<const TensorView*> tensors);
  [[nodiscard]] const Level& level(std::size_t i) const { return levels_[i]; }
  [[nodiscard]] bool padded(std::size_t i) const {
    return levels_[i].h != 2 * levels_[i + 1].h || levels_[i].w != 2 * levels_[i + 1].w;
  }
  void decode(std::size_t i, ConstTensorView below, Stream& stream);

  UNetOptions options_;
  NetworkSite site_;
  UNetTensors tensors_;
  std::string name_;
  std::vector<Level> levels_;  // pools + 1; the last is the bottom
  std::vector<Encoder> down_;
  std::vector<Decoder> up_;
  ConvNorm bottom_a_, bottom_b_;
  TensorView *bottom_y_a_ = nullptr, *bottom_y_b_ = nullptr, *dbottom_y_a_ = nullptr, *dbottom_y_b_ = nullptr;
  TensorView *last_ = nullptr, *dlast_ = nullptr, *dinput_ = nullptr;
  ConstTensorView input_;
};

}  // namespace selfsame::unet
