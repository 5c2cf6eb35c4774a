// SPDX-License-Identifier: Apache-2.0
// The two networks that improve an image: the paper's on the complex SENSE image, fastMRI's on the magnitude
// of the zero-filled one. Neither needs a gradient at its input: no parameter lies in front of the U-Net.
#include "models/recon/last_stage.hpp"
#include "models/recon/networks.hpp"
#include "models/recon/norm_unet.hpp"
#include "models/recon/sense_start.hpp"
#include "mri/coils/coil_ops.hpp"
#include "mri/fourier/fourier.hpp"

namespace selfsame::recon {
namespace {

constexpr double kEps = 1e-11;  // beside the standard deviation, of both papers' code
constexpr double kClamp = 6;    // fastMRI

UNetTensors tensors_of(const UNetOptions& options) {
  ParameterTable table;
  return declare_unet(options, table);
}

// ---- complex image

class ReconUNet final : public ReconstructionNetwork {
 public:
  ReconUNet(const SenseStartOptions& start, const NormUNetOptions& options, const ReconstructionSite& site)
      : plan_(site),
        start_(plan_, start),
        network_(options, plan_, plan_.image(), tensors_of(options.unet), ""),
        last_(plan_, ReconstructionOutput::kImage) {
    result_ = network_.plan_forward(start_.plan_forward());
    last_.plan_forward(result_, nullptr);
    if (plan_.training()) {
      network_.plan_backward(last_.plan_backward(nullptr), false);
    }
  }

  ConstTensorView forward(const ReconstructionInput& input, Stream& stream) override {
    check_input(input, plan_.site(), true);
    maps_ = input.maps;
    network_.forward(start_.forward(input, stream), stream);
    return last_.forward(*result_, maps_, stream);
  }
  void backward(ConstTensorView dprediction, Stream& stream) override {
    network_.backward(as_complex(last_.backward(dprediction, maps_, {}, stream)), stream);
  }

 private:
  ReconPlan plan_;
  SenseStart start_;
  NormUNet network_;
  LastStage last_;
  TensorView* result_ = nullptr;
  ConstComplexView maps_;
};

class ReconUNetModel final : public ReconstructionModel {
 public:
  explicit ReconUNetModel(const ReconUNetOptions& o)
      : start_(o.start),
        options_{{2, 2, o.channels, o.pools, o.residual}, 1, kEps},
        unet_(make_unet(options_.unet)) {}

  [[nodiscard]] ParameterTable parameters() const override { return unet_->parameters(); }
  [[nodiscard]] std::unique_ptr<ReconstructionNetwork> build(const ReconstructionSite& site) const override {
    return std::make_unique<ReconUNet>(start_, options_, site);
  }
  [[nodiscard]] ReconstructionOutput output() const override { return ReconstructionOutput::kImage; }
  [[nodiscard]] bool needs_maps(ReconstructionDomain) const override { return true; }
  [[nodiscard]] std::int64_t minimum_size() const override { return unet_->minimum_size(); }
  [[nodiscard]] double forward_flops(std::int64_t coils, std::int64_t h, std::int64_t w) const override {
    return recon::forward_flops(options_, h, w) + (1 + 2 * start_.iterations) * fourier_flops(coils, h, w);
  }
  [[nodiscard]] std::string text() const override {
    return "MRI " + unet_->text() +
           (start_.iterations > 0
                ? fmt::format(", from {} iterations of SENSE, lambda {:g}", start_.iterations, start_.lambda)
                : "");
  }

