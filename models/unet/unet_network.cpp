// SPDX-License-Identifier: Apache-2.0
// The network of models/unet/unet.hpp: what it keeps, forward and backward. Backward is forward read upside
// down; a skip connection is the second part of its concatenation, written there by the encoder and read in
// place by the decoder, so nothing is copied.
#include "models/unet/unet_network.hpp"

#include <string>
#include <vector>

#include "kernels/add/add.hpp"
#include "kernels/average_pool/average_pool.hpp"
#include "kernels/conv2d/conv2d.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"
#include "kernels/device/nvtx.hpp"
#include "kernels/instance_norm/instance_norm.hpp"
#include "kernels/reflect_pad/reflect_pad.hpp"

namespace selfsame {
namespace {

constexpr double kNormEps = 1e-5;
constexpr double kSlope = 0.2;

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

class UNet final : public Network {
 public:
  UNet(const UNetOptions& options, const NetworkSite& site);
  ConstTensorView forward(ConstTensorView input, Stream& stream) override;
  void backward(ConstTensorView dprediction, Stream& stream) override;

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
  void plan_forward();
  void plan_backward();
  TensorView* gradient(const std::string& name, const Level& level, std::int64_t channels,
                       std::int64_t split = 0);
  void use(std::initializer_list<TensorView*> tensors);
  [[nodiscard]] const Level& level(std::size_t i) const { return levels_[i]; }
  [[nodiscard]] bool training() const { return site_.mode == PassMode::kTraining; }
  [[nodiscard]] bool padded(std::size_t i) const {
    return levels_[i].h != 2 * levels_[i + 1].h || levels_[i].w != 2 * levels_[i + 1].w;
  }
  void decode(std::size_t i, ConstTensorView below, Stream& stream);

