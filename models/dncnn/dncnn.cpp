// SPDX-License-Identifier: Apache-2.0
#include "models/dncnn/dncnn.hpp"

#include <string>
#include <vector>

#include "kernels/activation/activation.hpp"
#include "kernels/add/add.hpp"
#include "kernels/batch_norm/batch_norm.hpp"
#include "kernels/conv2d/conv2d.hpp"
#include "kernels/device/nvtx.hpp"

namespace selfsame {
namespace {

constexpr double kNormEps = 1e-5;
constexpr double kMomentum = 0.1;
constexpr double kReLU = 0;

struct LayerTensors {
  int weight = -1, bias = -1, gamma = -1, beta = -1, running_mean = -1, running_var = -1;
};

std::vector<LayerTensors> declare(const DnCnnOptions& o, ParameterTable& table) {
  std::vector<LayerTensors> layers(static_cast<std::size_t>(o.layers));
  int index = 0;
  for (int i = 0; i < o.layers; ++i) {
    const bool first = i == 0, last = i + 1 == o.layers;
    const std::int64_t in = first ? o.in_channels : o.channels, out = last ? o.out_channels : o.channels;
    LayerTensors& t = layers[static_cast<std::size_t>(i)];
    t.weight =
        table.add(fmt::format("model.{}.weight", index), {out, in, 3, 3}, Initialisation::fan_in(in * 9));
    if (first || last) {
      t.bias = table.add(fmt::format("model.{}.bias", index), {out}, Initialisation::fan_in(in * 9));
      index += 2;
      continue;
    }
    const std::string norm = fmt::format("model.{}.", index + 1);
    t.gamma = table.add(norm + "weight", {out}, {0, 1});
    t.beta = table.add(norm + "bias", {out}, {0, 0});
    t.running_mean = table.add(norm + "running_mean", {out}, {0, 0}, false);
    t.running_var = table.add(norm + "running_var", {out}, {0, 1}, false);
    index += 3;
  }
  return layers;
}

class DnCnn final : public Network {
 public:
  DnCnn(const DnCnnOptions& options, const NetworkSite& site) : site_(site) {
    ParameterTable table;
    tensors_ = declare(options, table);
    layers_.resize(tensors_.size());
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      plan_layer(i, options);
    }
    if (site_.mode == PassMode::kTraining) {
      plan_backward();
    }
  }

  ConstTensorView forward(ConstTensorView input, Stream& stream) override {
    const Parameters& p = site_.parameters;
    input_ = input;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const LayerTensors& t = tensors_[i];
      const Layer& l = layers_[i];
      const ProfilerRange range(l.name.c_str());
      conv2d_forward(*l.c, x(i), p.value(t.weight), t.bias < 0 ? ParameterView() : p.value(t.bias), stream);
      if (t.gamma < 0) {
        if (i == 0) {
          leaky_relu_forward(*l.c, *l.c, kReLU, stream);  // y > 0 exactly where c > 0: c need not be kept
        }
      } else if (site_.mode == PassMode::kTraining) {
        batch_norm_forward_training(*l.y, *l.mean, *l.r, p.value(t.running_mean), p.value(t.running_var),
                                    *l.c, p.value(t.gamma), p.value(t.beta), kNormEps, kMomentum, kReLU,
                                    stream);
      } else {
        batch_norm_forward_inference(*l.y, *l.c, p.value(t.running_mean), p.value(t.running_var),
                                     p.value(t.gamma), p.value(t.beta), kNormEps, kReLU, stream);
      }
    }
    const TensorView prediction = *layers_.back().c;
    add_scaled(prediction, 1.0f, input, -1.0f, prediction, stream);
    return prediction;
  }

  void backward(ConstTensorView dprediction, Stream& stream) override {
    SELFSAME_CHECK(site_.mode == PassMode::kTraining, "backward of a network that was planned for inference");
    const Parameters& p = site_.parameters;
    add_scaled(*layers_.back().dc, -1.0f, dprediction, 0.0f, {}, stream);
    for (std::size_t i = layers_.size(); i-- > 0;) {
      const LayerTensors& t = tensors_[i];
      const Layer& l = layers_[i];
      const ProfilerRange range(l.name.c_str());
      const TensorView dc = *l.dc;  // gradient at the layer's output, then at its convolution
      if (t.gamma >= 0) {
        batch_norm_backward(dc, p.gradient(t.gamma), p.gradient(t.beta), dc, *l.c, *l.mean, *l.r,
                            p.value(t.gamma), p.value(t.beta), kReLU, stream);
      } else if (i == 0) {
        leaky_relu_backward(dc, dc, *l.c, kReLU, stream);
      }
      conv2d_backward_weight(p.gradient(t.weight), t.bias < 0 ? ParameterView() : p.gradient(t.bias), dc,
                             x(i), stream);
      if (i > 0) {
        conv2d_backward_data(*layers_[i - 1].dc, dc, p.value(t.weight), stream);
      }
    }
  }

 private:
  struct Layer {
    std::string name;
    TensorView *c = nullptr, *y = nullptr, *mean = nullptr, *r = nullptr, *dc = nullptr;
  };

