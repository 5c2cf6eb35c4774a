// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/complex_view.hpp"
#include "kernels/device/stream.hpp"
#include "mri/fourier/fourier.hpp"

namespace selfsame {

/// The SENSE operator of undersampled multi-coil MRI, A = D F S: coil maps, centred orthonormal Fourier
/// transform, and a real weight for every frequency (0/1: a mask M; D = M then). N samples, each with its own
/// maps and weights; lanes need nothing more.
///
///   sense_forward:  k_c = D F (S_c x)
///   sense_adjoint:  x   = sum_c conj(S_c) F^H (D k_c)                    = A^H k
///   sense_normal:   y   = sum_c conj(S_c) F^H D F (S_c x)                = A^H A x for a mask D = D^2
///
/// `axes` says which transform F is. With kWidth the k-space lies in hybrid space (readout along H already
/// transformed to the image): for weights that are the same for every row that is exact, since the transform
/// along H is unitary and commutes with D. sense_normal with kBoth and such weights takes this short cut by
/// itself: one pass over the maps that needs only 1-D transforms.
///
/// @param kspace   (N, C, H, W) complex
/// @param image    (N, 1, H, W) complex
/// @param maps     (N, C, H, W) complex
/// @param weights  (N, 1, H, W), or (N, 1, 1, W) for weights that are the same for every row; real, block 1,
///                 contiguous; empty: all ones
/// Output views are overwritten and overlap nothing, but `y` of sense_normal may be `x`.
/// Errors:  Error(kInternal) if shapes or types do not fit; the message names them.
/// Exact:   coils are summed in their order; the bits of a sample do not depend on N or threads.
/// Source:  Pruessmann, Weiger, Scheidegger, Boesiger, MRM 42, 1999; the short cut: definition.
void sense_forward(ComplexView kspace, ConstComplexView image, ConstComplexView maps, ConstTensorView weights,
                   FourierAxes axes, Stream& stream);
void sense_adjoint(ComplexView image, ConstComplexView kspace, ConstComplexView maps, ConstTensorView weights,
                   FourierAxes axes, Stream& stream);
void sense_normal(ComplexView y, ConstComplexView x, ConstComplexView maps, ConstTensorView weights,
                  FourierAxes axes, Stream& stream);

struct SenseProblem {
  DType dtype = DType::kF32;
  std::int64_t h = 1, w = 1;
  FourierAxes axes = FourierAxes::kBoth;
  bool weights_by_column = false;  ///< the same for every row, or none
};

/// Makes tables, and returns the bytes of workspace that the three functions take for maps of this shape.
[[nodiscard]] std::size_t prepare_sense(Shape4 maps, DType dtype, FourierAxes axes, Stream& stream);

/// One way of computing it. The list is in sense.cpp, best first, reference last; its name for
/// Stream::request is "sense".
struct SenseImplementation {
  const char* name;
  bool (*supports)(const SenseProblem&);
  std::size_t (*prepare)(Shape4 maps, FourierAxes axes, Stream& stream);
  void (*forward)(ComplexView kspace, ConstComplexView image, ConstComplexView maps, ConstTensorView weights,
                  FourierAxes axes, Stream& stream);
  void (*adjoint)(ComplexView image, ConstComplexView kspace, ConstComplexView maps, ConstTensorView weights,
                  FourierAxes axes, Stream& stream);
  void (*normal)(ComplexView y, ConstComplexView x, ConstComplexView maps, ConstTensorView weights,
                 FourierAxes axes, Stream& stream);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const SenseImplementation> sense_implementations();

}  // namespace selfsame
