// SPDX-License-Identifier: Apache-2.0
// Lines of complex numbers, transformed in shared memory by one block: read once, written once, with what the
// SENSE operator does before, between and after.
//
//   load       z_c = input_c,  or maps_c * image
//   transform  forward or inverse; or forward, weights, inverse
//   store      output_c = z_c, or image = sum_c conj(maps_c) z_c
//
// A step of the transform reads one buffer and writes the other (Stockham: nothing is ever sorted). The
// centre is an index: element j is point (j - n/2) mod n. The inverse is the forward transform with real and
// imaginary parts exchanged before and after. What is computed for a line does not depend on which lines
// share its block.
#pragma once
#include "mri/fourier/fourier_butterflies.cuh"
#include "mri/fourier/fourier_line_plan.hpp"

namespace selfsame::SELFSAME_GPU {

enum class WeightsAt { kNowhere, kLoad, kBetween, kStore };

struct LineArgs {
  LinePlan plan;
  LineLayout layout;           // of units * batch lines
  int buffer;                  // numbers
  bool roots_shared;           // copied to shared memory
  FastDivision by_units;       // lines of a plane that a block takes together
  int batch;                   // coils that a block takes together
  int coils, batches;          // of a sample
  int lines, groups;           // of a plane; groups of `units` lines
  std::int64_t plane;          // numbers
  std::int64_t line, element;  // numbers between lines of a plane, and between elements of a line
  bool inverse;                // of a single transform
  float scale;                 // of the result
  const Complex* roots;        // (n), then the tables of the steps
  const Complex* input;        // (N, C, H, W), or with maps (N, 1, H, W)
  Complex* output;             // (N, C, H, W), or summed (N, 1, H, W)
  const Complex* maps;         // (N, C, H, W)
  const float* weights;
  std::int64_t weights_sample, weights_line, weights_element;
  WeightsAt weights_at;
};

__device__ inline Complex exchanged(Complex z) { return {z.im, z.re}; }

// ---- steps ---------------------------------------------------------------------------------------------

/// Buffers with the gaps that they have before and after a step.
struct StepBuffers {
  const Complex* from;
  Complex* to;
  int from_pad, to_pad;
};

/// Thread i takes butterfly t of line l, i = t * lines + l: its numbers are i + q * count * lines, and its
/// results (group * p * R + q * p + k) * lines + l with t = group * p + k.
template <int R>
__device__ inline void butterfly_step(const LineLayout& layout, const LineStage& s, StepBuffers b,
                                      const Complex* roots) {
  const int lines = layout.by_lines.divisor, product = s.by_product.divisor;
  const int in_step = s.count * lines, out_step = product * lines;
  for (int i = thread_x(); i < in_step; i += block_size_x()) {
    const int t = layout.by_lines(i), group = s.by_product(t), k = t - group * product;
    Complex v[R];
#pragma unroll
    for (int q = 0; q < R; ++q) {
      v[q] = b.from[line_place(i + q * in_step, b.from_pad)];
    }
    if (product > 1) {
#pragma unroll
      for (int q = 1; q < R; ++q) {
        v[q] = roots[s.roots + (q - 1) * product + k] * v[q];
      }
    }
    butterfly(v);
    const int first = i + group * (R - 1) * out_step;
#pragma unroll
    for (int q = 0; q < R; ++q) {
      b.to[line_place(first + q * out_step, b.to_pad)] = v[q];
    }
  }
}

/// The sum itself, one output at a time: any radix. Partial sums of 32 terms keep its rounding small.
__device__ inline void direct_step(const LinePlan& plan, const LineLayout& layout, const LineStage& s,
                                   StepBuffers b, const Complex* roots) {
  constexpr int kPart = 32;
  const int lines = layout.by_lines.divisor, product = s.by_product.divisor;
  for (int i = thread_x(); i < lines * plan.n; i += block_size_x()) {
    const int o = layout.by_lines(i), line = i - o * lines;
    const int group = s.by_group(o), within = o - group * s.by_group.divisor;
    const int q = s.by_product(within), k = within - q * product;
    const int step = k * s.stride + q * s.count;  // below n
    Complex sum{0.0f, 0.0f};
    int at = (group * product + k) * lines + line, root = 0;
    for (int first = 0; first < s.radix; first += kPart) {
      Complex part{0.0f, 0.0f};
      const int end = first + kPart < s.radix ? first + kPart : s.radix;
      for (int j = first; j < end; ++j) {
        part = part + roots[root] * b.from[line_place(at, b.from_pad)];
        at += s.count * lines;
        root += step;
        root = root >= plan.n ? root - plan.n : root;
      }
      sum = sum + part;
    }
    b.to[line_place(i, b.to_pad)] = sum;
  }
}

/// The tables of roots: of all n, and of the steps.
struct LineRoots {
  const Complex *all, *steps;
};

/// Transforms the lines in `from`; the result lies in the buffer that is returned, the other is free. All
/// threads of the block take part; what they wrote before is seen, and the result is seen by all.
__device__ inline Complex* transform_lines(const LinePlan& plan, const LineLayout& layout, Complex* from,
                                           Complex* to, LineRoots roots) {
  for (int stage = 0; stage < plan.stages; ++stage) {
    sync_threads();
    const LineStage& s = plan.stage[stage];
    const StepBuffers buffers{from, to, layout.pad_before(stage, plan.stages),
                              layout.pad_before(stage + 1, plan.stages)};
    switch (s.radix) {
      case 2:
        butterfly_step<2>(layout, s, buffers, roots.steps);
        break;
      case 3:
        butterfly_step<3>(layout, s, buffers, roots.steps);
        break;
      case 4:
        butterfly_step<4>(layout, s, buffers, roots.steps);
        break;
      case 5:
        butterfly_step<5>(layout, s, buffers, roots.steps);
        break;
      case 7:
        butterfly_step<7>(layout, s, buffers, roots.steps);
        break;
      case 8:
        butterfly_step<8>(layout, s, buffers, roots.steps);
        break;
      default:
        direct_step(plan, layout, s, buffers, roots.all);
        break;
    }
    Complex* const done = to;
    to = from;
    from = done;
  }
  sync_threads();
  return from;
}

// ---- the kernel ----------------------------------------------------------------------------------------

/// Item i of a block's work: element j of line u of coil c, so that neighbouring threads read neighbouring
/// numbers. Of all coils, or of the first only.
struct LineItem {
  int c, u, j;
  int number;  // of a buffer

