// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/isa.hpp"
#include "mri/fourier/fourier_versions.hpp"

// The blocks of sense_simd.cpp and sense_planes_simd.cpp, float32, for one sample. Private to mri/sense.

namespace selfsame {

/// Arrays of one sample. An image has the layout of one coil.
struct SenseArrays {
  std::ptrdiff_t coils, h, w;
  const float* maps;
  const float* image;                                               ///< that is read
  float* image_out;                                                 ///< that is written
  const float* kspace;                                              ///< that is read
  float* kspace_out;                                                ///< that is written
  const float* weights;                                             ///< null: all ones
  std::ptrdiff_t weights_stride;                                    ///< of rows; 0: the same for all
  [[nodiscard]] std::ptrdiff_t plane() const { return 2 * h * w; }  ///< floats of a coil
};

/// Transforms along one axis: lines [first, first + lanes) with all coils, as far as there are any.
struct SenseLines {
  const SenseArrays* arrays;
  const FourierPlans* plans;
  std::ptrdiff_t first;
  bool rows;    ///< lines are rows, else columns
  float* work;  ///< sense_line_work() floats
};

/// Transforms along both. `between` is the coil's, fourier_between() floats, but that of all coils for
/// `combine`.
struct SensePlanes {
  const SenseArrays* arrays;
  const FourierPlans *along_w, *along_h;
  float* between;
  bool centred;  ///< false in the normal operator, where shifts cancel
  float* work;   ///< sense_line_work() floats of the longer axis
};

struct SenseLineKernels {
  int lanes;
  void (*forward)(const SenseLines&);
  void (*adjoint)(const SenseLines&);
  void (*normal)(const SenseLines&);
};

/// `block` counts lanes of rows, or of columns from the centre on.
struct SensePlaneKernels {
  /// S x, along W, into `between`.
  void (*expand)(const SensePlanes&, std::ptrdiff_t coil, std::ptrdiff_t block);
  /// `between` along H, times weights, into k-space.
  void (*measure)(const SensePlanes&, std::ptrdiff_t coil, std::ptrdiff_t block);
  /// `between` along H, times weights, and back.
  void (*filter)(const SensePlanes&, std::ptrdiff_t coil, std::ptrdiff_t block);
  /// k-space times weights, back along H, into `between`.
  void (*collect)(const SensePlanes&, std::ptrdiff_t coil, std::ptrdiff_t block);
  /// Back along W, and the sum over all coils of conj(S) times it, into the image.
  void (*combine)(const SensePlanes&, std::ptrdiff_t block);
};

/// Floats of work memory for blocks of lines of n points: that of their transform, blocks for maps, image and
/// sum, the weights, and three blocks for an edge.
[[nodiscard]] inline std::size_t sense_line_work(const FourierPlan& plan, int lanes) {
  const std::size_t block = static_cast<std::size_t>(plan.n * 2 * lanes);
  return FourierWorkSize(plan, lanes).floats() + 6 * block + block / 2;
}

SELFSAME_DECLARE_ISA_TABLE(SenseLineKernels, sense_line_kernels)
SELFSAME_DECLARE_ISA_TABLE(SensePlaneKernels, sense_plane_kernels)

}  // namespace selfsame
