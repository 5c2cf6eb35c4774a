// SPDX-License-Identifier: Apache-2.0
// root_sum_of_squares, normalize_coils and their gradients, of mri/coils/coil_ops.hpp.
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
struct OnCpu {
  static void root(TensorView magnitude, ConstComplexView stack, Stream& stream) {
    for_each_piece(stack.shape, stream, [&](std::int64_t n, std::int64_t first, CoilPiece p) {
      loops().root_sum_of_squares(piece_of(magnitude, n, first), piece_of(stack, n, first), p);
    });
  }

  static void root_backward(ComplexView dstack, ConstTensorView dmagnitude, ConstTensorView magnitude,
                            ConstComplexView stack, Stream& stream) {
    for_each_piece(stack.shape, stream, [&](std::int64_t n, std::int64_t first, CoilPiece p) {
      loops().root_sum_of_squares_backward(piece_of(dstack, n, first), piece_of(dmagnitude, n, first),
                                           piece_of(magnitude, n, first), piece_of(stack, n, first), p);
    });
  }

  static void normalize(ComplexView maps, TensorView magnitude, ConstComplexView stack, Stream& stream) {
    for_each_piece(stack.shape, stream, [&](std::int64_t n, std::int64_t first, CoilPiece p) {
      loops().root_sum_of_squares(piece_of(magnitude, n, first), piece_of(stack, n, first), p);
      loops().divide(piece_of(maps, n, first), piece_of(magnitude, n, first), piece_of(stack, n, first), p);
    });
  }

  static void normalize_backward(ComplexView dstack, ConstComplexView dmaps, ConstComplexView maps,
                                 ConstTensorView magnitude, Stream& stream) {
    for_each_piece(maps.shape, stream, [&](std::int64_t n, std::int64_t first, CoilPiece p) {
      loops().normalize_backward(piece_of(dstack, n, first), piece_of(dmaps, n, first),
                                 piece_of(maps, n, first), piece_of(magnitude, n, first), p);
    });
  }
};

template <LoopTable loops, Isa isa>
constexpr CoilMagnitudeImplementation on_cpu(const char* name) {
  return {name,
          coils::is_float_on<isa>,
          OnCpu<loops>::root,
          OnCpu<loops>::root_backward,
          OnCpu<loops>::normalize,
          OnCpu<loops>::normalize_backward};
}

#define SELFSAME_ENTRY(space, device)             \
  {"gpu",                                         \
   coils::is_float,                               \
   space::coil_ops::root_sum_of_squares,          \
   space::coil_ops::root_sum_of_squares_backward, \
   space::coil_ops::normalize,                    \
   space::coil_ops::normalize_backward,           \
   device},

constexpr CoilMagnitudeImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY) on_cpu<avx512::coil_loops, Isa::kAvx512>("avx512"),
    on_cpu<avx2::coil_loops, Isa::kAvx2>("avx2"),
    on_cpu<baseline::coil_loops, Isa::kBaseline>("baseline"),
    {"reference", coils::is_real, coil_reference::root_sum_of_squares,
     coil_reference::root_sum_of_squares_backward, coil_reference::normalize,
     coil_reference::normalize_backward},
};

const CoilMagnitudeImplementation& select(DType dtype, Stream& stream) {
  return select_implementation("coil_magnitude", coil_magnitude_implementations(), CoilProblem{dtype},
                               stream);
}

}  // namespace

std::span<const CoilMagnitudeImplementation> coil_magnitude_implementations() { return kImplementations; }

void root_sum_of_squares(TensorView magnitude, ConstComplexView coils, Stream& stream) {
  const OpRange range(stream, "root_sum_of_squares");
  coils::check_real(magnitude, coils, "magnitude");
  if (magnitude.shape.count() > 0) {
    select(coils.dtype, stream).root_sum_of_squares(magnitude, coils, stream);
  }
}

void root_sum_of_squares_backward(ComplexView dcoils, ConstTensorView dmagnitude, ConstTensorView magnitude,
                                  ConstComplexView coils, Stream& stream) {
  const OpRange range(stream, "root_sum_of_squares.backward");
  coils::check_same(dcoils, coils, "dcoils", "coils");
  coils::check_real(dmagnitude, coils, "dmagnitude");
  coils::check_real(magnitude, coils, "magnitude");
  if (coils.count() > 0) {
    select(coils.dtype, stream).root_sum_of_squares_backward(dcoils, dmagnitude, magnitude, coils, stream);
  }
}

void normalize_coils(ComplexView maps, TensorView magnitude, ConstComplexView coils, Stream& stream) {
  const OpRange range(stream, "normalize_coils");
  coils::check_same(maps, coils, "maps", "coils");
  coils::check_real(magnitude, coils, "magnitude");
  if (magnitude.shape.count() > 0) {
    select(coils.dtype, stream).normalize(maps, magnitude, coils, stream);
  }
}

void normalize_coils_backward(ComplexView dcoils, ConstComplexView dmaps, ConstComplexView maps,
                              ConstTensorView magnitude, Stream& stream) {
  const OpRange range(stream, "normalize_coils.backward");
  coils::check_same(dcoils, maps, "dcoils", "maps");
  coils::check_same(dmaps, maps, "dmaps", "maps");
  coils::check_real(magnitude, maps, "magnitude");
  if (maps.count() > 0) {
    select(maps.dtype, stream).normalize_backward(dcoils, dmaps, maps, magnitude, stream);
  }
}

}  // namespace selfsame