  [[nodiscard]] ConstTensorView x(std::size_t i) const {
    return i == 0 ? input_
                  : ConstTensorView(*(layers_[i - 1].y != nullptr ? layers_[i - 1].y : layers_[i - 1].c));
  }
  [[nodiscard]] TensorView* output(std::size_t i) const {
    return layers_[i].y != nullptr ? layers_[i].y : layers_[i].c;
  }

  void plan_layer(std::size_t i, const DnCnnOptions& o) {
    MemoryPlan& plan = site_.plan;
    const bool first = i == 0, last = i + 1 == layers_.size();
    const DType dtype = site_.dtype;
    ConvShape shape;
    shape.lanes = site_.parameters.lanes();
    shape.samples = site_.samples;
    shape.c = first ? o.in_channels : o.channels;
    shape.k = last ? o.out_channels : o.channels;
    shape.h = site_.h;
    shape.w = site_.w;
    shape.dtype = dtype;
    shape.x_block = first ? 1 : site_.block;
    shape.y_block = last ? 1 : site_.block;
    plan.need_workspace(conv2d_workspace(shape, site_.threads, site_.device));

    const int now = plan.next_tick();
    const Shape4 out{site_.samples, shape.k, site_.h, site_.w};
    Layer& l = layers_[i];
    const std::string name = l.name = fmt::format("layer {}", i);
    l.c = plan.activation(last ? "prediction" : name + ".c", out, activation_type(dtype, shape.y_block),
                          shape.y_block, now, last ? MemoryPlan::kForever : now);
    if (tensors_[i].gamma >= 0) {
      const Shape4 statistics{shape.lanes, shape.k, 1, 1};
      l.y = plan.activation(name + ".y", out, dtype, site_.block, now, now);
      l.mean = plan.activation(name + ".mean", statistics, parameter_type(dtype), site_.block, now, now);
      l.r = plan.activation(name + ".r", statistics, parameter_type(dtype), site_.block, now, now);
      plan.need_workspace(batch_norm_workspace(out, site_.block));
    }
    if (i > 0) {
      plan.extend(output(i - 1), now);
    }
  }

  void plan_backward() {
    MemoryPlan& plan = site_.plan;
    for (std::size_t i = layers_.size(); i-- > 0;) {
      Layer& l = layers_[i];
      const int now = plan.next_tick();
      if (l.dc == nullptr) {  // the last layer's; the others are made by the layer above them
        l.dc = plan.activation("d prediction", l.c->shape, l.c->dtype, 1, now, now);
      }
      for (TensorView* saved : {l.c, l.mean, l.r, l.dc}) {
        if (saved != nullptr) {
          plan.extend(saved, now);
        }
      }
      if (i > 0) {
        plan.extend(output(i - 1), now);
        layers_[i - 1].dc = plan.activation(fmt::format("d layer {}", i - 1), layers_[i - 1].c->shape,
                                            site_.dtype, site_.block, now, now);
      }
    }
  }

  NetworkSite site_;
  std::vector<LayerTensors> tensors_;
  std::vector<Layer> layers_;
  ConstTensorView input_;
};

class DnCnnModel final : public Model {
 public:
  explicit DnCnnModel(const DnCnnOptions& options) : options_(options) {
    SELFSAME_CHECK(options.layers >= 3 && options.channels >= 1 && options.channels <= 8192 &&
                       options.in_channels >= 1 && options.in_channels == options.out_channels,
                   "DnCNN with {} layers, {} channels, {} -> {}", options.layers, options.channels,
                   options.in_channels, options.out_channels);
  }
  [[nodiscard]] ParameterTable parameters() const override {
    ParameterTable table;
    declare(options_, table);
    return table;
  }
  [[nodiscard]] std::unique_ptr<Network> build(const NetworkSite& site) const override {
    return std::make_unique<DnCnn>(options_, site);
  }
  [[nodiscard]] int in_channels() const override { return options_.in_channels; }
  [[nodiscard]] int out_channels() const override { return options_.out_channels; }
  [[nodiscard]] std::int64_t minimum_size() const override { return 1; }
  [[nodiscard]] std::int64_t context() const override { return options_.layers; }
  [[nodiscard]] double forward_flops(std::int64_t h, std::int64_t w) const override {
    const double c = options_.channels, io = options_.in_channels;
    return 18.0 * static_cast<double>(h * w) * (2 * io * c + (options_.layers - 2) * c * c);
  }
  [[nodiscard]] double first_layer_flops(std::int64_t h, std::int64_t w) const override {
    return 18.0 * static_cast<double>(h * w) * options_.in_channels * options_.channels;
  }
  [[nodiscard]] std::string text() const override {
    return fmt::format("DnCNN {}->{}, {} layers, {} channels", options_.in_channels, options_.out_channels,
                       options_.layers, options_.channels);
  }

 private:
  DnCnnOptions options_;
};

}  // namespace

std::unique_ptr<Model> make_dncnn(const DnCnnOptions& options) {
  return std::make_unique<DnCnnModel>(options);
}

}  // namespace selfsame
