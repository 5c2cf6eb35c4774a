// SPDX-License-Identifier: Apache-2.0
#include "models/recon/last_stage.hpp"

#include "mri/coils/coil_ops.hpp"
#include "mri/fourier/fourier.hpp"
#include "mri/sense/sense.hpp"

namespace selfsame::recon {

LastStage::LastStage(const ReconPlan& plan, ReconstructionOutput from)
    : plan_(plan), from_(from), to_(plan.site().domain) {
  if (from == ReconstructionOutput::kMagnitude && to_ != ReconstructionDomain::kMagnitude) {
    fail(ErrorKind::kUsage, "a network that predicts a magnitude has no {}",
         to_ == ReconstructionDomain::kKSpace ? "k-space" : "complex image");
  }
}

void LastStage::plan_forward(const TensorView* result, const TensorView* maps) {
  planned_result_ = result;
  planned_maps_ = maps;
  if (from_ == ReconstructionOutput::kKSpace && to_ == ReconstructionDomain::kMagnitude) {
    plan_.step();
    plan_.use({result});
    coils_ = plan_.complex("prediction.coils", plan_.coils());
    plan_.step();
    plan_.use({coils_});
    prediction_ = plan_.real("prediction", plan_.image());
  } else if (from_ == ReconstructionOutput::kImage && to_ == ReconstructionDomain::kMagnitude) {
    plan_.step();
    plan_.use({result});
    prediction_ = plan_.real("prediction", plan_.image());
  } else if (uses_maps()) {
    plan_.step();
    plan_.use({result, maps});
    prediction_ =
        plan_.complex("prediction", to_ == ReconstructionDomain::kKSpace ? plan_.coils() : plan_.image());
  }
  plan_.keep(identity() ? result : prediction_);
}

ConstTensorView LastStage::forward(ConstTensorView result, ConstComplexView maps, Stream& stream) {
  result_ = result;
  if (identity()) {
    return result;
  }
  switch (to_) {
    case ReconstructionDomain::kMagnitude:
      if (coils_ != nullptr) {
        fourier(as_complex(*coils_), as_complex(result), FourierAxes::kBoth, FourierDirection::kInverse,
                stream);
      }
      root_sum_of_squares(*prediction_, as_complex(coils_ != nullptr ? ConstTensorView(*coils_) : result),
                          stream);
      break;
    case ReconstructionDomain::kImage:
      sense_adjoint(as_complex(*prediction_), as_complex(result), maps, {}, FourierAxes::kBoth, stream);
      break;
    case ReconstructionDomain::kKSpace:
      sense_forward(as_complex(*prediction_), as_complex(result), maps, {}, FourierAxes::kBoth, stream);
      break;
  }
  return *prediction_;
}

TensorView* LastStage::plan_backward(const TensorView* dmaps) {
  if (identity()) {
    return nullptr;
  }
  plan_.step();
  if (to_ == ReconstructionDomain::kMagnitude) {
    plan_.use({coils_ != nullptr ? coils_ : planned_result_});
    dresult_ = plan_.complex("d result", coils_ != nullptr ? plan_.coils() : plan_.image());
    return dresult_;
  }
  plan_.use({planned_maps_});
  if (to_ == ReconstructionDomain::kImage && dmaps != nullptr) {
    plan_.use({planned_result_, dmaps});
    dcoils_ = plan_.complex("d prediction.coils", plan_.coils());
    plan_.step();
    plan_.use({dcoils_, dmaps});
  }
  dresult_ = plan_.complex("d result", to_ == ReconstructionDomain::kKSpace ? plan_.image() : plan_.coils());
  return dresult_;
}

ConstTensorView LastStage::backward(ConstTensorView dprediction, ConstComplexView maps, ComplexView dmaps,
                                    Stream& stream) {
  if (identity()) {
    return dprediction;
  }
  SELFSAME_CHECK(dresult_ != nullptr, "backward of a network that was planned for inference");
  const ComplexView dresult = as_complex(*dresult_);
  switch (to_) {
    case ReconstructionDomain::kMagnitude:
      root_sum_of_squares_backward(dresult, dprediction, *prediction_,
                                   as_complex(coils_ != nullptr ? ConstTensorView(*coils_) : result_),
                                   stream);
      if (coils_ != nullptr) {
        fourier(dresult, dresult, FourierAxes::kBoth, FourierDirection::kForward, stream);
      }
      break;
    case ReconstructionDomain::kImage:
      if (dcoils_ != nullptr) {
        fourier(as_complex(*dcoils_), as_complex(result_), FourierAxes::kBoth, FourierDirection::kInverse,
                stream);
        coil_maps_gradient(dmaps, as_complex(dprediction), as_complex(*dcoils_), stream);
      }
      sense_forward(dresult, as_complex(dprediction), maps, {}, FourierAxes::kBoth, stream);
      break;
    case ReconstructionDomain::kKSpace:
      sense_adjoint(dresult, as_complex(dprediction), maps, {}, FourierAxes::kBoth, stream);
      break;
  }
  return *dresult_;
}

}  // namespace selfsame::recon
