// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm_plane/norm_plane.hpp"

#include "kernels/device/vec.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kPiece = 64;   // pixels: 4 or 8 KiB, stays in the first-level cache for the second look
constexpr int kRunning = 4;  // running sums, to hide the latency of an addition

/// The coefficients of the channels of one register.
struct Column {
  Vec mean, scale, beta;
  float slope;
  Column(const NormCoefficients& k, int first)
      : mean(load(k.mean + first)),
        scale(load(k.scale + first)),
        beta(load(k.beta + first)),
        slope(k.slope) {}
  /// pre-activation from x - mean; forward and backward must round it alike.
  [[nodiscard]] Vec pre(Vec centred) const { return centred * scale + beta; }
  /// d = pre > 0 ? dy : slope * dy
  [[nodiscard]] Vec through(Vec dy, Vec centred) const { return pre(centred) > 0 ? dy : dy * slope; }
};

/// Calls f(begin, count) for the pieces of a plane.
template <int kBlock, typename F>
inline void for_each_piece(std::int64_t pixels, F&& f) {
  for (std::int64_t begin = 0; begin < pixels; begin += kPiece) {
    f(begin * kBlock, static_cast<int>(pixels - begin < kPiece ? pixels - begin : kPiece));
  }
}

/// Calls add(running sum index, element offset) for the pixels of a piece: pixel i goes to running sum i %
/// kRunning, the last pixels % kRunning ones to running sum 0.
template <int kBlock, typename F>
inline void for_each_pixel(int pixels, F&& add) {
  int i = 0;
  for (; i + kRunning <= pixels; i += kRunning) {
    for (int j = 0; j < kRunning; ++j) {
      add(j, (i + j) * kBlock);
    }
  }
  for (; i < pixels; ++i) {
    add(0, i * kBlock);
  }
}

inline Vec combine(const Vec* running) { return (running[0] + running[1]) + (running[2] + running[3]); }

template <int kBlock, typename T>
inline Vec piece_mean(const T* x, int pixels) {
  Vec running[kRunning] = {};
  for_each_pixel<kBlock>(pixels, [&](int j, int at) { running[j] += load(x + at); });
  return combine(running) * (1.0f / static_cast<float>(pixels));
}

template <typename T, int kBlock>
void statistics_of(double* mean, double* m2, const T* x, std::int64_t pixels) {
  // Of piece k with n_k pixels: o_k = its mean - origin, w_k = sum of squares around its mean. Then
  // mean = origin + sum(n_k o_k) / n and m2 = sum w_k + sum(n_k o_k^2) - sum(n_k o_k)^2 / n, in double.
  double origin[kBlock] = {}, sum[kBlock] = {}, between[kBlock] = {}, within[kBlock] = {};
  for_each_piece<kBlock>(pixels, [&](std::int64_t begin, int count) {
    float shift[kBlock], residual[kBlock], squares[kBlock];
    for (int first = 0; first < kBlock; first += kWidth) {
      const T* column = x + begin + first;
      const Vec centre = piece_mean<kBlock>(column, count);
      Vec running[kRunning] = {}, running_squares[kRunning] = {};
      for_each_pixel<kBlock>(count, [&](int j, int at) {
        const Vec d = load(column + at) - centre;
        running[j] += d;
        running_squares[j] += d * d;
      });
      store(shift + first, centre);
      store(residual + first, combine(running));
      store(squares + first, combine(running_squares));
    }
    for (int c = 0; c < kBlock; ++c) {
      origin[c] = begin == 0 ? static_cast<double>(shift[c]) : origin[c];
      const double correction =
          static_cast<double>(residual[c]) / count;  // of the rounding of the piece's mean
      const double offset = (static_cast<double>(shift[c]) - origin[c]) + correction;
      sum[c] += count * offset;
      between[c] += count * offset * offset;
      within[c] += static_cast<double>(squares[c]) - residual[c] * correction;
    }
  });
  const double n = static_cast<double>(pixels);
  for (int c = 0; c < kBlock; ++c) {
    const double total = within[c] + (between[c] - sum[c] * sum[c] / n);
    mean[c] = origin[c] + sum[c] / n;
    m2[c] = total > 0 ? total : 0;
  }
}