  UNetOptions options_;
  NetworkSite site_;
  UNetTensors tensors_;
  std::vector<Level> levels_;  // pools + 1; the last is the bottom
  std::vector<Encoder> down_;
  std::vector<Decoder> up_;
  ConvNorm bottom_a_, bottom_b_;
  TensorView *bottom_y_a_ = nullptr, *bottom_y_b_ = nullptr, *dbottom_y_a_ = nullptr, *dbottom_y_b_ = nullptr;
  TensorView *last_ = nullptr, *dlast_ = nullptr;
  ConstTensorView input_;
};

UNet::UNet(const UNetOptions& options, const NetworkSite& site) : options_(options), site_(site) {
  ParameterTable table;
  tensors_ = declare_unet(options, table);
  const std::int64_t smallest = std::int64_t{1} << options.pools;
  SELFSAME_CHECK(site.h >= smallest && site.w >= smallest,
                 "a U-Net with {} pools needs at least {}x{} pixels, got {}x{}", options.pools, smallest,
                 smallest, site.h, site.w);
  for (int i = 0; i <= options.pools; ++i) {
    levels_.push_back({std::int64_t{options.channels} << i, site.h >> i, site.w >> i});
  }
  down_.resize(static_cast<std::size_t>(options.pools));
  up_.resize(static_cast<std::size_t>(options.pools));
  plan_forward();
  if (training()) {
    plan_backward();
  }
}

// ---- plan
// -----------------------------------------------------------------------------------------------------------

/// A tensor born now; it lives as long as a later step uses it.
TensorView* UNet::tensor(const std::string& name, const Level& level, std::int64_t channels,
                         std::int64_t split) {
  const int now = site_.plan.tick();
  return site_.plan.activation(name, {site_.samples, channels, level.h, level.w}, site_.dtype, site_.block,
                               now, now, split);
}

TensorView* UNet::gradient(const std::string& name, const Level& level, std::int64_t channels,
                           std::int64_t split) {
  return tensor("d " + name, level, channels, split);
}

void UNet::use(std::initializer_list<TensorView*> tensors) {
  for (TensorView* t : tensors) {
    if (t != nullptr) {
      site_.plan.extend(t, site_.plan.tick());
    }
  }
}

void UNet::plan_norm(ConvNorm& layer, const std::string& name, const Level& level) {
  layer.name = name;
  const int now = site_.plan.tick();
  const auto statistic = [&](const char* what) {
    return site_.plan.activation(name + what, {site_.samples, level.channels, 1, 1},
                                 parameter_type(site_.dtype), site_.block, now, now);
  };
  layer.c = tensor(name + ".c", level, level.channels);
  layer.mean = statistic(".mean");
  layer.r = statistic(".r");
  site_.plan.need_workspace(instance_norm_workspace(layer.c->shape, site_.block));
}

ConvNorm UNet::conv_norm(const std::string& name, int weight, const Level& level, std::int64_t in,
                         std::int64_t split) {
  ConvNorm layer;
  layer.weight = weight;
  plan_norm(layer, name, level);
  ConvShape shape;
  shape.lanes = site_.parameters.lanes();
  shape.samples = site_.samples;
  shape.c = in;
  shape.k = level.channels;
  shape.h = level.h;
  shape.w = level.w;
  shape.dtype = site_.dtype;
  shape.x_block = in == options_.in_channels && weight == tensors_.down.front()[0] ? 1 : site_.block;
  shape.y_block = site_.block;
  shape.x_split = split;
  site_.plan.need_workspace(conv2d_workspace(shape, site_.threads, site_.device));
  return layer;
}

void UNet::plan_forward() {
  MemoryPlan& plan = site_.plan;
  const auto step = [&] { plan.next_tick(); };
  std::int64_t in = options_.in_channels;
  TensorView* x = nullptr;
  for (std::size_t i = 0; i < down_.size(); ++i) {
    Encoder& e = down_[i];
    const Level& l = level(i);
    const std::string name = fmt::format("down_sample_layers.{}", i);
    step();
    use({x});
    e.a = conv_norm(name + ".a", tensors_.down[i][0], l, in, 0);
    e.y_a = tensor(name + ".a.y", l, l.channels);
    step();
    use({e.y_a});
    e.b = conv_norm(name + ".b", tensors_.down[i][1], l, l.channels, 0);
    e.joined = tensor(name + ".joined", l, 2 * l.channels, l.channels);
    step();
    use({e.joined});
    e.pooled = x = tensor(name + ".pooled", level(i + 1), l.channels);
    in = l.channels;
  }
  const Level& bottom = levels_.back();
  step();
  use({x});
  bottom_a_ = conv_norm("conv.a", tensors_.bottom[0], bottom, in, 0);
  bottom_y_a_ = tensor("conv.a.y", bottom, bottom.channels);
  step();
  use({bottom_y_a_});
  bottom_b_ = conv_norm("conv.b", tensors_.bottom[1], bottom, bottom.channels, 0);
  bottom_y_b_ = x = tensor("conv.b.y", bottom, bottom.channels);
  for (std::size_t i = up_.size(); i-- > 0;) {
    Decoder& d = up_[i];
    const Level& l = level(i);
    const Level doubled{l.channels, 2 * level(i + 1).h, 2 * level(i + 1).w};
    const std::string name = fmt::format("up_conv.{}", up_.size() - 1 - i);
    step();
    use({x, down_[i].joined});
    d.up.weight = tensors_.transpose[i];
    plan_norm(d.up, fmt::format("up_transpose_conv.{}", up_.size() - 1 - i), doubled);
    ConvTransposeShape shape;
    shape.lanes = site_.parameters.lanes();
    shape.samples = site_.samples;
    shape.c = level(i + 1).channels;
    shape.k = l.channels;
    shape.h = level(i + 1).h;
    shape.w = level(i + 1).w;
    shape.dtype = site_.dtype;
    shape.x_block = shape.y_block = site_.block;
    plan.need_workspace(conv_transpose2d_workspace(shape, site_.device));
    if (padded(i)) {
      d.unpadded = tensor(name + ".unpadded", doubled, l.channels);
    }
    step();
    use({down_[i].joined});
    d.a = conv_norm(name + ".a", tensors_.up[i][0], l, 2 * l.channels, l.channels);
    d.y_a = tensor(name + ".a.y", l, l.channels);
    step();
    use({d.y_a});
    d.b = conv_norm(name + ".b", tensors_.up[i][1], l, l.channels, 0);
    d.y_b = x = tensor(name + ".b.y", l, l.channels);
  }
  step();
  use({x});
  ConvShape shape;
  shape.lanes = site_.parameters.lanes();
  shape.samples = site_.samples;
  shape.c = options_.channels;
  shape.k = options_.out_channels;
  shape.h = site_.h;
  shape.w = site_.w;
  shape.filter = 1;
  shape.dtype = site_.dtype;
  shape.x_block = site_.block;
  plan.need_workspace(conv2d_workspace(shape, site_.threads, site_.device));
  last_ = plan.activation("prediction", {site_.samples, options_.out_channels, site_.h, site_.w},
                          parameter_type(site_.dtype), 1, plan.tick());
}

void UNet::plan_backward() {
  MemoryPlan& plan = site_.plan;
  const auto step = [&] { plan.next_tick(); };
  step();
  dlast_ = plan.activation("d last", last_->shape, last_->dtype, 1, plan.tick(), plan.tick());
  use({up_[0].y_b});
  TensorView* dy = up_[0].dy_b = gradient("up.b.y", level(0), level(0).channels);
  for (std::size_t i = 0; i < up_.size(); ++i) {
    Decoder& d = up_[i];
    const Level& l = level(i);
    step();
    d.dy_a = gradient("up.a.y", l, l.channels);
    use({dy, d.b.c, d.b.mean, d.b.r, d.y_a});
    step();
    down_[i].djoined = gradient("joined", l, 2 * l.channels, l.channels);
    use({d.dy_a, d.a.c, d.a.mean, d.a.r, down_[i].joined});
    step();
    use({d.up.c, d.up.mean, d.up.r, i + 1 < up_.size() ? up_[i + 1].y_b : bottom_y_b_});
    if (padded(i)) {
      d.dunpadded = gradient("unpadded", {l.channels, d.up.c->shape.h, d.up.c->shape.w}, l.channels);
    }
    dy = gradient("below", level(i + 1), level(i + 1).channels);
    (i + 1 < up_.size() ? up_[i + 1].dy_b : dbottom_y_b_) = dy;
    use({down_[i].djoined});
  }
  step();
  dbottom_y_a_ = gradient("conv.a.y", levels_.back(), levels_.back().channels);
  use({dy, bottom_b_.c, bottom_b_.mean, bottom_b_.r, bottom_y_a_});
  for (std::size_t i = down_.size(); i-- > 0;) {
    Encoder& e = down_[i];
    step();
    e.dpooled = gradient("pooled", level(i + 1), level(i).channels);
    const bool deepest = i + 1 == down_.size();
    const ConvNorm& below = deepest ? bottom_a_ : down_[i + 1].a;
    use({deepest ? dbottom_y_a_ : down_[i + 1].dy_a, below.c, below.mean, below.r, e.pooled});
    step();
    use({e.dpooled, e.djoined});
    step();
    e.dy_a = gradient("down.a.y", level(i), level(i).channels);
    use({e.djoined, e.b.c, e.b.mean, e.b.r, e.y_a});
  }
  step();
  const Encoder& first = down_.front();
  use({first.dy_a, first.a.c, first.a.mean, first.a.r});
}

// ---- forward
// --------------------------------------------------------------------------------------------------------

ConstTensorView UNet::forward(ConstTensorView input, Stream& stream) {
  const Parameters& p = site_.parameters;
  input_ = input;
  ConstTensorView x = input;
  for (Encoder& e : down_) {
    e.a.forward(*e.y_a, x, p, stream);
    e.b.forward(e.joined->part(1), *e.y_a, p, stream);
    average_pool_forward(*e.pooled, e.joined->part(1), stream);
    x = *e.pooled;
  }
  bottom_a_.forward(*bottom_y_a_, x, p, stream);
  bottom_b_.forward(*bottom_y_b_, *bottom_y_a_, p, stream);
  x = *bottom_y_b_;
  for (std::size_t i = up_.size(); i-- > 0;) {
    decode(i, x, stream);
    x = *up_[i].y_b;
  }
  conv2d_forward(*last_, x, p.value(tensors_.last_weight), p.value(tensors_.last_bias), stream);
  if (options_.residual) {
    add_scaled(*last_, 1.0f, input, -1.0f, *last_, stream);
  }
  return *last_;
}

void UNet::decode(std::size_t i, ConstTensorView below, Stream& stream) {
  const Parameters& p = site_.parameters;
  Decoder& d = up_[i];
  TensorView* joined = down_[i].joined;
  {
    const ProfilerRange range(d.up.name.c_str());
    conv_transpose2d_forward(*d.up.c, below, p.value(d.up.weight), stream);
    const TensorView up = d.unpadded != nullptr ? *d.unpadded : joined->part(0);
    instance_norm_forward(up, *d.up.mean, *d.up.r, *d.up.c, {}, {}, kNormEps, kSlope, stream);
    if (d.unpadded != nullptr) {
      reflect_pad_forward(joined->part(0), up, stream);
    }
  }
  d.a.forward(*d.y_a, *joined, p, stream);
  d.b.forward(*d.y_b, *d.y_a, p, stream);
}

// ---- backward: forward read upside down
// -----------------------------------------------------------------------------

void UNet::backward(ConstTensorView dprediction, Stream& stream) {
  SELFSAME_CHECK(training(), "backward of a network that was planned for inference");
  const Parameters& p = site_.parameters;
  add_scaled(*dlast_, options_.residual ? -1.0f : 1.0f, dprediction, 0.0f, {}, stream);
  TensorView dy = *up_[0].dy_b;
  conv2d_backward_weight(p.gradient(tensors_.last_weight), p.gradient(tensors_.last_bias), *dlast_,
                         *up_[0].y_b, stream);
  conv2d_backward_data(dy, *dlast_, p.value(tensors_.last_weight), stream);

  for (std::size_t i = 0; i < up_.size(); ++i) {
    Decoder& d = up_[i];
    const TensorView djoined = *down_[i].djoined;
    d.b.backward(*d.dy_a, dy, *d.y_a, p, stream);
    d.a.backward(djoined, *d.dy_a, *down_[i].joined, p, stream);
    const ProfilerRange range(d.up.name.c_str());
    TensorView dup = djoined.part(0);
    if (d.dunpadded != nullptr) {
      reflect_pad_backward(*d.dunpadded, djoined.part(0), stream);
      dup = *d.dunpadded;
    }
    instance_norm_backward(dup, {}, {}, dup, *d.up.c, *d.up.mean, *d.up.r, {}, {}, kSlope, stream);
    const bool deepest = i + 1 == up_.size();
    const ConstTensorView below = deepest ? *bottom_y_b_ : *up_[i + 1].y_b;
    dy = deepest ? *dbottom_y_b_ : *up_[i + 1].dy_b;
    conv_transpose2d_backward_weight(p.gradient(d.up.weight), dup, below, stream);
    conv_transpose2d_backward_data(dy, dup, p.value(d.up.weight), stream);
  }

  bottom_b_.backward(*dbottom_y_a_, dy, *bottom_y_a_, p, stream);
  bottom_a_.backward(*down_.back().dpooled, *dbottom_y_a_, *down_.back().pooled, p, stream);

  for (std::size_t i = down_.size(); i-- > 0;) {
    Encoder& e = down_[i];
    const TensorView dskip = e.djoined->part(1);
    average_pool_backward(dskip, *e.dpooled, dskip, stream);  // the pooled path added to the skip path
    e.b.backward(*e.dy_a, dskip, *e.y_a, p, stream);
    e.a.backward(i == 0 ? TensorView() : *down_[i - 1].dpooled, *e.dy_a,
                 i == 0 ? input_ : ConstTensorView(*down_[i - 1].pooled), p, stream);
  }
}

}  // namespace

std::unique_ptr<Network> make_unet_network(const UNetOptions& options, const NetworkSite& site) {
  return std::make_unique<UNet>(options, site);
}

}  // namespace selfsame
