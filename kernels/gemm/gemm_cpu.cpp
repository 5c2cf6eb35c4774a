// SPDX-License-Identifier: Apache-2.0
// The CPU product of kernels/gemm/gemm.hpp. A unit of work is one block of c of one lane: its part of op(a)
// is packed into panels and its part of op(b) into strips, block by block of the sum, and every tile of c
// goes through the registers once per block. A long sum is made of parts; where there are few blocks of c,
// the parts are units of their own and are added afterwards, in their order, with the same operations.
#include "kernels/gemm/gemm_cpu.hpp"

#include <algorithm>

#include "kernels/device/elementwise.hpp"

namespace selfsame::gemm_cpu {
namespace {

// A strip of 192 x 32 floats (24 KiB) and a panel of 192 x 16 (12 KiB) share the first-level cache of 48 KiB;
// the packed block, 112 x 192 and 192 x 128 floats, stays in the second-level one.
constexpr std::int64_t kSum = 192, kBlockRows = 112, kBlockColumnBytes = 512;
constexpr std::int64_t kPart = 8 * kSum, kMostParts = 16;
constexpr std::int64_t kFewUnits = 8;  // below it, parts are units
// What the packed rows of a block take at most: 19 panels of 8 with AVX2, 8 of 16 with AVX-512.
constexpr std::int64_t kPackedRows = 152;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// How a product is cut: by its shape and type alone, and the length of a part by k alone, so that a lane has
/// its bits however many there are.
struct Cut {
  GemmShape s;
  std::int64_t element, block_columns, row_blocks, column_blocks, part, parts;

  explicit Cut(const GemmShape& shape)
      : s(shape),
        element(static_cast<std::int64_t>(size_of(shape.dtype))),
        block_columns(kBlockColumnBytes / element),
        row_blocks(ceil_div(shape.m, kBlockRows)),
        column_blocks(ceil_div(shape.n, block_columns)),
        part(std::max(kPart, ceil_div(ceil_div(shape.k, kMostParts), kSum) * kSum)),
        parts(std::max<std::int64_t>(1, ceil_div(shape.k, part))) {}

  [[nodiscard]] std::int64_t blocks() const { return s.lanes * row_blocks * column_blocks; }
  [[nodiscard]] bool parts_are_units() const { return parts > 1 && blocks() < kFewUnits; }
  // Elements of scratch memory: a thread's panels and strips, and a block of c.
  [[nodiscard]] std::int64_t panels() const { return kSum * kPackedRows; }
  [[nodiscard]] std::int64_t strips() const { return kSum * block_columns; }
  [[nodiscard]] std::int64_t block() const { return kBlockRows * block_columns; }
};

template <typename T>
class Product {
 public:
  Product(const GemmLoops<T>& loops, const Cut& cut, ParameterView c, double alpha, ConstParameterView a,
          ConstParameterView b, double beta, Stream& stream)
      : loops_(loops),
        cut_(cut),
        c_(c),
        a_(a),
        b_(b),
        alpha_(static_cast<T>(alpha)),
        beta_(static_cast<T>(beta)),
        stream_(stream) {}

  void run() {
    Scratch scratch(stream_);
    const auto threads = static_cast<std::int64_t>(stream_.pool().threads());
    panels_ = take(scratch, threads * cut_.panels());
    strips_ = take(scratch, threads * cut_.strips());
    const bool split = cut_.parts_are_units();
    T* sums = cut_.parts == 1 ? nullptr
                              : take(scratch, (split ? cut_.blocks() * cut_.parts : threads) * cut_.block());
    if (!split) {
      stream_.pool().run(cut_.blocks(), [&](std::int64_t unit, int thread) {
        const Block block = block_of(unit);
        if (cut_.parts == 1) {
          multiply(block, 0, block.c, cut_.s.n, alpha_, beta_, thread);
          return;
        }
        T* sum = sums + thread * cut_.block();
        for (std::int64_t part = 0; part < cut_.parts; ++part) {
          multiply(block, part, sum, cut_.block_columns, T{1}, T{0}, thread);
          add_part(block, part, sum);
        }
      });
      return;
    }
    stream_.pool().run(cut_.blocks() * cut_.parts, [&](std::int64_t unit, int thread) {
      multiply(block_of(unit / cut_.parts), unit % cut_.parts, sums + unit * cut_.block(), cut_.block_columns,
               T{1}, T{0}, thread);
    });
    stream_.pool().run(cut_.blocks(), [&](std::int64_t unit, int) {
      const Block block = block_of(unit);
      for (std::int64_t part = 0; part < cut_.parts; ++part) {
        add_part(block, part, sums + (unit * cut_.parts + part) * cut_.block());
      }
    });
  }

 private:
  struct Block {
    std::int64_t lane, row, column, rows, columns;
    T* c;
  };

  T* take(Scratch& scratch, std::int64_t count) { return scratch.take<T>(static_cast<std::size_t>(count)); }

