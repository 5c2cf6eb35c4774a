// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/device/stream.hpp"
#include "mri/simulation/complex_stack.hpp"

namespace selfsame {

enum class CoilMapKind {
  kBirdcage,    ///< wires parallel to the axis, in closed form
  kBiotSavart,  ///< circular loops on a cylinder around the object
};
[[nodiscard]] std::string_view name_of(CoilMapKind kind);  ///< "birdcage", "biot_savart"

/// Lengths are in halves of the image's longer side; pixels are square, and pixel (h / 2, w / 2) lies on the
/// axis. The whole image lies within sqrt(2) of it, so that coils from 1.5 on stay outside.
struct CoilMapOptions {
  CoilMapKind kind = CoilMapKind::kBirdcage;
  int coils = 8;
  double radius = 1.6;     ///< of the cylinder on which the coils sit; at least 1.5
  double loop_radius = 0;  ///< of a Biot-Savart loop; 0: 1.15 radius sin(pi / coils), at most 0.7 radius
  double variation = 1.0;  ///< from 0, regular coils, the same for every example, to 1
  bool normalized = true;  ///< sum of squares 1 at every pixel; else see coil_maps
};

/// Where one coil is, and the phase of its receiver.
struct CoilPlace {
  double angle = 0, distance = 0, height = 0, loop_radius = 0, phase = 0;
};

/// The coils of an example, a function of (options, seed, example). With v = variation: angle c of n is
/// 2 pi c / n + v (rotation in (0, 2 pi]) + v 2 pi / n (up to +-0.25); all coils are at the distance
/// radius * (1 + v (0 to 0.2)); height v (+-0.4), loop_radius * (1 + v (+-0.2)) and phase v (0 to 2 pi) are
/// each coil's own. Uniform draws of RandomPurpose::kCoilMaps.
/// Errors: Error(kUsage) for values outside the ranges; the message names them.
[[nodiscard]] std::vector<CoilPlace> place_coils(const CoilMapOptions& options, std::uint64_t seed,
                                                 std::uint32_t example);

/// Sensitivity maps (coils, h, w) of coils at these places.
///
///   birdcage      s_c(p) = i exp(i (phase_c - angle_c)) / conj(p - p_c),   p, p_c complex: x + i y
///   biot_savart   s_c(p) = exp(i phase_c) (B_x - i B_y)(p), B the field of loop c in the plane z = 0
///
/// The first is the usual formula of birdcage maps, magnitude 1 / |p - p_c|, phase of the field of a long
/// wire. Normalised, every pixel is divided by the root of its sum of squares; otherwise all maps are
/// multiplied by one number, so that the sum of squares has the mean 1 over the ellipse inscribed in the
/// image.
///
/// Exact:  in double, rounded once; the sum of squares is 1 to 4 * 2^-24. The integral over a loop is good to
///         1e-9 (biot_savart.hpp). The same bits for any number of threads.
/// Source: birdcage: the formula of sigpy.mri.sim.birdcage_maps, in complex form; reciprocity, B1-: Hoult,
///         "The principle of reciprocity in signal strength calculations", Concepts Magn. Reson. 12, 2000.
[[nodiscard]] ComplexStack coil_maps(const CoilMapOptions& options, const std::vector<CoilPlace>& coils,
                                     std::int64_t h, std::int64_t w, Stream& stream);

/// Measured maps (coils, H, W) for images of another size (h, w): bilinear in real and imaginary part, the
/// centre H / 2 on h / 2 and the field of view on the field of view, the border repeated; then, if asked,
/// divided by the root of the sum of squares (0 stays 0: outside the object measured maps may be empty).
/// Maps that jump in phase, as those relative to one coil do where that coil is blind, lose magnitude there;
/// the normalisation restores it. The same size returns the maps themselves, normalised if asked.
/// Errors: Error(kData) if a value is not finite; the message says where.
[[nodiscard]] ComplexStack resample_maps(const ComplexStack& maps, std::int64_t h, std::int64_t w,
                                         bool normalized);

}  // namespace selfsame
