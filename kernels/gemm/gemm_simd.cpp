// SPDX-License-Identifier: Apache-2.0
// The inner loops of the CPU product (kernels/gemm/gemm_kernels.hpp): a tile of c stays in registers over a
// block of the sum. With AVX-512, 14 rows of two vectors need 28 accumulators, 2 vectors of b and 1 broadcast
// value of a: 31 of 32 registers, and 28 multiply-adds for 16 loads. With AVX2, 6 rows: 15 of 16.
#include "kernels/device/vec.hpp"
#include "kernels/gemm/gemm_kernels.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

#if defined(SELFSAME_ISA_avx512)
constexpr int kRows = 14;
#elif defined(SELFSAME_ISA_avx2)
constexpr int kRows = 6;
#else
constexpr int kRows = 4;
#endif
constexpr int kPanelPitch = kRows <= 4 ? 4 : kRows <= 8 ? 8 : 16;
constexpr int kVectors = 2;
constexpr int kBytes = kWidth * 4;  // of a register

/// A register of T: its width, and the same with integers for shuffles.
template <typename T>
struct Register;
template <>
struct Register<float> {
  using Type = float __attribute__((vector_size(kBytes)));
  using Unaligned = float __attribute__((vector_size(kBytes), aligned(4), may_alias));
  using Places = std::int32_t __attribute__((vector_size(kBytes)));
  static constexpr int kWidth = kBytes / 4;
};
template <>
struct Register<double> {
  using Type = double __attribute__((vector_size(kBytes)));
  using Unaligned = double __attribute__((vector_size(kBytes), aligned(8), may_alias));
  using Places = std::int64_t __attribute__((vector_size(kBytes)));
  static constexpr int kWidth = kBytes / 8;
};

template <typename T>
inline typename Register<T>::Type get(const T* from) {
  return *reinterpret_cast<const typename Register<T>::Unaligned*>(from);
}
template <typename T>
inline void put(T* to, typename Register<T>::Type v) {
  *reinterpret_cast<typename Register<T>::Unaligned*>(to) = v;
}

// ---- packing ----------------------------------------------------------------------------------------------

/// Exchanges, in every pair of rows `kStep` apart, the off-diagonal squares of that size.
template <typename T, int kStep>
inline void exchange(typename Register<T>::Type* rows) {
  constexpr int kWide = Register<T>::kWidth;
  typename Register<T>::Places low, high;
  for (int l = 0; l < kWide; ++l) {
    low[l] = (l & kStep) != 0 ? kWide + l - kStep : l;
    high[l] = (l & kStep) != 0 ? kWide + l : l + kStep;
  }
#pragma GCC unroll 16
  for (int r = 0; r < kWide; ++r) {
    if ((r & kStep) == 0) {
      const typename Register<T>::Type a = rows[r], b = rows[r + kStep];
      rows[r] = __builtin_shuffle(a, b, low);
      rows[r + kStep] = __builtin_shuffle(a, b, high);
    }
  }
}

template <typename T>
inline void transpose(typename Register<T>::Type* rows) {
  constexpr int kWide = Register<T>::kWidth;
  exchange<T, 1>(rows);
  if constexpr (kWide > 2) {
    exchange<T, 2>(rows);
  }
  if constexpr (kWide > 4) {
    exchange<T, 4>(rows);
  }
  if constexpr (kWide > 8) {
    exchange<T, 8>(rows);
  }
}

/// Outer rows of consecutive terms of the sum: squares are turned in registers.
template <typename T>
void pack_turned(T* to, int pitch, const T* from, std::int64_t outer_stride, int outer, int count) {
  constexpr int kWide = Register<T>::kWidth;
  for (int o = 0; o < outer; o += kWide) {
    const int rows_here = outer - o < kWide ? outer - o : kWide;
    int p = 0;
    for (; p + kWide <= count; p += kWide) {
      typename Register<T>::Type rows[kWide];
#pragma GCC unroll 16
      for (int r = 0; r < kWide; ++r) {
        rows[r] = r < rows_here ? get(from + (o + r) * outer_stride + p) : typename Register<T>::Type{};
      }
      transpose<T>(rows);
#pragma GCC unroll 16
      for (int i = 0; i < kWide; ++i) {
        put(to + (p + i) * pitch + o, rows[i]);
      }
    }
    for (; p < count; ++p) {
      for (int r = 0; r < kWide; ++r) {
        to[p * pitch + o + r] = r < rows_here ? from[(o + r) * outer_stride + p] : T{0};
      }
    }
  }
}

