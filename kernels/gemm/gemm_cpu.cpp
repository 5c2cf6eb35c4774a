// SPDX-License-Identifier: Apache-2.0
// The CPU product of kernels/gemm/gemm.hpp. A unit of work is one block of c of one lane: its part of op(a)
// is packed into panels and its part of op(b) into strips, block by block of the sum, and every tile of c
// goes through the registers once per block. A long sum is made of parts; where there are few blocks of c,
// the parts are units of their own and are added afterwards, in their order, with the same operations.
#include "kernels/gemm/gemm_cpu.hpp"

#include <algorithm>
#include <array>

#include "kernels/device/elementwise.hpp"

namespace selfsame::gemm_cpu {
namespace {

// A strip of 192 x 32 floats (24 KiB) and a panel of 192 x 16 (12 KiB) share the first-level cache of 48 KiB;
// a block's panels and strips, 112 x 192 and 192 x 128 floats, stay in the second-level one. As many bytes of
// doubles.
constexpr std::int64_t kSumBytes = 768, kBlockRows = 112, kBlockColumnBytes = 512;
constexpr std::int64_t kPartBytes = 8 * kSumBytes, kMostParts = 16;
constexpr std::size_t kMostPieces = 32;  // 28 panels of 4 rows without AVX
constexpr std::int64_t kFewUnits = 8;    // below it, parts are units
// What the packed rows of a block take at most: 19 panels of 8 with AVX2, 8 of 16 with AVX-512.
constexpr std::int64_t kPackedRows = 152;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// How a product is cut: by its shape and type alone, and the length of a part by k alone, so that a lane has
/// its bits however many there are.
struct Cut {
  GemmShape s;
  std::int64_t element, sum, block_columns, row_blocks, column_blocks, part, parts;

  explicit Cut(const GemmShape& shape)
      : s(shape),
        element(static_cast<std::int64_t>(size_of(shape.dtype))),
        sum(kSumBytes / element),
        block_columns(kBlockColumnBytes / element),
        row_blocks(ceil_div(shape.m, kBlockRows)),
        column_blocks(ceil_div(shape.n, block_columns)),
        part(std::max(kPartBytes / element, ceil_div(ceil_div(shape.k, kMostParts), sum) * sum)),
        parts(std::max<std::int64_t>(1, ceil_div(shape.k, part))) {}

  [[nodiscard]] std::int64_t blocks() const { return s.lanes * row_blocks * column_blocks; }
  [[nodiscard]] bool parts_are_units() const { return parts > 1 && blocks() < kFewUnits; }
  // Elements of scratch memory: a thread's panels and strips, and a block of c.
  [[nodiscard]] std::int64_t panels() const { return sum * kPackedRows; }
  [[nodiscard]] std::int64_t strips() const { return sum * block_columns; }
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

  /// One operand's share of a block, cut into panels or strips: piece q begins at `begin(q)` of `size`.
  struct Operand {
    const T* data;  // of the lane
    std::int64_t outer_stride, sum_stride;
    std::int64_t first, size, end;  // outer indices: the block's first, how many, and where the matrix ends
    std::int64_t pieces, whole;     // whole: 0, or the size of every piece but the last
    std::int64_t packed_size;       // of a piece
    int pitch;
    [[nodiscard]] std::int64_t begin(std::int64_t q) const {
      return whole == 0 ? q * size / pieces : std::min(q * whole, size);
    }
    [[nodiscard]] int length(std::int64_t q) const { return static_cast<int>(begin(q + 1) - begin(q)); }
    [[nodiscard]] std::int64_t packed(std::int64_t q) const { return q * packed_size; }
  };

  /// Rows in panels of about the same height: 100 rows are 4 x 13 + 4 x 12, not 7 x 14 + 2.
  [[nodiscard]] Operand left(const Block& block) const {
    const GemmShape& s = cut_.s;
    const bool straight = s.op_a == GemmOp::kTransposed;
    return {a_.lane<T>(block.lane),
            straight ? 1 : s.k,
            straight ? s.m : 1,
            block.row,
            block.rows,
            s.m,
            ceil_div(block.rows, loops_.rows),
            0,
            cut_.sum * loops_.panel_pitch,
            loops_.panel_pitch};
  }
  [[nodiscard]] Operand right(const Block& block) const {
    const GemmShape& s = cut_.s;
    const bool straight = s.op_b == GemmOp::kNone;
    return {b_.lane<T>(block.lane),
            straight ? 1 : s.k,
            straight ? s.n : 1,
            block.column,
            block.columns,
            s.n,
            ceil_div(block.columns, loops_.columns),
            loops_.columns,
            cut_.sum * loops_.columns,
            loops_.columns};
  }

  void pack(T* to, const Operand& o, std::int64_t term, int count) const {
    const T* from = o.data + o.first * o.outer_stride + term * o.sum_stride;
    if (o.outer_stride == 1) {
      std::array<int, kMostPieces + 1> begin{};
      for (std::int64_t q = 0; q <= o.pieces; ++q) {
        begin[static_cast<std::size_t>(q)] = static_cast<int>(o.begin(q));
      }
      loops_.pack_rows(to, o.packed_size, o.pitch, from, o.sum_stride, begin.data(),
                       static_cast<int>(o.pieces), o.end - o.first, count);
      return;
    }
    for (std::int64_t q = 0; q < o.pieces; ++q) {
      loops_.pack_turned(to + o.packed(q), o.pitch, from + o.begin(q) * o.outer_stride, o.outer_stride,
                         o.length(q), count);
    }
  }

  /// to = alpha * (the block's product over one part of the sum) + beta * to
  void multiply(const Block& block, std::int64_t part, T* to, std::int64_t pitch, T alpha, T beta,
                int thread) const {
    T* panels = panels_ + thread * cut_.panels();
    T* strips = strips_ + thread * cut_.strips();
    const Operand a = left(block), b = right(block);
    const std::int64_t end = std::min(cut_.s.k, (part + 1) * cut_.part);
    std::int64_t first = part * cut_.part;
    do {  // once for an empty sum
      const auto count = static_cast<int>(std::min(cut_.sum, end - first));
      pack(panels, a, first, count);
      pack(strips, b, first, count);
      for (std::int64_t v = 0; v < b.pieces; ++v) {
        for (std::int64_t q = 0; q < a.pieces; ++q) {
          loops_.tile(to + a.begin(q) * pitch + b.begin(v), pitch, panels + a.packed(q), strips + b.packed(v),
                      count, a.length(q), b.length(v), alpha, beta);
        }
      }
      beta = T{1};
      first += cut_.sum;
    } while (first < end);
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
