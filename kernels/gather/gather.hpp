// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"
#include "kernels/noise/sample_origin.hpp"

namespace selfsame {

/// How a pixel of a resident image is stored, and the value it stands for.
enum class PixelType : int {
  kByte = 0,   ///< std::uint8_t v: v / 255
  kWord = 1,   ///< std::uint16_t v: v / 65535
  kFloat = 2,  ///< float: itself
};

/// An image (channels, h, w) in an arena of bytes.
struct ResidentImage {
  std::uint64_t offset = 0;  ///< bytes from the arena's start, a multiple of a pixel's size
  int type = 0;              ///< a PixelType
  int channels = 0;
  std::int64_t h = 0, w = 0;
};

/// Crops of a data set that lies in the device's memory.
///
///   out[n,c,i,j] = value of image origins[n].example at channel c, pixel source_pixel(origins[n], h, w, i,
///   j)
///
/// @param out      (N, C, h, w), block 1, float, overwritten
/// @param images   a table with an entry for every example that `origins` names, of C channels and of the
///                 sizes image_h, image_w of its origins
/// @param arena    the pixels, on a boundary of 4 bytes
/// @param origins  N entries; every window lies inside its image. Table, arena and origins are memory of the
///                 stream's device.
/// Units:   integer pixels become intensities on the [0, 1] scale.
/// Errors:  Error(kInternal) for layout, type or counts, and on the CPU for images and windows that do not
/// fit. Exact:   float(v) / 255 or float(v) / 65535 by an IEEE division of floats, the same bits on every
/// device. Source:  definition.
void gather_crops(TensorView out, const ResidentImage* images, const std::byte* arena,
                  std::span<const SampleOrigin> origins, Stream& stream);

/// One way of computing it. The list is in gather.cpp, best first, reference last.
struct GatherImplementation {
  const char* name;
  bool (*supports)(const DType& out);
  void (*gather_crops)(TensorView, const ResidentImage*, const std::byte*, std::span<const SampleOrigin>,
                       Stream&);
  DeviceKind device = DeviceKind::kCpu;
};
[[nodiscard]] std::span<const GatherImplementation> gather_implementations();

}  // namespace selfsame
