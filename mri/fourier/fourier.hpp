// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "kernels/device/complex_view.hpp"
#include "kernels/device/stream.hpp"

namespace selfsame {

enum class FourierDirection { kForward, kInverse };

/// Along which axes a plane (H, W) is transformed.
enum class FourierAxes {
  kBoth,    ///< 2-D: images to k-space
  kWidth,   ///< every row by itself
  kHeight,  ///< every column by itself
};

/// Centred orthonormal discrete Fourier transform of every plane, 2-D or along one axis, of any size >= 1.
/// Along an axis of n points, with centre c = floor(n / 2):
///
///   forward:  y[k] = 1/sqrt(n) sum_j x[j] exp(-2 pi i (j - c)(k - c) / n)
///   inverse:  the same with +: it is the adjoint, and forward then inverse is the identity
///
/// which is fftshift(fft(ifftshift(x), norm="ortho")) of NumPy and fastMRI's fft2c, and BART's `fft -u`.
/// No pass shifts anything: the centre is folded into signs and indices.
///
/// @param y  (N, C, H, W), overwritten; may be x
/// @param x  (N, C, H, W)
/// Errors:  Error(kInternal) if shapes or types differ; the message names both.
/// Exact:   relative L2 error at most a few log2(H W) roundings; a plane's bits do not depend on N, C or
///          threads.
/// Source:  definition.
void fourier(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction, Stream& stream);

/// What decides which version runs.
struct FourierProblem {
  DType dtype = DType::kF32;
  std::int64_t h = 1, w = 1;
  FourierAxes axes = FourierAxes::kBoth;
};

/// Makes tables for planes of this size on the stream's device and returns the bytes of workspace that
/// `fourier` takes for (n, c, h, w). Called when a plan is made: within a step nothing is allocated.
[[nodiscard]] std::size_t prepare_fourier(Shape4 shape, DType dtype, FourierAxes axes, Stream& stream);

/// One way of computing it. The list is in fourier.cpp, best first, reference last; its name for
/// Stream::request is "fourier".
struct FourierImplementation {
  const char* name;
  bool (*supports)(const FourierProblem&);
  std::size_t (*prepare)(Shape4 shape, FourierAxes axes, Stream& stream);
  void (*transform)(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction,
                    Stream& stream);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const FourierImplementation> fourier_implementations();

}  // namespace selfsame