template <typename T, int kBlock>
void normalise_of(T* y, const T* x, const NormCoefficients& k, std::int64_t pixels) {
  for_each_piece<kBlock>(pixels, [&](std::int64_t begin, int count) {
    for (int first = 0; first < kBlock; first += kWidth) {
      const Column column(k, first);
      for (std::int64_t at = begin + first; at < begin + count * kBlock; at += kBlock) {
        const Vec pre = column.pre(load(x + at) - column.mean);
        store(y + at, pre > 0 ? pre : pre * column.slope);
      }
    }
  });
}

template <typename T, int kBlock>
void backward_sums_of(double* sum_d, double* sum_dc, const T* dy, const T* x, const NormCoefficients& k,
                      std::int64_t pixels) {
  double total_d[kBlock] = {}, total_dc[kBlock] = {};
  for_each_piece<kBlock>(pixels, [&](std::int64_t begin, int count) {
    float piece_d[kBlock], piece_dc[kBlock];
    for (int first = 0; first < kBlock; first += kWidth) {
      const Column column(k, first);
      Vec running_d[kRunning] = {}, running_dc[kRunning] = {};
      for_each_pixel<kBlock>(count, [&](int j, int at) {
        const Vec centred = load(x + begin + first + at) - column.mean;
        const Vec d = column.through(load(dy + begin + first + at), centred);
        running_d[j] += d;
        running_dc[j] += d * centred;
      });
      store(piece_d + first, combine(running_d));
      store(piece_dc + first, combine(running_dc));
    }
    for (int c = 0; c < kBlock; ++c) {
      total_d[c] += piece_d[c];
      total_dc[c] += piece_dc[c];
    }
  });
  for (int c = 0; c < kBlock; ++c) {
    sum_d[c] = total_d[c];
    sum_dc[c] = total_dc[c];
  }
}

template <typename T, int kBlock>
void backward_apply_of(T* dx, const T* dy, const T* x, const NormCoefficients& k, const float* offset,
                       const float* tilt, std::int64_t pixels) {
  for_each_piece<kBlock>(pixels, [&](std::int64_t begin, int count) {
    for (int first = 0; first < kBlock; first += kWidth) {
      const Column column(k, first);
      const Vec constant = load(offset + first), linear = load(tilt + first);
      for (std::int64_t at = begin + first; at < begin + count * kBlock; at += kBlock) {
        const Vec centred = load(x + at) - column.mean;
        const Vec d = column.through(load(dy + at), centred);
        store(dx + at, (column.scale * d - constant) - centred * linear);
      }
    }
  });
}

// ---- by block
// ----------------------------------------------------------------------------------------------

template <typename T>
void statistics(double* mean, double* m2, const T* x, std::int64_t pixels, int block) {
  block == 16 ? statistics_of<T, 16>(mean, m2, x, pixels) : statistics_of<T, 32>(mean, m2, x, pixels);
}

template <typename T>
void normalise(T* y, const T* x, const NormCoefficients& k, std::int64_t pixels, int block) {
  block == 16 ? normalise_of<T, 16>(y, x, k, pixels) : normalise_of<T, 32>(y, x, k, pixels);
}

template <typename T>
void backward_sums(double* sum_d, double* sum_dc, const T* dy, const T* x, const NormCoefficients& k,
                   std::int64_t pixels, int block) {
  block == 16 ? backward_sums_of<T, 16>(sum_d, sum_dc, dy, x, k, pixels)
              : backward_sums_of<T, 32>(sum_d, sum_dc, dy, x, k, pixels);
}

template <typename T>
void backward_apply(T* dx, const T* dy, const T* x, const NormCoefficients& k, const float* offset,
                    const float* tilt, std::int64_t pixels, int block) {
  block == 16 ? backward_apply_of<T, 16>(dx, dy, x, k, offset, tilt, pixels)
              : backward_apply_of<T, 32>(dx, dy, x, k, offset, tilt, pixels);
}

template <typename T>
constexpr NormPlaneLoops<T> kLoops{statistics<T>, normalise<T>, backward_sums<T>, backward_apply<T>};
constexpr NormPlaneKernels kKernels{kLoops<float>, kLoops<bf16>};

}  // namespace

const NormPlaneKernels& norm_plane_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
