// SPDX-License-Identifier: Apache-2.0
#include "models/recon/sensitivity.hpp"

#include "kernels/keep_columns/keep_columns.hpp"
#include "mri/coils/coil_ops.hpp"
#include "mri/fourier/fourier.hpp"

namespace selfsame::recon {

SensitivityModel::SensitivityModel(const NormUNetOptions& options, const ReconPlan& plan, UNetTensors tensors,
                                   const std::string& name)
    : plan_(plan), name_(name), network_(options, plan, plan.coils(), std::move(tensors), name) {}

TensorView* SensitivityModel::plan_forward() {
  plan_.step();
  centre_ = plan_.complex(name_ + "centre", plan_.coils());
  maps_ = network_.plan_forward(centre_);
  plan_.step();
  plan_.use({maps_});
  magnitude_ = plan_.real(name_ + "magnitude", plan_.image());
  return maps_;
}

ConstComplexView SensitivityModel::forward(ConstComplexView kspace, std::int64_t first, std::int64_t count,
                                           Stream& stream) {
  keep_columns(*centre_, as_real(kspace), 2 * first, 2 * count, stream);
  const ComplexView centre = as_complex(*centre_);
  fourier(centre, centre, FourierAxes::kBoth, FourierDirection::kInverse, stream);
  network_.forward(centre, stream);
  const ComplexView maps = as_complex(*maps_);
  normalize_coils(maps, *magnitude_, maps, stream);
  return maps;
}

void SensitivityModel::plan_backward(TensorView* dmaps) {
  plan_.step();
  plan_.use({dmaps, maps_, magnitude_});
  network_.plan_backward(dmaps, false);
}

void SensitivityModel::backward(ComplexView dmaps, Stream& stream) {
  normalize_coils_backward(dmaps, dmaps, as_complex(*maps_), *magnitude_, stream);
  network_.backward(dmaps, stream);
}

}  // namespace selfsame::recon
