// SPDX-License-Identifier: Apache-2.0
// coil_expand, coil_combine and coil_maps_gradient of mri/coils/coil_ops.hpp.
#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "mri/coils/coil_checks.hpp"
#include "mri/coils/coil_gpu.hpp"
#include "mri/coils/coil_pieces.hpp"
#include "mri/coils/coil_reference.hpp"

namespace selfsame {
namespace {

using coils::for_each_piece;
using coils::LoopTable;
using coils::piece_of;

template <LoopTable loops>
void expand(ComplexView stack, ConstComplexView image, ConstComplexView maps, Stream& stream) {
  for_each_piece(stack.shape, stream, [&](std::int64_t n, std::int64_t first, CoilPiece p) {
    loops().expand(piece_of(stack, n, first), piece_of(image, n, first), piece_of(maps, n, first), p);
  });
}

template <LoopTable loops>
void combine(ComplexView image, ConstComplexView stack, ConstComplexView maps, Stream& stream) {
  for_each_piece(stack.shape, stream, [&](std::int64_t n, std::int64_t first, CoilPiece p) {
    loops().combine(piece_of(image, n, first), piece_of(stack, n, first), piece_of(maps, n, first), p);
  });
}

template <LoopTable loops>
void maps_gradient(ComplexView dmaps, ConstComplexView image, ConstComplexView stack, Stream& stream) {
  for_each_piece(stack.shape, stream, [&](std::int64_t n, std::int64_t first, CoilPiece p) {
    loops().maps_gradient(piece_of(dmaps, n, first), piece_of(image, n, first), piece_of(stack, n, first), p);
  });
}

#define SELFSAME_ENTRY(space, device) \
  {                                   \
      "gpu",                          \
      coils::is_float,                \
      space::coil_ops::expand,        \
      space::coil_ops::combine,       \
      space::coil_ops::maps_gradient, \
      device},

constexpr CoilMapsImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"avx512", coils::is_float_on<Isa::kAvx512>,
                                          expand<avx512::coil_loops>, combine<avx512::coil_loops>,
                                          maps_gradient<avx512::coil_loops>},
    {"avx2", coils::is_float_on<Isa::kAvx2>, expand<avx2::coil_loops>, combine<avx2::coil_loops>,
     maps_gradient<avx2::coil_loops>},
    {"baseline", coils::is_float_on<Isa::kBaseline>, expand<baseline::coil_loops>,
     combine<baseline::coil_loops>, maps_gradient<baseline::coil_loops>},
    {"reference", coils::is_real, coil_reference::expand, coil_reference::combine,
     coil_reference::maps_gradient},
};

const CoilMapsImplementation& select(DType dtype, Stream& stream) {
  return select_implementation("coil_maps", coil_maps_implementations(), CoilProblem{dtype}, stream);
}

}  // namespace

std::span<const CoilMapsImplementation> coil_maps_implementations() { return kImplementations; }

void coil_expand(ComplexView coils, ConstComplexView image, ConstComplexView maps, Stream& stream) {
  const OpRange range(stream, "coil_expand");
  coils::check_same(coils, maps, "coils", "maps");
  coils::check_image(image, maps, "image", "maps");
  if (maps.count() > 0) {
    select(maps.dtype, stream).expand(coils, image, maps, stream);
  }
}

void coil_combine(ComplexView image, ConstComplexView coils, ConstComplexView maps, Stream& stream) {
  const OpRange range(stream, "coil_combine");
  coils::check_same(coils, maps, "coils", "maps");
  coils::check_image(image, maps, "image", "maps");
  if (image.count() > 0) {
    select(maps.dtype, stream).combine(image, coils, maps, stream);
  }
}

void coil_maps_gradient(ComplexView dmaps, ConstComplexView image, ConstComplexView coils, Stream& stream) {
  const OpRange range(stream, "coil_maps_gradient");
  coils::check_same(dmaps, coils, "dmaps", "coils");
  coils::check_image(image, coils, "image", "coils");
  if (coils.count() > 0) {
    select(coils.dtype, stream).maps_gradient(dmaps, image, coils, stream);
  }
}

}  // namespace selfsame