  template <bool kColumns, bool kAllCoils>
  __device__ static LineItem of(const LineArgs& a, int i) {
    const int n = a.plan.n, lines = a.layout.by_lines.divisor;
    LineItem item;
    int line;
    if constexpr (kColumns) {
      item.j = kAllCoils ? a.layout.by_lines(i) : a.by_units(i);
      line = i - item.j * (kAllCoils ? lines : a.by_units.divisor);
    } else {
      line = a.plan.by_n(i);
      item.j = i - line * n;
    }
    item.c = kAllCoils ? a.by_units(line) : 0;
    item.u = line - item.c * a.by_units.divisor;
    const int shifted = item.j - a.plan.centre;
    item.number = (shifted < 0 ? shifted + n : shifted) * lines + line;
    return item;
  }
};

template <bool kColumns, bool kExpand, bool kRoundTrip, bool kCombine>
__global__ void __launch_bounds__(512, 2) lines_kernel(LineArgs a) {
  const int units = a.by_units.divisor, n = a.plan.n;
  const int group = block_x() % a.groups, rest = block_x() / a.groups;
  const std::int64_t sample = kCombine ? rest : rest / a.batches;
  const int first_batch = kCombine ? 0 : rest % a.batches, end_batch = kCombine ? a.batches : first_batch + 1;
  const int first_line = group * units;
  const int units_here = a.lines - first_line < units ? a.lines - first_line : units;

  Complex* const first_buffer = dynamic_shared<Complex>();  // [n][batch][units], with gaps
  Complex* const second_buffer = first_buffer + a.buffer;
  Complex* const sums = second_buffer + a.buffer;  // [units][n], if combined
  LineRoots roots{a.roots, a.roots + n};
  if (a.roots_shared) {
    Complex* const table = sums + (kCombine ? units * n : 0);  // all if a step reads them, then the steps'
    const int skipped = a.plan.direct ? 0 : n, count = n - skipped + a.plan.step_roots;
    for (int i = thread_x(); i < count; i += block_size_x()) {
      table[i] = a.roots[skipped + i];
    }
    roots = {table, table + n - skipped};
  }
  const auto place_of = [&](int number) { return line_place(number, a.layout.edge_pad); };

  // Offsets in a plane, in a stack, and of the weights.
  const auto in_plane = [&](const LineItem& item) {
    return (first_line + item.u) * a.line + item.j * a.element;
  };
  const auto weight_of = [&](const LineItem& item) {
    return a.weights[sample * a.weights_sample + (first_line + item.u) * a.weights_line +
                     item.j * a.weights_element];
  };

  for (int batch = first_batch; batch < end_batch; ++batch) {
    const int left = a.coils - batch * a.batch, coils = left < a.batch ? left : a.batch;
    const std::int64_t stack = (sample * a.coils + batch * a.batch) * a.plane;  // of the batch's first coil

    // Lines and coils that are missing in the last block are zero.
    for (int i = thread_x(); i < a.batch * units * n; i += block_size_x()) {
      const LineItem item = LineItem::of<kColumns, true>(a, i);
      Complex z{0.0f, 0.0f};
      if (item.u < units_here && item.c < coils) {
        const std::int64_t at = in_plane(item), in_stack = stack + item.c * a.plane + at;
        z = kExpand ? a.maps[in_stack] * a.input[sample * a.plane + at] : a.input[in_stack];
        if (a.weights_at == WeightsAt::kLoad) {
          z = weight_of(item) * z;
        }
      }
      first_buffer[place_of(item.number)] = !kRoundTrip && a.inverse ? exchanged(z) : z;
    }

    Complex* done = transform_lines(a.plan, a.layout, first_buffer, second_buffer, roots);
    if constexpr (kRoundTrip) {
      for (int i = thread_x(); i < a.batch * units * n; i += block_size_x()) {
        const LineItem item = LineItem::of<kColumns, true>(a, i);
        Complex z = done[place_of(item.number)];
        if (a.weights_at == WeightsAt::kBetween && item.u < units_here) {
          z = weight_of(item) * z;
        }
        done[place_of(item.number)] = exchanged(z);
      }
      done =
          transform_lines(a.plan, a.layout, done, done == first_buffer ? second_buffer : first_buffer, roots);
    }

    // Every thread adds to sums of its own, coil after coil.
    for (int i = thread_x(); i < (kCombine ? 1 : a.batch) * units * n; i += block_size_x()) {
      const LineItem item = LineItem::of<kColumns, !kCombine>(a, i);
      if (item.u < units_here && item.c < coils) {
        const std::int64_t at = in_plane(item);
        if constexpr (kCombine) {
          Complex sum = batch == 0 ? Complex{0.0f, 0.0f} : sums[i];
          for (int c = 0; c < coils; ++c) {
            const Complex z = done[place_of(item.number + c * units)];
            sum = sum + conj(a.maps[stack + c * a.plane + at]) *
                            (a.scale * (kRoundTrip || a.inverse ? exchanged(z) : z));
          }
          sums[i] = sum;
          if (batch + 1 == end_batch) {
            a.output[sample * a.plane + at] = sum;
          }
        } else {
          Complex z = done[place_of(item.number)];
          z = a.scale * (kRoundTrip || a.inverse ? exchanged(z) : z);
          if (a.weights_at == WeightsAt::kStore) {
            z = weight_of(item) * z;
          }
          a.output[stack + item.c * a.plane + at] = z;
        }
      }
    }
    if constexpr (kCombine) {
      sync_threads();  // the next batch overwrites the buffers
    }
  }
}

// ---- launcher ------------------------------------------------------------------------------------------

/// Work on every line along one axis of a stack (N, C, H, W).
struct LinePass {
  LineArgs args;
  LineBlock block;
  std::int64_t samples;

