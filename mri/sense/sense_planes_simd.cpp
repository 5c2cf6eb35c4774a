// SPDX-License-Identifier: Apache-2.0
// mri/sense/sense.hpp with transforms along both axes. Between the axes a coil's plane is in the layout of
// fourier_versions.hpp: rows as they are, columns from the centre on.
#include "mri/fourier/fourier_between.hpp"
#include "mri/sense/sense_lines.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

RowBlock row_block(const SensePlanes& planes, std::ptrdiff_t block) {
  const std::ptrdiff_t first = block * kWidth, left = planes.arrays->h - first;
  return {planes.arrays->w, left < kWidth ? left : kWidth, first};
}

ColumnBlock column_block(const SensePlanes& planes, std::ptrdiff_t block) {
  const std::ptrdiff_t w = planes.arrays->w, first = block * kWidth, left = w - first;
  return {planes.arrays->h, left < kWidth ? left : kWidth, (first + w / 2) % w, w};
}

std::ptrdiff_t height(const SensePlanes& planes) { return fourier_between_rows(planes.arrays->h, kWidth); }

void expand(const SensePlanes& planes, std::ptrdiff_t coil, std::ptrdiff_t block) {
  const SenseArrays& a = *planes.arrays;
  const FourierPlan& plan = planes.along_w->forward;
  const SenseWork work(plan, planes.work);
  const RowBlock rows = row_block(planes, block);
  const Parts parts(false);
  const std::ptrdiff_t centre = planes.centred ? plan.centre : 0;
  const float* image = rows.in(a.image, work.edge[0]);
  const float* maps = rows.in(a.maps + coil * a.plane(), work.edge[1]);
  float* between = planes.between + rows.first * kGroupRow;
  clear_between(between, height(planes), a.w);
  transform_lines(
      plan, work.lines,
      [&](float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
        load_centred(rows, points, image, index, count, centre, parts);
        load_centred(rows, work.maps, maps, index, count, centre, parts);
        multiply(points, work.maps, points, count);
      },
      [&](const float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
        points_to_between(between, height(planes), points, index, count);
      });
}

void measure(const SensePlanes& planes, std::ptrdiff_t coil, std::ptrdiff_t block) {
  const SenseArrays& a = *planes.arrays;
  const FourierPlan& plan = planes.along_h->forward;
  const SenseWork work(plan, planes.work);
  const ColumnBlock columns = column_block(planes, block);
  const BetweenColumns between(planes.between, height(planes), block);
  const bool weighted = fill_weights(work.weights, columns, a, plan.centre);
  float* const kspace = columns.out(a.kspace_out + coil * a.plane(), work.edge[0]);
  transform_lines(
      plan, work.lines,
      [&](float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
        for_runs(index, count, plan.centre, plan.n,
                 [&](std::ptrdiff_t to, std::ptrdiff_t at, std::ptrdiff_t length) {
                   between.load_points(points + to * kPoint, at, length);
                 });
      },
      [&](float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
        if (weighted) {
          weigh(points, work.weights + index * kWidth, count);
        }
        store_centred(columns, kspace, points, index, count, plan.centre, Parts(false));
      });
  columns.finish(a.kspace_out + coil * a.plane(), work.edge[0]);
}

void filter(const SensePlanes& planes, std::ptrdiff_t /*coil*/, std::ptrdiff_t block) {
  const FourierPlan& plan = planes.along_h->forward;
  const SenseWork work(plan, planes.work);
  const BetweenColumns between(planes.between, height(planes), block);
  const bool weighted = fill_weights(work.weights, column_block(planes, block), *planes.arrays, plan.centre);
  first_pass(plan, work.lines, work.lines.block, work.lines.other,
             [&](float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
               between.load_points(points, index, count);
             });
  float* const from = middle_passes(plan, work.lines, work.lines.block, work.lines.other);
  float* const spare = from == work.lines.block ? work.lines.other : work.lines.block;
  there_and_back(*planes.along_h, work.lines, from, spare, weighted ? work.weights : nullptr, work.edge[2],
                 [&](const float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
                   between.store_points(points, index, count);
                 });
}

/// Leaves the parts swapped, as `filter` does: the transform along W goes on with them.
void collect(const SensePlanes& planes, std::ptrdiff_t coil, std::ptrdiff_t block) {
  const SenseArrays& a = *planes.arrays;
  const FourierPlan& plan = planes.along_h->forward;
  const SenseWork work(plan, planes.work);
  const ColumnBlock columns = column_block(planes, block);
  const BetweenColumns between(planes.between, height(planes), block);
  const bool weighted = fill_weights(work.weights, columns, a, plan.centre);
  const float* kspace = columns.in(a.kspace + coil * a.plane(), work.edge[0]);
  transform_lines(
      plan, work.lines,
      [&](float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
        load_centred(columns, points, kspace, index, count, plan.centre, Parts(true));
        if (weighted) {
          weigh(points, work.weights + index * kWidth, count);
        }
      },
      [&](const float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
        for_runs(index, count, plan.centre, plan.n,
                 [&](std::ptrdiff_t from, std::ptrdiff_t at, std::ptrdiff_t length) {
                   between.store_points(points + from * kPoint, at, length);
                 });
      });
}

void combine(const SensePlanes& planes, std::ptrdiff_t block) {
  const SenseArrays& a = *planes.arrays;
  const FourierPlan& plan = planes.along_w->forward;
  const SenseWork work(plan, planes.work);
  const RowBlock rows = row_block(planes, block);
  const Parts parts(false);
  const std::ptrdiff_t centre = planes.centred ? plan.centre : 0;
  const auto coil_floats = static_cast<std::ptrdiff_t>(fourier_between(a.h, a.w, kWidth));
  for (std::ptrdiff_t c = 0; c < a.coils; ++c) {
    const float* maps = rows.in(a.maps + c * a.plane(), work.edge[1]);
    const float* between = planes.between + c * coil_floats + rows.first * kGroupRow;
    transform_lines(
        plan, work.lines,
        [&](float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
          between_to_points(points, between, height(planes), index, count);
        },
        [&](const float* points, std::ptrdiff_t index, std::ptrdiff_t count) {
          load_centred(rows, work.maps, maps, index, count, centre, parts);
          add_conjugate(work.sum + index * kPoint, work.maps, points, count, c == 0);
        });
  }
  float* const image = rows.out(a.image_out, work.edge[2]);
  store_centred(rows, image, work.sum, 0, plan.n, centre, parts);
  rows.finish(a.image_out, work.edge[2]);
}

constexpr SensePlaneKernels kKernels{expand, measure, filter, collect, combine};

}  // namespace

const SensePlaneKernels& sense_plane_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
