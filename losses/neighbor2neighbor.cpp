// SPDX-License-Identifier: Apache-2.0
// neighbor2neighbor: training on pairs of neighbouring pixels (Huang et al., CVPR 2021). In every 2x2 cell of
// y one of eight ordered pairs of side-by-side pixels is drawn; their first and second pixels make two images
// g1 y and g2 y of half the size, and
//
//   L = |f(g1 y) - g2 y|^2 / m + lambda |f(g1 y) - g2 y - (g1 f(y) - g2 f(y))|^2 / m,   m = n / 4
//
// without a gradient through f(y). With d = f(g1 y) - g2 y and r = g1 f(y) - g2 f(y),
//
//   |d|^2 + lambda |d - r|^2 = (1 + lambda) |d - c r|^2 + c |r|^2,   c = lambda / (1 + lambda)
//
// so that it is one squared error to the target g2 y + c r.
//
// For lambda = 0 it is Noise2Noise with the clean target g2 x: given g1 y and x, g2 y has the mean g2 x if
// the noise is independent between pixels. But g2 x is not g1 x: the mean gradient is that of E|f(g1 y) - g1
// x|^2 only if E[g2 x - g1 x | g1 y] = 0, and in images with edges and texture it is not.
#include <array>

#include "kernels/add/add.hpp"
#include "kernels/dot/dot.hpp"
#include "kernels/neighbor_pairs/neighbor_pairs.hpp"
#include "kernels/squared_error/squared_error.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

constexpr std::array kOptions = {ObjectiveOption{
    "lambda", "weight of the regulariser, which makes up for neighbours that differ", 1.0, 0.0, 1e3, {}}};

class Neighbor2Neighbor : public Objective {
 public:
  explicit Neighbor2Neighbor(double lambda) : lambda_(lambda) {}
  TargetKind target_kind() const override { return TargetKind::kNone; }
  std::vector<UnbiasednessClaim> claims() const override {
    std::vector<UnbiasednessClaim> list;
    if (lambda_ == 0) {
      list.push_back({true, "E|f(g1 y) - g2 x|^2 at half the resolution", "g1 y, half of the pixels",
                      "noise of mean zero, independent between pixels"});
    }
    list.push_back({false, "E|f(g1 y) - g1 x|^2 at half the resolution", "g1 y, half of the pixels",
                    "neighbours differ by more than noise; exact only if E[g2 x - g1 x | g1 y] = 0"});
    return list;
  }
  Shape4 network_shape(Shape4 m) const override { return {m.n, m.c, m.h / 2, m.w / 2}; }
  bool needs_predictions() const override { return lambda_ > 0; }

  void plan(MemoryPlan& plan, Shape4 measurement, DType dtype) override {
    if (measurement.h % 2 != 0 || measurement.w % 2 != 0) {
      fail(ErrorKind::kUsage,
           "objective 'neighbor2neighbor' halves its images: {}x{} pixels are not even numbers; choose "
           "another crop size",
           measurement.h, measurement.w);
    }
    const Shape4 half = network_shape(measurement);
    const auto tensor = [&](const char* name) { return plan.activation(name, half, dtype, 1, 0); };
    first_ = tensor("objective.g1 y");
    target_ = tensor("objective.target");
    of_first_ = lambda_ > 0 ? tensor("objective.g1 f(y)") : nullptr;
    of_second_ = lambda_ > 0 ? tensor("objective.g2 f(y)") : nullptr;
    gradient_ = tensor("objective.dprediction");
    plan.need_workspace(squared_error_workspace(half));
    plan.need_workspace(sample_dot_workspace(half));
  }

  void value_and_gradient(std::span<double> sample_losses, const Measurement& measurement, std::int64_t lanes,
                          NetworkHandle& network, Stream& stream) override {
    neighbor_pairs(*first_, *target_, measurement.noisy, measurement.origins, stream);
    const auto c = static_cast<float>(lambda_ / (1 + lambda_));
    if (lambda_ > 0) {
      const ConstTensorView whole = network.predict(measurement.noisy, stream);
      neighbor_pairs(*of_first_, *of_second_, whole, measurement.origins, stream);
      add_scaled(*of_first_, 1.0f, *of_first_, -1.0f, *of_second_, stream);
      add_scaled(*target_, 1.0f, *target_, c, *of_first_, stream);
    }
    const ConstTensorView prediction = network.forward(*first_, stream);
    squared_error(sample_losses, *gradient_, prediction, *target_, lanes, stream);
    if (lambda_ > 0) {
      sample_dot(sample_losses, 1 + lambda_, static_cast<double>(c), 0.0, *of_first_, *of_first_, stream);
      add_scaled(*gradient_, static_cast<float>(1 + lambda_), *gradient_, 0.0f, {}, stream);
    }
    network.backward(*gradient_, stream);
  }

  void risk_value_and_gradient(std::size_t claim, std::span<double> sample_losses,
                               const Measurement& measurement, ConstTensorView clean, std::int64_t lanes,
                               NetworkHandle& network, Stream& stream) override {
    const bool of_second = lambda_ == 0 && claim == 0;
    // The same pairs of both: first the clean image, whose other half is overwritten then.
    neighbor_pairs(of_second ? *gradient_ : *target_, of_second ? *target_ : *gradient_, clean,
                   measurement.origins, stream);
    neighbor_pairs(*first_, *gradient_, measurement.noisy, measurement.origins, stream);
    squared_error(sample_losses, *gradient_, network.forward(*first_, stream), *target_, lanes, stream);
    network.backward(*gradient_, stream);
  }

 private:
  double lambda_;
  const TensorView *first_ = nullptr, *target_ = nullptr, *of_first_ = nullptr, *of_second_ = nullptr,
                   *gradient_ = nullptr;
};

SELFSAME_REGISTER_OBJECTIVE(
    neighbor2neighbor,
    {"neighbor2neighbor", "|f(g1 y) - g2 y|^2 / m + lambda |f(g1 y) - g2 y - (g1 f(y) - g2 f(y))|^2 / m",
     "Neighbor2Neighbor", kOptions,
     [](const ObjectiveOptions& options, const NoiseModel&) -> std::unique_ptr<Objective> {
       return std::make_unique<Neighbor2Neighbor>(number(options, "lambda"));
     }});

}  // namespace
}  // namespace selfsame
