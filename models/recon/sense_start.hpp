// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "models/recon/recon_plan.hpp"

// Private to this folder.

namespace selfsame::recon {

/// The image from which a network starts: the zero-filled A^H y (no iterations), or an approximation of the
/// regularised least-squares image (A^H A + lambda)^-1 A^H y of SENSE by Chebyshev's semi-iteration for
/// eigenvalues in [lambda, 1 + lambda], A^H A <= 1 for maps whose sum of squares is at most 1. Unlike
/// conjugate gradients it needs no inner products: a fixed sequence of operators, which a graph can record,
/// linear in y, with the same bits in every batch. After n iterations the error is at most
/// 2 q^n of the solution's, q = (sqrt(k) - 1) / (sqrt(k) + 1), k = 1 + 1/lambda (0.01: q = 0.82).
/// No gradient goes through it: nothing in front of it is learned.
/// Source: Golub, Varga, Numer. Math. 3, 1961; Saad, Iterative Methods, 2nd ed., algorithm 12.1.
class SenseStart {
 public:
  SenseStart(const ReconPlan& plan, SenseStartOptions options);

  /// Plans it from the plan's next tick on; returns the image.
  TensorView* plan_forward();
  ConstComplexView forward(const ReconstructionInput& input, Stream& stream);

 private:
  ReconPlan plan_;
  SenseStartOptions options_;
  TensorView *image_ = nullptr, *residual_ = nullptr, *direction_ = nullptr, *normal_ = nullptr;
};

}  // namespace selfsame::recon
