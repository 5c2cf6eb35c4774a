// SPDX-License-Identifier: Apache-2.0
// supervised_image: the magnitude of the reconstruction against a reference magnitude x, as mean squared
// error, mean absolute error (fastMRI's U-Net) or 1 - SSIM (fastMRI's VarNet). Absolute error and SSIM are
// supervised losses of their own: their minimiser is not the mean, and no self-supervised loss here has their
// gradient.
#include "kernels/absolute_error/absolute_error.hpp"
#include "kernels/mask_kspace/mask_kspace.hpp"
#include "kernels/squared_error/squared_error.hpp"
#include "kernels/ssim_loss/ssim_loss.hpp"
#include "losses/kspace/kspace_loss.hpp"
#include "losses/kspace/registry.hpp"

namespace selfsame {
namespace {

constexpr std::string_view kLosses[] = {"squared_error", "l1", "ssim"};
constexpr ObjectiveOption kOptions[] = {
    {"loss",
     "squared_error and l1: means over pixels; ssim: 1 - mean SSIM, 7x7 windows, range = peak of the volume",
     "squared_error", 0, 0, kLosses}};

class SupervisedImage : public KSpaceObjective {
 public:
  explicit SupervisedImage(std::string loss) : loss_(std::move(loss)) {}
  UnbiasednessClaim claim() const override {
    const char* risk = loss_ == "l1"     ? "E mean| |f| - x |: a supervised loss, not a squared error"
                       : loss_ == "ssim" ? "E(1 - SSIM(|f|, x)): a supervised loss, not a squared error"
                                         : "E mean(|f| - x)^2 of magnitudes";
    return {true, risk, "the sampled k-space", "none: it is the supervised loss itself"};
  }
  PredictionDomain domain() const override { return PredictionDomain::kMagnitude; }
  bool needs_truth() const override { return true; }
  void split(std::span<float> input, std::span<float> weight, const SamplingMask& sampled, const SamplingLaw&,
             const RandomStream&) const override {
    write_split(input, weight, sampled, std::vector<double>(sampled.sampled.size(), 1.0));
  }
  Preflight preflight(const SamplingLaw& law) const override {
    const std::vector<double> ones(static_cast<std::size_t>(law.size()), 1.0);
    return {ones, ones};
  }

  void plan(MemoryPlan& plan, Shape4 kspace, std::int64_t, Stream&, DType dtype) override {
    const Shape4 image{kspace.n, 1, kspace.h, kspace.w};
    if (loss_ == "ssim" && (kspace.h < 7 || kspace.w < 7)) {
      fail(ErrorKind::kUsage, "SSIM has windows of 7x7 pixels; the images are {}x{}", kspace.h, kspace.w);
    }
    input_ = plan.activation("objective.input", {kspace.n, kspace.c, kspace.h, 2 * kspace.w}, dtype, 1, 0);
    dprediction_ = plan.activation("objective.dprediction", image, dtype, 1, 0);
    plan.need_workspace(squared_error_workspace(image));
    plan.need_workspace(absolute_error_workspace(image));
    plan.need_workspace(ssim_loss_workspace(image));
  }

  void value_and_gradient(std::span<double> sample_losses, const KSpaceMeasurement& measurement,
                          std::int64_t lanes, ReconstructionHandle& network, Stream& stream) override {
    SELFSAME_CHECK(input_ != nullptr && !input_->empty(), "the objective was not planned");
    SELFSAME_CHECK(!measurement.magnitude.empty(), "supervised_image was given no reference magnitude");
    const ComplexView input = as_complex(*input_);
    mask_kspace(input, measurement.kspace, measurement.input, nullptr, stream);
    const ConstTensorView prediction = network.forward(input, measurement.input, stream);
    if (loss_ == "l1") {
      absolute_error(sample_losses, *dprediction_, prediction, measurement.magnitude, lanes, stream);
    } else if (loss_ == "ssim") {
      ssim_loss(sample_losses, *dprediction_, prediction, measurement.magnitude, measurement.peak, lanes,
                stream);
    } else {
      squared_error(sample_losses, *dprediction_, prediction, measurement.magnitude, lanes, stream);
    }
    network.backward(*dprediction_, stream);
  }

  void plan_risk(MemoryPlan& /*plan*/, Shape4 /*kspace*/, DType /*dtype*/) override {}
  void risk_value_and_gradient(std::span<double> sample_losses, const KSpaceMeasurement& measurement,
                               const KSpaceTruth& /*truth*/, std::int64_t lanes,
                               ReconstructionHandle& network, Stream& stream) override {
    value_and_gradient(sample_losses, measurement, lanes, network, stream);
  }

 private:
  std::string loss_;
  const TensorView *input_ = nullptr, *dprediction_ = nullptr;
};

SELFSAME_REGISTER_KSPACE_OBJECTIVE(supervised_image,
                                   {"supervised_image",
                                    "squared error, absolute error or 1 - SSIM of |f| and x", "SupLoss",
                                    kOptions,
                                    [](const ObjectiveOptions& options) -> std::unique_ptr<KSpaceObjective> {
                                      return std::make_unique<SupervisedImage>(word(options, "loss"));
                                    }});

}  // namespace
}  // namespace selfsame
