// SPDX-License-Identifier: Apache-2.0
// The plan of the U-Net: which tensors its passes make, and from which step to which each is needed.
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"
#include "models/unet/unet_layers.hpp"

namespace selfsame::unet {

UNet::UNet(const UNetOptions& options, const NetworkSite& site, UNetTensors tensors, std::string name)
    : options_(options), site_(site), tensors_(std::move(tensors)), name_(std::move(name)) {
  const std::int64_t smallest = std::int64_t{1} << options.pools;
  SELFSAME_CHECK(site.h >= smallest && site.w >= smallest,
                 "a U-Net with {} pools needs at least {}x{} pixels, got {}x{}", options.pools, smallest,
                 smallest, site.h, site.w);
  for (int i = 0; i <= options.pools; ++i) {
    levels_.push_back({std::int64_t{options.channels} << i, site.h >> i, site.w >> i});
  }
  down_.resize(static_cast<std::size_t>(options.pools));
  up_.resize(static_cast<std::size_t>(options.pools));
}

/// A tensor born now; it lives as long as a later step uses it.
TensorView* UNet::tensor(const std::string& name, const Level& level, std::int64_t channels,
                         std::int64_t split) {
  const int now = site_.plan.tick();
  return site_.plan.activation(name, {site_.samples, channels, level.h, level.w}, site_.dtype, site_.block,
                               now, now, split);
}

TensorView* UNet::gradient(const std::string& name, const Level& level, std::int64_t channels,
                           std::int64_t split) {
  return tensor(name_ + "d " + name, level, channels, split);
}

void UNet::use(std::initializer_list<const TensorView*> tensors) {
  for (const TensorView* t : tensors) {
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

void UNet::plan_forward(const TensorView* input) {
  MemoryPlan& plan = site_.plan;
  const auto step = [&] { plan.next_tick(); };
  std::int64_t in = options_.in_channels;
  const TensorView* x = input;
  for (std::size_t i = 0; i < down_.size(); ++i) {
    Encoder& e = down_[i];
    const Level& l = level(i);
    const std::string name = fmt::format("{}down_sample_layers.{}", name_, i);
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
    x = e.pooled = tensor(name + ".pooled", level(i + 1), l.channels);
    in = l.channels;
  }
  const Level& bottom = levels_.back();
  step();
  use({x});
  bottom_a_ = conv_norm(name_ + "conv.a", tensors_.bottom[0], bottom, in, 0);
  bottom_y_a_ = tensor(name_ + "conv.a.y", bottom, bottom.channels);
  step();
  use({bottom_y_a_});
  bottom_b_ = conv_norm(name_ + "conv.b", tensors_.bottom[1], bottom, bottom.channels, 0);
  x = bottom_y_b_ = tensor(name_ + "conv.b.y", bottom, bottom.channels);
  for (std::size_t i = up_.size(); i-- > 0;) {
    Decoder& d = up_[i];
    const Level& l = level(i);
    const Level doubled{l.channels, 2 * level(i + 1).h, 2 * level(i + 1).w};
    const std::string name = fmt::format("{}up_conv.{}", name_, up_.size() - 1 - i);
    step();
    use({x, down_[i].joined});
    d.up.weight = tensors_.transpose[i];
    plan_norm(d.up, fmt::format("{}up_transpose_conv.{}", name_, up_.size() - 1 - i), doubled);
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
    x = d.y_b = tensor(name + ".b.y", l, l.channels);
  }
  step();
  use({x, options_.residual ? input : nullptr});
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
  last_ = plan.activation(name_ + "prediction", {site_.samples, options_.out_channels, site_.h, site_.w},
                          parameter_type(site_.dtype), 1, plan.tick(), plan.tick());
}

void UNet::plan_backward(const TensorView* input, const TensorView* dprediction, bool input_gradient) {
  MemoryPlan& plan = site_.plan;
  const auto step = [&] { plan.next_tick(); };
  step();
  dlast_ = plan.activation(name_ + "d last", last_->shape, last_->dtype, 1, plan.tick(), plan.tick());
  use({up_[0].y_b, dprediction});
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
  use({first.dy_a, first.a.c, first.a.mean, first.a.r, input});
  if (input_gradient) {
    dinput_ = plan.activation(name_ + "d input", {site_.samples, options_.in_channels, site_.h, site_.w},
                              parameter_type(site_.dtype), 1, plan.tick(), plan.tick());
    if (options_.residual) {
      use({dlast_});
    }
  }
}

}  // namespace selfsame::unet