  /// `combine`: coils are summed.
  LinePass(const Shape4& stack, bool columns, bool combine, const Complex* roots) : args{}, samples(stack.n) {
    args.plan = make_line_plan(columns ? stack.h : stack.w);
    const std::int64_t lines = columns ? stack.w : stack.h;
    block = choose_line_block(args.plan, {columns, combine}, lines, stack.c);
    args.layout = block.layout;
    args.buffer = block.buffer;
    args.roots_shared = block.roots_shared;
    args.by_units = FastDivision(block.units);
    args.batch = block.coils;
    args.coils = static_cast<int>(stack.c);
    args.batches = static_cast<int>(blocks_for(stack.c, block.coils));
    args.lines = static_cast<int>(lines);
    args.groups = static_cast<int>(blocks_for(lines, block.units));
    args.plane = stack.h * stack.w;
    args.line = columns ? 1 : stack.w;
    args.element = columns ? stack.w : 1;
    args.roots = roots;
  }

  void set_weights(const ConstTensorView& weights, bool columns, WeightsAt at) {
    if (!weights.empty()) {
      const std::int64_t row = weights.shape.h == 1 ? 0 : weights.shape.w;
      args.weights = static_cast<const float*>(weights.data);
      args.weights_sample = weights.sample_stride;
      args.weights_line = columns ? 1 : row;
      args.weights_element = columns ? row : 1;
      args.weights_at = at;
    }
  }

  /// The grid, with coils in blocks of their own unless they are summed.
  [[nodiscard]] LaunchShape launch_shape(bool combine) const {
    return {{samples * (combine ? 1 : args.batches) * args.groups, 1, 1},
            {block.threads, 1, 1},
            block.shared_bytes};
  }
};

template <bool kExpand, bool kRoundTrip, bool kCombine>
void launch_lines(LaunchName name, const LinePass& pass, bool columns, Stream& stream) {
  columns ? launch(name, lines_kernel<true, kExpand, kRoundTrip, kCombine>, pass.launch_shape(kCombine),
                   stream, pass.args)
          : launch(name, lines_kernel<false, kExpand, kRoundTrip, kCombine>, pass.launch_shape(kCombine),
                   stream, pass.args);
}

}  // namespace selfsame::SELFSAME_GPU