  [[nodiscard]] Block block_of(std::int64_t unit) const {
    Block block{};
    block.lane = unit / (cut_.row_blocks * cut_.column_blocks);
    block.row = unit / cut_.column_blocks % cut_.row_blocks * kBlockRows;
    block.column = unit % cut_.column_blocks * cut_.block_columns;
    block.rows = std::min(kBlockRows, cut_.s.m - block.row);
    block.columns = std::min(cut_.block_columns, cut_.s.n - block.column);
    block.c = c_.lane<T>(block.lane) + block.row * cut_.s.n + block.column;
    return block;
  }

  void add_part(const Block& block, std::int64_t part, const T* sum) const {
    for (std::int64_t i = 0; i < block.rows; ++i) {
      loops_.add_row(block.c + i * cut_.s.n, sum + i * cut_.block_columns, block.columns, alpha_,
                     part == 0 ? beta_ : T{1});
    }
  }

  /// to = alpha * (the block's product over one part of the sum) + beta * to
  void multiply(const Block& block, std::int64_t part, T* to, std::int64_t pitch, T alpha, T beta,
                int thread) const {
    T* panels = panels_ + thread * cut_.panels();
    T* strips = strips_ + thread * cut_.strips();
    const GemmShape& s = cut_.s;
    // Rows in panels of about the same height: 100 rows are 4 x 13 + 4 x 12, not 7 x 14 + 2.
    const std::int64_t panel_count = ceil_div(block.rows, loops_.rows);
    const std::int64_t strip_count = ceil_div(block.columns, loops_.columns);
    const std::int64_t end = std::min(s.k, (part + 1) * cut_.part);
    std::int64_t first = part * cut_.part;
    do {  // once for an empty sum
      const auto count = static_cast<int>(std::min(kSum, end - first));
      for (std::int64_t q = 0; q < panel_count; ++q) {
        const std::int64_t row = block.row + q * block.rows / panel_count;
        const T* from =
            a_.lane<T>(block.lane) + (s.op_a == GemmOp::kNone ? row * s.k + first : first * s.m + row);
        loops_.pack(panels + q * kSum * loops_.panel_pitch, loops_.panel_pitch, from,
                    s.op_a == GemmOp::kNone ? s.k : 1, s.op_a == GemmOp::kNone ? 1 : s.m,
                    panel_rows(block, q, panel_count), s.m - row, count);
      }
      for (std::int64_t v = 0; v < strip_count; ++v) {
        T* strip = strips + v * kSum * loops_.columns;
        const std::int64_t column = block.column + v * loops_.columns;
        const auto columns =
            static_cast<int>(std::min<std::int64_t>(loops_.columns, block.columns - v * loops_.columns));
        const T* from =
            b_.lane<T>(block.lane) + (s.op_b == GemmOp::kNone ? first * s.n + column : column * s.k + first);
        loops_.pack(strip, loops_.columns, from, s.op_b == GemmOp::kNone ? 1 : s.k,
                    s.op_b == GemmOp::kNone ? s.n : 1, columns, s.n - column, count);
        for (std::int64_t q = 0; q < panel_count; ++q) {
          loops_.tile(to + q * block.rows / panel_count * pitch + v * loops_.columns, pitch,
                      panels + q * kSum * loops_.panel_pitch, strip, count, panel_rows(block, q, panel_count),
                      columns, alpha, beta);
        }
      }
      beta = T{1};
      first += kSum;
    } while (first < end);
  }

  static int panel_rows(const Block& block, std::int64_t q, std::int64_t panel_count) {
    return static_cast<int>((q + 1) * block.rows / panel_count - q * block.rows / panel_count);
  }

  const GemmLoops<T>& loops_;
  const Cut& cut_;
  ParameterView c_;
  ConstParameterView a_, b_;
  T alpha_, beta_;
  Stream& stream_;
  T *panels_ = nullptr, *strips_ = nullptr;
};

}  // namespace

bool supports(const GemmShape& shape) { return shape.dtype == DType::kF32 || shape.dtype == DType::kF64; }

std::size_t workspace(const GemmShape& shape, int threads) {
  const Cut cut(shape);
  const std::int64_t sums =
      cut.parts == 1 ? 0 : (cut.parts_are_units() ? cut.blocks() * cut.parts : threads) * cut.block();
  std::size_t bytes = 0;
  for (const std::int64_t count : {threads * cut.panels(), threads * cut.strips(), sums}) {
    bytes += Scratch::rounded(static_cast<std::size_t>(count * cut.element));
  }
  return bytes;
}

void run(const GemmKernels& kernels, const GemmShape& shape, ParameterView c, double alpha,
         ConstParameterView a, ConstParameterView b, double beta, Stream& stream) {
  const Cut cut(shape);
  elementwise::for_dtype(shape.dtype, [&](auto zero) {
    using T = decltype(zero);
    Product<T>(kernels.of(zero), cut, c, alpha, a, b, beta, stream).run();
  });
}

}  // namespace selfsame::gemm_cpu
