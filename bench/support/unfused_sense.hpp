// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/complex_view.hpp"
#include "mri/fourier/fourier.hpp"

// The SENSE operator as published code writes it: products with maps, fftshift, FFT, fftshift, mask and sum
// as passes of their own over the whole coil stack, the transforms by FFTW. What bench/mri_operators holds
// mri/sense against. It has every advantage that keeps the form: all passes are threaded, a shift of both
// axes is one pass, the scale costs none.

namespace selfsame::bench {

class UnfusedSense {
 public:
  /// @param maps (N, C, H, W) float, weights (N, 1, H or 1, W)
  UnfusedSense(ConstComplexView maps, ConstTensorView weights, FourierAxes axes, Stream& stream);

  void forward(ComplexView kspace, ConstComplexView image);
  void adjoint(ComplexView image, ConstComplexView kspace);
  void normal(ComplexView y, ConstComplexView x);

 private:
  [[nodiscard]] ComplexView stack(Buffer& buffer) const { return {buffer.data(), DType::kF32, maps_.shape}; }
  void expand(ComplexView to, ConstComplexView image);
  void centred(ComplexView to, ConstComplexView from, FourierDirection direction);
  void weigh(ComplexView to, ConstComplexView from);
  void multiply_conjugate(ComplexView to, ConstComplexView from);
  void sum(ComplexView image, ConstComplexView from);

  ConstComplexView maps_;
  ConstTensorView weights_;
  FourierAxes axes_;
  Stream& stream_;
  Buffer a_, b_, c_;
};

}  // namespace selfsame::bench
