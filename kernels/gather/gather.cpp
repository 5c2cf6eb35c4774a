// SPDX-License-Identifier: Apache-2.0
#include "kernels/gather/gather.hpp"

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/gather/gather_versions.hpp"

namespace selfsame {
namespace {

bool is_float(const DType& t) { return t == DType::kF32; }

#define SELFSAME_ENTRY(space, device) {"gpu", is_float, space::gather::gather_crops, device},

constexpr GatherImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"rows", is_float, gather_cpu::gather_crops},
    {"reference", is_float, gather_reference::gather_crops},
};

void check_windows(const Shape4& shape, const ResidentImage* images, std::span<const SampleOrigin> origins) {
  for (const SampleOrigin& o : origins) {
    const ResidentImage& image = images[o.example];
    SELFSAME_CHECK(image.channels == shape.c && image.h == o.image_h && image.w == o.image_w &&
                       image.type >= 0 && image.type <= static_cast<int>(PixelType::kFloat),
                   "example {}: {} channels of {}x{}, type {}; expected {} of {}x{}", o.example,
                   image.channels, image.h, image.w, image.type, shape.c, o.image_h, o.image_w);
    const PixelIndex window = window_size(o, shape.h, shape.w);
    SELFSAME_CHECK(o.transform >= 0 && o.transform < 8, "transform {}", o.transform);
    SELFSAME_CHECK(o.top >= 0 && o.left >= 0 && o.top + window.y <= image.h && o.left + window.x <= image.w,
                   "window {}x{} at ({}, {}) of an image {}x{}", window.y, window.x, o.top, o.left, image.h,
                   image.w);
  }
}

}  // namespace

std::span<const GatherImplementation> gather_implementations() { return kImplementations; }

void gather_crops(TensorView out, const ResidentImage* images, const std::byte* arena,
                  std::span<const SampleOrigin> origins, Stream& stream) {
  const OpRange range(stream, "gather_crops");
  SELFSAME_CHECK(out.block == 1 && out.dtype == DType::kF32, "out {} {} block {}", out.shape.text(),
                 name_of(out.dtype), out.block);
  SELFSAME_CHECK(static_cast<std::int64_t>(origins.size()) == out.shape.n, "{} origins for {} samples",
                 origins.size(), out.shape.n);
  if (stream.device() == DeviceKind::kCpu) {
    check_windows(out.shape, images, origins);
  }
  select_implementation("gather", gather_implementations(), out.dtype, stream)
      .gather_crops(out, images, arena, origins, stream);
}

}  // namespace selfsame
