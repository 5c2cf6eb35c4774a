// SPDX-License-Identifier: Apache-2.0
// The network of models/unet/unet.hpp: forward and backward. Backward is forward read upside down; a skip
// connection is the second part of its concatenation, written there by the encoder and read in place by the
// decoder, so nothing is copied.
#include "models/unet/unet_network.hpp"

#include "kernels/add/add.hpp"
#include "kernels/average_pool/average_pool.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"
#include "kernels/reflect_pad/reflect_pad.hpp"
#include "models/unet/unet_layers.hpp"

namespace selfsame {
namespace unet {

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
  SELFSAME_CHECK(dlast_ != nullptr, "backward of a network that was planned for inference");
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
    const TensorView dx = i > 0 ? *down_[i - 1].dpooled : dinput_ != nullptr ? *dinput_ : TensorView();
    e.a.backward(dx, *e.dy_a, i == 0 ? input_ : ConstTensorView(*down_[i - 1].pooled), p, stream);
  }
  if (dinput_ != nullptr && options_.residual) {
    add_scaled(*dinput_, 1.0f, *dinput_, -1.0f, *dlast_, stream);  // dlast = -dprediction
  }
}

}  // namespace unet

std::unique_ptr<UNetPart> make_unet_part(const UNetOptions& options, const NetworkSite& site,
                                         UNetTensors tensors, std::string name) {
  return std::make_unique<unet::UNet>(options, site, std::move(tensors), std::move(name));
}

std::unique_ptr<Network> make_unet_network(const UNetOptions& options, const NetworkSite& site) {
  ParameterTable table;
  auto network = make_unet_part(options, site, declare_unet(options, table), "");
  network->plan_forward(nullptr);
  site.plan.extend(network->prediction(), MemoryPlan::kForever);
  if (site.mode == PassMode::kTraining) {
    network->plan_backward(nullptr, nullptr, false);
  }
  return network;
}

}  // namespace selfsame
