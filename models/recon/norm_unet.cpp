// SPDX-License-Identifier: Apache-2.0
#include "models/recon/norm_unet.hpp"

#include "mri/coils/coil_ops.hpp"

namespace selfsame::recon {
namespace {

TensorView view_or_empty(const TensorView* t) { return t != nullptr ? *t : TensorView(); }

}  // namespace

NormUNet::NormUNet(const NormUNetOptions& options, const ReconPlan& plan, const Shape4& images,
                   UNetTensors tensors, std::string name)
    : plan_(plan), name_(std::move(name)), images_(images) {
  planes_ = {images.n * images.c, 2, images.h, images.w};
  padded_ = {planes_.n, 2, options.padded(images.h), options.padded(images.w)};
  standardize_.eps = options.eps;
  standardize_.top = (padded_.h - planes_.h) / 2;
  standardize_.left = (padded_.w - planes_.w) / 2;
  NetworkSite site = plan.site().network;
  site.samples = padded_.n;
  site.h = padded_.h;
  site.w = padded_.w;
  unet_ = make_unet_part(options.unet, site, std::move(tensors), name_);
  plan_.need_workspace(standardize_workspace(planes_, site.device));
}

TensorView* NormUNet::plan_forward(const TensorView* z) {
  plan_.step();
  plan_.use({z});
  in_ = plan_.real(name_ + "in", planes_);
  plan_.step();
  plan_.use({in_});
  y_ = plan_.real(name_ + "standardized", padded_);
  mean_ = plan_.real(name_ + "mean", {planes_.n, 2, 1, 1});
  std_ = plan_.real(name_ + "std", {planes_.n, 2, 1, 1});
  unet_->plan_forward(y_);
  plan_.step();
  plan_.use({unet_->prediction(), mean_, std_});
  out_ = plan_.real(name_ + "out", planes_);
  plan_.step();
  plan_.use({out_});
  result_ = plan_.complex(name_ + "result", images_);
  return result_;
}

ConstComplexView NormUNet::forward(ConstComplexView z, Stream& stream) {
  complex_to_planes(*in_, z, {}, stream);
  standardize_forward(*y_, *mean_, *std_, *in_, standardize_, stream);
  const ConstTensorView prediction = unet_->forward(*y_, stream);
  unstandardize_forward(*out_, prediction, *mean_, *std_, standardize_, stream);
  planes_to_complex(as_complex(*result_), *out_, {}, stream);
  return as_complex(*result_);
}

TensorView* NormUNet::plan_backward(const TensorView* dresult, bool input_gradient) {
  plan_.step();
  plan_.use({dresult});
  dout_ = plan_.real(name_ + "d out", planes_);
  plan_.step();
  plan_.use({dout_, std_, input_gradient ? unet_->prediction() : nullptr});
  dprediction_ = plan_.real(name_ + "d prediction", padded_);
  if (input_gradient) {
    dmean_ = plan_.real(name_ + "d mean", {planes_.n, 2, 1, 1});
    dstd_ = plan_.real(name_ + "d std", {planes_.n, 2, 1, 1});
  }
  unet_->plan_backward(y_, dprediction_, input_gradient);
  if (!input_gradient) {
    return nullptr;
  }
  plan_.step();
  plan_.use({unet_->dinput(), y_, std_, dmean_, dstd_});
  din_ = plan_.real(name_ + "d in", planes_);
  plan_.step();
  plan_.use({din_});
  dz_ = plan_.complex(name_ + "d z", images_);
  return dz_;
}

ConstComplexView NormUNet::backward(ConstComplexView dresult, Stream& stream) {
  SELFSAME_CHECK(dout_ != nullptr, "backward of a network that was planned for inference");
  complex_to_planes(*dout_, dresult, {}, stream);
  unstandardize_backward(*dprediction_, view_or_empty(dmean_), view_or_empty(dstd_), *dout_,
                         view_or_empty(dmean_ != nullptr ? unet_->prediction() : nullptr), *std_,
                         standardize_, stream);
  unet_->backward(*dprediction_, stream);
  if (dz_ == nullptr) {
    return {};
  }
  standardize_backward(*din_, *unet_->dinput(), *y_, *std_, *dmean_, *dstd_, standardize_, stream);
  planes_to_complex(as_complex(*dz_), *din_, {}, stream);
  return as_complex(ConstTensorView(*dz_));
}

double forward_flops(const NormUNetOptions& options, std::int64_t h, std::int64_t w) {
  return make_unet(options.unet)->forward_flops(options.padded(h), options.padded(w));
}

}  // namespace selfsame::recon
