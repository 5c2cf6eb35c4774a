// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/complex_view.hpp"
#include "kernels/device/stream.hpp"

namespace selfsame {

// What happens to every pixel of a coil stack by itself. All arrays are complex (N, C, H, W) or, where it
// says image, (N, 1, H, W); magnitudes are real tensors (N, 1, H, W) of block 1, contiguous. Sums over coils
// run in the order of the coils. Errors of all: Error(kInternal) if shapes or types do not fit; the message
// names them. Exact: one rounding per operation, sums of C terms.

/// coils_c = maps_c * image. Overwrites; `coils` may be `maps`.
void coil_expand(ComplexView coils, ConstComplexView image, ConstComplexView maps, Stream& stream);

/// image = sum_c conj(maps_c) * coils_c: the adjoint of coil_expand at fixed maps. Overwrites.
void coil_combine(ComplexView image, ConstComplexView coils, ConstComplexView maps, Stream& stream);

/// dmaps_c += conj(image) * coils_c: the gradient at the maps of both. For coil_expand: image = its image,
/// coils = dcoils; for coil_combine: image = dimage, coils = its coils.
void coil_maps_gradient(ComplexView dmaps, ConstComplexView image, ConstComplexView coils, Stream& stream);

/// magnitude = sqrt(sum_c |coils_c|^2): root sum of squares (C = 1: the magnitude).
void root_sum_of_squares(TensorView magnitude, ConstComplexView coils, Stream& stream);

/// dcoils_c = dmagnitude * coils_c / magnitude, 0 where the magnitude is 0. Overwrites; `dcoils` may be
/// `coils`.
void root_sum_of_squares_backward(ComplexView dcoils, ConstTensorView dmagnitude, ConstTensorView magnitude,
                                  ConstComplexView coils, Stream& stream);

/// maps_c = coils_c / sqrt(sum_c |coils_c|^2), 0 where the root is 0: what fastMRI does with learned maps.
/// Overwrites; `maps` may be `coils`. `magnitude` receives the root.
void normalize_coils(ComplexView maps, TensorView magnitude, ConstComplexView coils, Stream& stream);

/// dcoils_c = (dmaps_c - maps_c * Re sum_j conj(maps_j) dmaps_j) / magnitude, 0 where the magnitude is 0.
/// Overwrites; `dcoils` may be `dmaps`.
void normalize_coils_backward(ComplexView dcoils, ConstComplexView dmaps, ConstComplexView maps,
                              ConstTensorView magnitude, Stream& stream);

/// Soft data consistency of a VarNet cascade (Hammernik et al. 2018; Sriram et al. 2020), k-space all:
///
///   next = current - lambda * mask * (current - measured) - refinement
///
/// mask real (N, 1, H or 1, W); lambda one value per lane, in device memory (parameter dc_weight). Samples of
/// lane l are [l*N/L, (l+1)*N/L). Overwrites; `next` may be `current`.
void data_consistency(ComplexView next, ConstComplexView current, ConstComplexView measured,
                      ConstComplexView refinement, ConstTensorView mask, ConstParameterView lambda,
                      Stream& stream);

/// dcurrent = (1 - lambda*mask) * dnext (overwritten; may be dnext);
/// dlambda_l -= sum over the lane's samples of Re sum conj(dnext) mask (current - measured);
/// the gradient at the refinement is -dnext: the caller's. Sums in double, in a fixed order.
void data_consistency_backward(ComplexView dcurrent, ParameterView dlambda, ConstComplexView dnext,
                               ConstComplexView current, ConstComplexView measured, ConstTensorView mask,
                               ConstParameterView lambda, Stream& stream);

/// Workspace of data_consistency_backward.
[[nodiscard]] std::size_t data_consistency_workspace(Shape4 kspace, std::int64_t lanes);

/// Planes of a network from complex numbers and back: sample n*C + c of the planes (N*C, 2, h, w), block 1,
/// is coil c of sample n, channel 0 its real and channel 1 its imaginary part, zero-padded by `top` rows
/// above and `left` columns to the left and to (h, w) below and to the right (fastMRI: to multiples of 16).
/// Each is the adjoint of the other.
struct PlanePadding {
  std::int64_t top = 0, left = 0;
};
void complex_to_planes(TensorView planes, ConstComplexView z, PlanePadding padding, Stream& stream);
void planes_to_complex(ComplexView z, ConstTensorView planes, PlanePadding padding, Stream& stream);

// Ways of computing them: one list per group of ops, best first, reference last.

/// What decides which version runs.
struct CoilProblem {
  DType dtype = DType::kF32;
};

/// coil_expand, coil_combine, coil_maps_gradient; in Stream::request "coil_maps".
struct CoilMapsImplementation {
  const char* name;
  bool (*supports)(const CoilProblem&);
  void (*expand)(ComplexView coils, ConstComplexView image, ConstComplexView maps, Stream& stream);
  void (*combine)(ComplexView image, ConstComplexView coils, ConstComplexView maps, Stream& stream);
  void (*maps_gradient)(ComplexView dmaps, ConstComplexView image, ConstComplexView coils, Stream& stream);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const CoilMapsImplementation> coil_maps_implementations();

/// root_sum_of_squares, normalize_coils and their gradients; in Stream::request "coil_magnitude".
struct CoilMagnitudeImplementation {
  const char* name;
  bool (*supports)(const CoilProblem&);
  void (*root_sum_of_squares)(TensorView magnitude, ConstComplexView coils, Stream& stream);
  void (*root_sum_of_squares_backward)(ComplexView dcoils, ConstTensorView dmagnitude,
                                       ConstTensorView magnitude, ConstComplexView coils, Stream& stream);
  void (*normalize)(ComplexView maps, TensorView magnitude, ConstComplexView coils, Stream& stream);
  void (*normalize_backward)(ComplexView dcoils, ConstComplexView dmaps, ConstComplexView maps,
                             ConstTensorView magnitude, Stream& stream);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const CoilMagnitudeImplementation> coil_magnitude_implementations();

/// In Stream::request "data_consistency".
struct DataConsistencyImplementation {
  const char* name;
  bool (*supports)(const CoilProblem&);
  void (*forward)(ComplexView next, ConstComplexView current, ConstComplexView measured,
                  ConstComplexView refinement, ConstTensorView mask, ConstParameterView lambda,
                  Stream& stream);
  void (*backward)(ComplexView dcurrent, ParameterView dlambda, ConstComplexView dnext,
                   ConstComplexView current, ConstComplexView measured, ConstTensorView mask,
                   ConstParameterView lambda, Stream& stream);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const DataConsistencyImplementation> data_consistency_implementations();

/// complex_to_planes, planes_to_complex; in Stream::request "complex_planes".
struct ComplexPlanesImplementation {
  const char* name;
  bool (*supports)(const CoilProblem&);
  void (*to_planes)(TensorView planes, ConstComplexView z, PlanePadding padding, Stream& stream);
  void (*to_complex)(ComplexView z, ConstTensorView planes, PlanePadding padding, Stream& stream);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const ComplexPlanesImplementation> complex_planes_implementations();

}  // namespace selfsame
