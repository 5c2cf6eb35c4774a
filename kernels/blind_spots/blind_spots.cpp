// SPDX-License-Identifier: Apache-2.0
#include "kernels/blind_spots/blind_spots.hpp"

#include <limits>

#include "kernels/blind_spots/blind_spots_versions.hpp"
#include "kernels/device/elementwise.hpp"
#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"

namespace selfsame {
namespace {

bool is_float(const DType& t) { return t == DType::kF32; }
bool is_real(const DType& t) { return t == DType::kF32 || t == DType::kF64; }

#define SELFSAME_ENTRY(space, device) {"gpu", is_float, space::blind_spots_op::run, device},

constexpr BlindSpotsImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"bands", is_float, blind_spots_cpu::run},
    {"reference", is_real, blind_spots_reference::run},
};

void check_rule(const BlindSpotRule& rule, const Shape4& shape) {
  const int s = rule.spacing;
  // Squares of both must be ints: what is drawn below.
  SELFSAME_CHECK(s >= 2 && s <= 4096, "blind spots with a spacing of {}: 2 to 4096", s);
  SELFSAME_CHECK(shape.h * shape.w >= 2 && shape.h * shape.w < std::numeric_limits<int>::max() / 2,
                 "blind spots in images of {}", shape.text());
  if (rule.kind == BlindSpotRule::Kind::kGrid) {
    SELFSAME_CHECK(s <= shape.h && s <= shape.w, "blind spots with a spacing of {} in images of {}", s,
                   shape.text());
    SELFSAME_CHECK(rule.phase >= -1 && rule.phase < s * s, "phase {} of a grid with spacing {}", rule.phase,
                   s);
  } else {
    SELFSAME_CHECK(rule.radius >= 1 && rule.radius <= 4096, "blind spots with a radius of {}: 1 to 4096",
                   rule.radius);
  }
}

}  // namespace

std::span<const BlindSpotsImplementation> blind_spots_implementations() { return kImplementations; }

void blind_spots(TensorView masked, TensorView mask, ConstTensorView image,
                 std::span<const SampleOrigin> origins, const BlindSpotRule& rule, Stream& stream) {
  const OpRange range(stream, "blind_spots");
  const Shape4 shape = image.shape;
  elementwise::check_same_layout(masked, image, "masked", "image");
  SELFSAME_CHECK(image.block == 1 && image.split == 0, "image {} block {} split {}", shape.text(),
                 image.block, image.split);
  SELFSAME_CHECK(mask.shape == (Shape4{shape.n, 1, shape.h, shape.w}) && mask.dtype == image.dtype &&
                     mask.block == 1 && mask.split == 0,
                 "mask {} {} block {} for an image {} {}", mask.shape.text(), name_of(mask.dtype), mask.block,
                 shape.text(), name_of(image.dtype));
  SELFSAME_CHECK(static_cast<std::int64_t>(origins.size()) == shape.n, "{} origins for {} samples",
                 origins.size(), shape.n);
  check_rule(rule, shape);
  select_implementation("blind_spots", blind_spots_implementations(), image.dtype, stream)
      .blind_spots(masked, mask, image, origins, rule, stream);
}

}  // namespace selfsame
