// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "mri/coils/coil_ops.hpp"

// The functions of coil_maps_gpu.cu, coil_magnitude_gpu.cu, data_consistency_gpu.cu and
// complex_planes_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace coil_ops {
  void expand(ComplexView coils, ConstComplexView image, ConstComplexView maps, Stream & stream);
  void combine(ComplexView image, ConstComplexView coils, ConstComplexView maps, Stream & stream);
  void maps_gradient(ComplexView dmaps, ConstComplexView image, ConstComplexView coils, Stream & stream);

  void root_sum_of_squares(TensorView magnitude, ConstComplexView coils, Stream & stream);
  void root_sum_of_squares_backward(ComplexView dcoils, ConstTensorView dmagnitude, ConstTensorView magnitude,
                                    ConstComplexView coils, Stream & stream);
  void normalize(ComplexView maps, TensorView magnitude, ConstComplexView coils, Stream & stream);
  void normalize_backward(ComplexView dcoils, ConstComplexView dmaps, ConstComplexView maps,
                          ConstTensorView magnitude, Stream & stream);

  void data_consistency(ComplexView next, ConstComplexView current, ConstComplexView measured,
                        ConstComplexView refinement, ConstTensorView mask, ConstParameterView lambda,
                        Stream & stream);
  void data_consistency_backward(ComplexView dcurrent, ParameterView dlambda, ConstComplexView dnext,
                                 ConstComplexView current, ConstComplexView measured, ConstTensorView mask,
                                 ConstParameterView lambda, Stream & stream);

  void to_planes(TensorView planes, ConstComplexView z, PlanePadding padding, Stream & stream);
  void to_complex(ComplexView z, ConstTensorView planes, PlanePadding padding, Stream & stream);
})

}  // namespace selfsame
