// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "models/recon/recon_plan.hpp"

// Private to this folder.

namespace selfsame::recon {

/// From what the last layer gives to the form in which the caller reads the prediction:
///
///            kKSpace        kImage                kMagnitude
///   k-space  k              sum conj(S_c) (F^H k)_c    sqrt(sum |(F^H k)_c|^2)
///   image    F S x          x                     |x|
///   magnitude  -            -                     m
///
/// Errors: Error(kUsage) at construction for the two that do not exist.
class LastStage {
 public:
  LastStage(const ReconPlan& plan, ReconstructionOutput from);

  /// The maps enter.
  [[nodiscard]] bool uses_maps() const {
    return (from_ == ReconstructionOutput::kKSpace && to_ == ReconstructionDomain::kImage) ||
           (from_ == ReconstructionOutput::kImage && to_ == ReconstructionDomain::kKSpace);
  }
  /// @param result, maps  of the network; maps null if they are given from outside
  void plan_forward(const TensorView* result, const TensorView* maps);
  /// Plans the way to the gradient at the result and returns it; null: it is what backward was given.
  /// @param dmaps  gradient at the maps to which backward adds; null = not wanted
  TensorView* plan_backward(const TensorView* dmaps);

  ConstTensorView forward(ConstTensorView result, ConstComplexView maps, Stream& stream);
  ConstTensorView backward(ConstTensorView dprediction, ConstComplexView maps, ComplexView dmaps,
                           Stream& stream);

 private:
  [[nodiscard]] bool identity() const { return prediction_ == nullptr; }

  ReconPlan plan_;
  ReconstructionOutput from_;
  ReconstructionDomain to_;
  const TensorView *planned_result_ = nullptr, *planned_maps_ = nullptr;
  TensorView *prediction_ = nullptr, *coils_ = nullptr, *dresult_ = nullptr, *dcoils_ = nullptr;
  ConstTensorView result_;
};

}  // namespace selfsame::recon
