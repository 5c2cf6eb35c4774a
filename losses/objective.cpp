// SPDX-License-Identifier: Apache-2.0
#include "losses/objective.hpp"

#include "kernels/base/error.hpp"

namespace selfsame {

ConstTensorView NetworkHandle::predict(ConstTensorView /*input*/, Stream& /*stream*/) {
  fail(ErrorKind::kInternal, "the objective did not ask for predictions");
}

ParameterView NetworkHandle::parameter(int index) {
  fail(ErrorKind::kInternal, "the objective has no parameter {}", index);
}

ParameterView NetworkHandle::parameter_gradient(int index) {
  fail(ErrorKind::kInternal, "the objective has no parameter {}", index);
}

ConstTensorView Objective::predict(ConstTensorView noisy, std::span<const SampleOrigin> /*origins*/,
                                   NetworkHandle& network, Stream& stream) {
  return network.forward(noisy, stream);
}

}  // namespace selfsame
