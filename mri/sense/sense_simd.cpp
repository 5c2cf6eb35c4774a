// SPDX-License-Identifier: Apache-2.0
// mri/sense/sense.hpp with a transform along one axis: a block of lines is taken through all coils at once,
// so that maps, k-space and images are read once and written once.
#include "mri/sense/sense_coprime.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

template <typename F>
void with_block(const SenseLines& call, F&& f) {
  const SenseArrays& a = *call.arrays;
  const std::ptrdiff_t all = call.rows ? a.h : a.w;
  const std::ptrdiff_t lines = all - call.first < kWidth ? all - call.first : kWidth;
  if (call.rows) {
    f(RowBlock{a.w, lines, call.first});
  } else {
    f(ColumnBlock{a.h, lines, call.first, a.w});
  }
}

template <typename Block>
void forward_block(const SenseLines& call, const Block& block) {
  const SenseArrays& a = *call.arrays;
  const FourierPlan& plan = call.plans->forward;
  const SenseWork work(plan, call.work);
  const Parts parts(false);
  const bool weighted = fill_weights(work.weights, block, a, plan.centre);
  load_centred(block, work.image, block.in(a.image, work.edge[0]), 0, plan.n, plan.centre, parts);
  for (std::ptrdiff_t c = 0; c < a.coils; ++c) {
    const float* maps = block.in(a.maps + c * a.plane(), work.edge[1]);
    float* const kspace = block.out(a.kspace_out + c * a.plane(), work.edge[2]);
    transform_lines(
        plan, work.lines,
        [&](float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
          load_centred(block, points, maps, index, count, plan.centre, parts);
          multiply(points, points, work.image + index * kPoint, count);
        },
        [&](float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
          if (weighted) {
            weigh(points, work.weights + index * kWidth, count);
          }
          store_centred(block, kspace, points, index, count, plan.centre, parts);
        });
    block.finish(a.kspace_out + c * a.plane(), work.edge[2]);
  }
}

template <typename Block>
void adjoint_block(const SenseLines& call, const Block& block) {
  const SenseArrays& a = *call.arrays;
  const FourierPlan& plan = call.plans->forward;
  const SenseWork work(plan, call.work);
  const bool weighted = fill_weights(work.weights, block, a, plan.centre);
  for (std::ptrdiff_t c = 0; c < a.coils; ++c) {
    const float* kspace = block.in(a.kspace + c * a.plane(), work.edge[0]);
    const float* maps = block.in(a.maps + c * a.plane(), work.edge[1]);
    transform_lines(
        plan, work.lines,
        [&](float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
          load_centred(block, points, kspace, index, count, plan.centre, Parts(true));
          if (weighted) {
            weigh(points, work.weights + index * kWidth, count);
          }
        },
        [&](const float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
          load_centred(block, work.maps + index * kPoint, maps, index, count, plan.centre, Parts(false));
          add_conjugate(work.sum + index * kPoint, work.maps + index * kPoint, points, count, c == 0);
        });
  }
  float* const image = block.out(a.image_out, work.edge[2]);
  store_centred(block, image, work.sum, 0, plan.n, plan.centre, Parts(false));
  block.finish(a.image_out, work.edge[2]);
}

/// Image and maps are not shifted: a shift goes through F^H D F unchanged.
template <typename Block>
void normal_block(const SenseLines& call, const Block& block) {
  const SenseArrays& a = *call.arrays;
  const FourierPlan& plan = call.plans->forward;
  const SenseWork work(plan, call.work);
  const Parts parts(false);
  const bool weighted = fill_weights(work.weights, block, a, plan.centre);
  block.load_points(work.image, block.in(a.image, work.edge[0]), 0, plan.n, parts);
  for (std::ptrdiff_t c = 0; c < a.coils; ++c) {
    const float* maps = block.in(a.maps + c * a.plane(), work.edge[1]);
    Ahead ahead(block, c + 1 < a.coils ? a.maps + (c + 1) * a.plane() : nullptr);
    first_pass(plan, work.lines, work.lines.block, work.lines.other,
               [&](float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
                 float* const kept = work.maps + index * kPoint;
                 block.load_points(kept, maps, index, count, parts);
                 multiply(points, kept, work.image + index * kPoint, count);
                 ahead.fetch(count);
               });
    float* const from = middle_passes(plan, work.lines, work.lines.block, work.lines.other);
    float* const spare = from == work.lines.block ? work.lines.other : work.lines.block;
    there_and_back(*call.plans, work.lines, from, spare, weighted ? work.weights : nullptr, work.edge[2],
                   [&](const float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
                     add_conjugate(work.sum + index * kPoint, work.maps + index * kPoint, points, count,
                                   c == 0);
                     ahead.fetch(count);
                   });
  }
  float* const image = block.out(a.image_out, work.edge[2]);
  block.store_points(image, work.sum, 0, plan.n, parts);
  block.finish(a.image_out, work.edge[2]);
}

void forward(const SenseLines& call) {
  with_block(call, [&](const auto& block) { forward_block(call, block); });
}
void adjoint(const SenseLines& call) {
  with_block(call, [&](const auto& block) { adjoint_block(call, block); });
}
void normal(const SenseLines& call) {
  with_block(call, [&]<typename Block>(const Block& block) {
    if constexpr (Block::kRows) {
      const SenseArrays& a = *call.arrays;
      if (a.weights != nullptr && a.weights_stride == 0 && splits_coprime(call.plans->forward)) {
        coprime_normal(call, block);
        return;
      }
    }
    normal_block(call, block);
  });
}

constexpr SenseLineKernels kKernels{kWidth, forward, adjoint, normal};

}  // namespace

const SenseLineKernels& sense_line_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
