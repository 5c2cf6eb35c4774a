// SPDX-License-Identifier: Apache-2.0
// data_consistency and its gradient, of mri/coils/coil_ops.hpp.
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

/// The mask at the pixels of a piece and lambda times it, one of each for every float.
struct PieceWeights {
  float mask[2 * kCoilPiece], weight[2 * kCoilPiece];

  PieceWeights(ConstTensorView from, float lambda, std::int64_t n, std::int64_t first, std::int64_t count) {
    const std::int64_t W = from.shape.w;
    const float* values = from.as<float>() + n * from.sample_stride;
    std::int64_t at = from.shape.h == 1 ? first % W : first;
    const std::int64_t end = from.shape.h == 1 ? W : at + count;
    for (std::int64_t i = 0; i < count; ++i) {
      mask[2 * i] = mask[2 * i + 1] = values[at];
      at = at + 1 == end ? 0 : at + 1;
    }
    for (std::int64_t i = 0; i < 2 * count; ++i) {
      weight[i] = lambda * mask[i];
    }
  }
};

template <LoopTable loops>
void forward(ComplexView next, ConstComplexView current, ConstComplexView measured,
             ConstComplexView refinement, ConstTensorView mask, ConstParameterView lambda, Stream& stream) {
  const std::int64_t per_lane = next.shape.n / lambda.lanes;
  for_each_piece(next.shape, stream, [&](std::int64_t n, std::int64_t first, CoilPiece p) {
    const PieceWeights w(mask, *lambda.lane<float>(n / per_lane), n, first, p.count);
    loops().data_consistency(piece_of(next, n, first), piece_of(current, n, first),
                             piece_of(measured, n, first), piece_of(refinement, n, first), w.weight, p);
  });
}

template <LoopTable loops>
void backward(ComplexView dcurrent, ParameterView dlambda, ConstComplexView dnext, ConstComplexView current,
              ConstComplexView measured, ConstTensorView mask, ConstParameterView lambda, Stream& stream) {
  const std::int64_t per_lane = dnext.shape.n / lambda.lanes, pieces = coils::pieces_of(dnext.shape);
  Scratch scratch(stream);
  double* sums = scratch.take<double>(static_cast<std::size_t>(dnext.shape.n * pieces));
  for_each_piece(dnext.shape, stream, [&](std::int64_t n, std::int64_t first, CoilPiece p) {
    const PieceWeights w(mask, *lambda.lane<float>(n / per_lane), n, first, p.count);
    sums[n * pieces + first / kCoilPiece] = loops().data_consistency_backward(
        piece_of(dcurrent, n, first), piece_of(dnext, n, first), piece_of(current, n, first),
        piece_of(measured, n, first), w.mask, w.weight, p);
  });
  for (std::int64_t lane = 0; lane < lambda.lanes; ++lane) {
    double sum = 0;
    for (std::int64_t i = lane * per_lane * pieces; i < (lane + 1) * per_lane * pieces; ++i) {
      sum += sums[i];
    }
    float* gradient = dlambda.lane<float>(lane);
    *gradient = static_cast<float>(static_cast<double>(*gradient) - sum);
  }
}

#define SELFSAME_ENTRY(space, device)                                                                     \
  {"gpu", coils::is_float, space::coil_ops::data_consistency, space::coil_ops::data_consistency_backward, \
   device},

constexpr DataConsistencyImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"avx512", coils::is_float_on<Isa::kAvx512>,
                                          forward<avx512::coil_loops>, backward<avx512::coil_loops>},
    {"avx2", coils::is_float_on<Isa::kAvx2>, forward<avx2::coil_loops>, backward<avx2::coil_loops>},
    {"baseline", coils::is_float_on<Isa::kBaseline>, forward<baseline::coil_loops>,
     backward<baseline::coil_loops>},
    {"reference", coils::is_real, coil_reference::data_consistency,
     coil_reference::data_consistency_backward},
};

const DataConsistencyImplementation& select(DType dtype, Stream& stream) {
  return select_implementation("data_consistency", data_consistency_implementations(), CoilProblem{dtype},
                               stream);
}

void check_lambda(ConstParameterView lambda, ConstComplexView kspace, const char* name) {
  SELFSAME_CHECK(lambda.count() == 1 && lambda.lanes >= 1 && kspace.shape.n % lambda.lanes == 0 &&
                     lambda.dtype == kspace.dtype,
                 "{} of {} values in {} lanes, {}, for k-space {} {}", name, lambda.count(), lambda.lanes,
                 name_of(lambda.dtype), kspace.shape.text(), name_of(kspace.dtype));
}

}  // namespace

std::span<const DataConsistencyImplementation> data_consistency_implementations() { return kImplementations; }

std::size_t data_consistency_workspace(Shape4 kspace, std::int64_t /*lanes*/) {
  return Scratch::rounded(static_cast<std::size_t>(kspace.n * coils::pieces_of(kspace)) * sizeof(double));
}

void data_consistency(ComplexView next, ConstComplexView current, ConstComplexView measured,
                      ConstComplexView refinement, ConstTensorView mask, ConstParameterView lambda,
                      Stream& stream) {
  const OpRange range(stream, "data_consistency");
  coils::check_same(next, current, "next", "current");
  coils::check_same(measured, current, "measured", "current");
  coils::check_same(refinement, current, "refinement", "current");
  coils::check_real(mask, current, "mask", true);
  check_lambda(lambda, current, "lambda");
  if (current.count() > 0) {
    select(current.dtype, stream).forward(next, current, measured, refinement, mask, lambda, stream);
  }
}

void data_consistency_backward(ComplexView dcurrent, ParameterView dlambda, ConstComplexView dnext,
                               ConstComplexView current, ConstComplexView measured, ConstTensorView mask,
                               ConstParameterView lambda, Stream& stream) {
  const OpRange range(stream, "data_consistency.backward");
  coils::check_same(dcurrent, current, "dcurrent", "current");
  coils::check_same(dnext, current, "dnext", "current");
  coils::check_same(measured, current, "measured", "current");
  coils::check_real(mask, current, "mask", true);
  check_lambda(lambda, current, "lambda");
  check_lambda(dlambda, current, "dlambda");
  SELFSAME_CHECK(dlambda.lanes == lambda.lanes, "dlambda in {} lanes, lambda in {}", dlambda.lanes,
                 lambda.lanes);
  if (current.count() > 0) {
    select(current.dtype, stream).backward(dcurrent, dlambda, dnext, current, measured, mask, lambda, stream);
  }
}

}  // namespace selfsame