template <typename T>
void pack_rows(T* to, std::int64_t packed, int pitch, const T* from, std::int64_t sum_stride,
               const int* begin, int pieces, std::int64_t readable, int count) {
  constexpr int kWide = Register<T>::kWidth;
  for (int p = 0; p < count; ++p, to += pitch, from += sum_stride) {
    for (int q = 0; q < pieces; ++q) {
      const int length = begin[q + 1] - begin[q];
      const T* source = from + begin[q];
      T* target = to + q * packed;
      int o = 0;
      // By whole vectors where they may be read: past the end of a piece the next one begins.
      for (; o < length && begin[q] + o + kWide <= readable; o += kWide) {
        put(target + o, get(source + o));
      }
      for (; o < length; ++o) {
        target[o] = source[o];
      }
    }
  }
}

// ---- one tile ---------------------------------------------------------------------------------------------

/// `columns` of one row of c, the last vector perhaps in part.
template <typename T>
inline void store_row(T* c, const typename Register<T>::Type* sums, int columns, T alpha, T beta) {
  constexpr int kWide = Register<T>::kWidth;
  for (int v = 0; v * kWide < columns; ++v) {
    const typename Register<T>::Type sum = sums[v] * alpha;
    if ((v + 1) * kWide <= columns) {
      put(c + v * kWide, beta == 0 ? sum : sum + get(c + v * kWide) * beta);
      continue;
    }
    for (int l = 0; l < columns - v * kWide; ++l) {
      T& element = c[v * kWide + l];
      element = beta == 0 ? sum[l] : sum[l] + element * beta;
    }
  }
}

/// R rows and V vectors.
template <typename T, int R, int V>
void register_tile(T* c, std::int64_t c_pitch, const T* panel, const T* strip, int count, int columns,
                   T alpha, T beta) {
  using Vector = typename Register<T>::Type;
  constexpr int kWide = Register<T>::kWidth;
  Vector sums[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
      sums[r][v] = Vector{};  // not all at once: that would be made in memory
    }
  }
  for (int p = 0; p < count; ++p, panel += kPanelPitch, strip += kVectors * kWide) {
    Vector right[V];
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
      right[v] = get(strip + v * kWide);
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) {
        sums[r][v] += panel[r] * right[v];
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    store_row(c + r * c_pitch, sums[r], columns, alpha, beta);
  }
}

template <typename T>
using RegisterTile = void (*)(T*, std::int64_t, const T*, const T*, int, int, T, T);

/// By rows - 1 and vectors - 1.
template <typename T, int R = kRows>
struct TileTable {
  RegisterTile<T> of[kRows][kVectors] = {};
  constexpr TileTable() { fill<R>(); }

 private:
  template <int Rows>
  constexpr void fill() {
    of[Rows - 1][0] = register_tile<T, Rows, 1>;
    of[Rows - 1][1] = register_tile<T, Rows, 2>;
    if constexpr (Rows > 1) {
      fill<Rows - 1>();
    }
  }
};

template <typename T>
void tile(T* c, std::int64_t c_pitch, const T* panel, const T* strip, int count, int row_count,
          int column_count, T alpha, T beta) {
  static constexpr TileTable<T> kTable;
  const int vectors = column_count > Register<T>::kWidth ? 2 : 1;
  kTable.of[row_count - 1][vectors - 1](c, c_pitch, panel, strip, count, column_count, alpha, beta);
}

template <typename T>
void add_row(T* c, const T* part, std::int64_t count, T alpha, T beta) {
  constexpr int kWide = Register<T>::kWidth;
  std::int64_t j = 0;
  for (; j + kWide <= count; j += kWide) {
    const typename Register<T>::Type sum = get(part + j) * alpha;
    put(c + j, beta == 0 ? sum : sum + get(c + j) * beta);
  }
  for (; j < count; ++j) {
    const T sum = part[j] * alpha;
    c[j] = beta == 0 ? sum : sum + c[j] * beta;
  }
}

template <typename T>
constexpr GemmLoops<T> loops() {
  return {kRows,     kVectors * Register<T>::kWidth, kPanelPitch, pack_turned<T>, pack_rows<T>, tile<T>,
          add_row<T>};
}

constexpr GemmKernels kKernels{loops<float>(), loops<double>()};

}  // namespace

const GemmKernels& gemm_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