 private:
  SenseStartOptions start_;
  NormUNetOptions options_;
  std::unique_ptr<Model> unet_;
};

// ---- magnitude

class MagnitudeUNet final : public ReconstructionNetwork {
 public:
  MagnitudeUNet(const UNetOptions& options, const ReconstructionSite& site)
      : plan_(site), last_(plan_, ReconstructionOutput::kMagnitude) {
    standardize_.eps = kEps;
    standardize_.limit = kClamp;
    unet_ = make_unet_part(options, site.network, tensors_of(options), "");
    const Shape4 image = plan_.image();
    plan_.need_workspace(
        prepare_fourier(plan_.coils(), plan_.dtype(), FourierAxes::kBoth, plan_.site().stream));
    plan_.need_workspace(standardize_workspace(image, site.network.device));
    plan_.step();
    coils_ = plan_.complex("zero_filled.coils", plan_.coils());
    plan_.step();
    plan_.use({coils_});
    magnitude_ = plan_.real("zero_filled", image);
    plan_.step();
    plan_.use({magnitude_});
    y_ = plan_.real("standardized", image);
    mean_ = plan_.real("mean", {image.n, 1, 1, 1});
    std_ = plan_.real("std", {image.n, 1, 1, 1});
    unet_->plan_forward(y_);
    plan_.step();
    plan_.use({unet_->prediction(), mean_, std_});
    result_ = plan_.real("result", image);
    last_.plan_forward(result_, nullptr);
    if (plan_.training()) {
      plan_.step();
      plan_.use({std_});
      dprediction_ = plan_.real("d prediction", image);
      unet_->plan_backward(y_, dprediction_, false);
    }
  }

  ConstTensorView forward(const ReconstructionInput& input, Stream& stream) override {
    check_input(input, plan_.site(), false);
    fourier(as_complex(*coils_), input.kspace, FourierAxes::kBoth, FourierDirection::kInverse, stream);
    root_sum_of_squares(*magnitude_, as_complex(*coils_), stream);
    standardize_forward(*y_, *mean_, *std_, *magnitude_, standardize_, stream);
    unstandardize_forward(*result_, unet_->forward(*y_, stream), *mean_, *std_, standardize_, stream);
    return last_.forward(*result_, {}, stream);
  }
  void backward(ConstTensorView dprediction, Stream& stream) override {
    SELFSAME_CHECK(dprediction_ != nullptr, "backward of a network that was planned for inference");
    unstandardize_backward(*dprediction_, {}, {}, last_.backward(dprediction, {}, {}, stream), {}, *std_,
                           standardize_, stream);
    unet_->backward(*dprediction_, stream);
  }

 private:
  ReconPlan plan_;
  LastStage last_;
  StandardizeOptions standardize_;
  std::unique_ptr<UNetPart> unet_;
  TensorView *coils_ = nullptr, *magnitude_ = nullptr, *y_ = nullptr, *mean_ = nullptr, *std_ = nullptr;
  TensorView *result_ = nullptr, *dprediction_ = nullptr;
};

class MagnitudeUNetModel final : public ReconstructionModel {
 public:
  explicit MagnitudeUNetModel(const MagnitudeUNetOptions& o)
      : options_{1, 1, o.channels, o.pools, false}, unet_(make_unet(options_)) {}

  [[nodiscard]] ParameterTable parameters() const override { return unet_->parameters(); }
  [[nodiscard]] std::unique_ptr<ReconstructionNetwork> build(const ReconstructionSite& site) const override {
    return std::make_unique<MagnitudeUNet>(options_, site);
  }
  [[nodiscard]] ReconstructionOutput output() const override { return ReconstructionOutput::kMagnitude; }
  [[nodiscard]] bool needs_maps(ReconstructionDomain) const override { return false; }
  [[nodiscard]] std::int64_t minimum_size() const override { return unet_->minimum_size(); }
  [[nodiscard]] double forward_flops(std::int64_t coils, std::int64_t h, std::int64_t w) const override {
    return unet_->forward_flops(h, w) + fourier_flops(coils, h, w);
  }
  [[nodiscard]] std::string text() const override { return "fastMRI " + unet_->text(); }

 private:
  UNetOptions options_;
  std::unique_ptr<Model> unet_;
};

}  // namespace

std::unique_ptr<ReconstructionModel> make_recon_unet(const ReconUNetOptions& options) {
  return std::make_unique<ReconUNetModel>(options);
}

std::unique_ptr<ReconstructionModel> make_magnitude_unet(const MagnitudeUNetOptions& options) {
  return std::make_unique<MagnitudeUNetModel>(options);
}

}  // namespace selfsame::recon
