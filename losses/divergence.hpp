// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "losses/objective.hpp"
#include "losses/options.hpp"

namespace selfsame {

/// What the objectives of Stein's kind share: the squared error to the measurement itself and a divergence
/// term, weighted pixel by pixel with v_i = gain * y_i + variance,
///
///   L = |f(y) - y|^2 / n + 2/n sum_i v_i df_i/dy_i - mean(v)
///
/// The divergence is estimated with a random probe b whose elements are independent with mean 0 and variance
/// 1 (Ramani, Blu, Unser, IEEE Trans. Image Process. 2008):
///
///   sum_i v_i df_i/dy_i = E_b (v b)^T J b  ~  (v b)^T (f(y + tau b) - f(y)) / tau,   J = df/dy
///
/// with an error of O(tau) for a smooth f; v does not depend on the weights of f. Its gradient is made of two
/// passes: at f(y) it is 2 (f(y) - y) / n - 2 v b / (n tau), at f(y + tau b) it is 2 v b / (n tau).
///
/// "exact" takes every pixel by itself, two to four passes for each element of a sample: no random probe, for
/// small problems on the CPU. With gain = 0 the derivatives are central differences, with an error of
/// O(tau^2). With gain > 0 the identity behind the estimate is used as it is (losses/sure_poisson.cpp):
///
///   L = |f(y) - y|^2 / n + 2/n sum_i [ y_i (f_i(y) - f_i(y - gain e_i)) + variance df_i/dy_i(y - gain e_i) ]
///       - mean(v)
class DivergenceObjective : public Objective {
 public:
  struct Weights {
    double gain = 0, variance = 0;
  };
  DivergenceObjective(const ObjectiveOptions& options, Weights weights);

  [[nodiscard]] TargetKind target_kind() const override { return TargetKind::kNone; }
  void plan(MemoryPlan& plan, Shape4 measurement, DType dtype) override;
  void value_and_gradient(std::span<double> sample_losses, const Measurement& measurement, std::int64_t lanes,
                          NetworkHandle& network, Stream& stream) override;
  /// E|f(y) - x|^2, of all of them.
  void risk_value_and_gradient(std::size_t claim, std::span<double> sample_losses,
                               const Measurement& measurement, ConstTensorView clean, std::int64_t lanes,
                               NetworkHandle& network, Stream& stream) override;

 protected:
  /// The weighted probe v b; `b` is standard. Here (gain y + variance) b.
  virtual void weigh(TensorView weighted, ConstTensorView y, ConstTensorView b, std::int64_t lanes,
                     NetworkHandle& network, Stream& stream);
  /// Called with every prediction that the divergence is made of: it is the sum over calls of
  /// factor * <weighted probe, prediction> / n.
  virtual void see(ConstTensorView prediction, double factor, Stream& stream);
  /// Called last: adds the terms that need no network to the losses, here -mean(v), or more passes.
  virtual void finish(std::span<double> sample_losses, const Measurement& measurement, std::int64_t lanes,
                      NetworkHandle& network, Stream& stream);
  [[nodiscard]] const Weights& weights() const { return weights_; }
  [[nodiscard]] double tau() const { return tau_; }
  [[nodiscard]] const TensorView& gradient() const { return *gradient_; }
  [[nodiscard]] bool exact() const { return exact_; }
  [[nodiscard]] const TensorView& probe() const { return *probe_; }
  [[nodiscard]] const TensorView& moved() const { return *moved_; }

 private:
  void probe_once(std::span<double> sample_losses, const Measurement& measurement, std::int64_t lanes,
                  NetworkHandle& network, Stream& stream);
  void every_direction(std::span<double> sample_losses, const Measurement& measurement, std::int64_t lanes,
                       NetworkHandle& network, Stream& stream);

  Weights weights_;
  double tau_;
  bool exact_, signs_;
  const TensorView *gradient_ = nullptr, *probe_ = nullptr, *weighted_ = nullptr, *moved_ = nullptr;
};

/// Options of all of them; more may be put behind.
inline constexpr std::string_view kDivergenceChoices[] = {"monte_carlo", "exact"};
inline constexpr std::string_view kProbeChoices[] = {"normal", "signs"};
inline constexpr ObjectiveOption kDivergence = {
    "divergence",
    "one random probe in every step, or every unit vector (small images, CPU)",
    std::string_view("monte_carlo"),
    0,
    0,
    kDivergenceChoices};
inline constexpr ObjectiveOption kProbe = {
    "probe", "its elements: standard normal, or +-1", std::string_view("normal"), 0, 0, kProbeChoices};
inline constexpr ObjectiveOption kTau = {
    "tau", "step of the difference quotient, on the [0, 1] scale", 0.01, 1e-8, 1, {}};

}  // namespace selfsame
