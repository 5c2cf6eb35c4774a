// SPDX-License-Identifier: Apache-2.0
// Filters in and out of Winograd's points (kernels/conv2d/conv2d_winograd_kernels.hpp; the matrix G is in
// conv2d_winograd_simd.cpp), 16 output channels at a time.
#include "kernels/conv2d/conv2d_winograd_vector.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

struct Six {
  Vec v[6];
};
/// G g
inline Six filter_points(Vec g0, Vec g1, Vec g2) {
  const Vec even1 = (g0 + g2) * (-1.0f / 6), even2 = g0 * (1.0f / 24) + g2 * (1.0f / 6);
  return {{g0 * 0.25f, even1 - g1 * (1.0f / 6), even1 + g1 * (1.0f / 6), even2 + g1 * (1.0f / 12),
           even2 - g1 * (1.0f / 12), g2}};
}

struct Three {
  Vec v[3];
};

/// G^T s
inline Three weight_values(Vec s0, Vec s1, Vec s2, Vec s3, Vec s4, Vec s5) {
  const Vec sum1 = s1 + s2, sum2 = s3 + s4;
  return {{(s0 * 0.25f - sum1 * (1.0f / 6)) + sum2 * (1.0f / 24),
           (s2 - s1) * (1.0f / 6) + (s3 - s4) * (1.0f / 12), s5 + (sum2 - sum1) * (1.0f / 6)}};
}

// A filter's weights lie apart in memory: blocks of kWidth x kWidth are turned in registers.

typedef int Lanes __attribute__((vector_size(kWidth * 4)));

/// Exchanges, in every pair of rows `kStep` apart, the off-diagonal squares of that size.
template <int kStep>
inline void exchange(Vec* rows) {
  Lanes low, high;
  for (int l = 0; l < kWidth; ++l) {
    low[l] = (l & kStep) != 0 ? kWidth + l - kStep : l;
    high[l] = (l & kStep) != 0 ? kWidth + l : l + kStep;
  }
#pragma GCC unroll 16
  for (int r = 0; r < kWidth; ++r) {
    if ((r & kStep) == 0) {
      const Vec a = rows[r], b = rows[r + kStep];
      rows[r] = __builtin_shuffle(a, b, low);
      rows[r + kStep] = __builtin_shuffle(a, b, high);
    }
  }
}

inline void transpose(Vec* rows) {
  exchange<1>(rows);
  exchange<2>(rows);
  if constexpr (kWidth > 4) {
    exchange<4>(rows);
  }
  if constexpr (kWidth > 8) {
    exchange<8>(rows);
  }
}

/// taps (16 in, 9, 16 out) of full blocks whose weights of one output are contiguous over (in, tap).
void gather_by_output(float* taps, const float* w, std::ptrdiff_t out_stride) {
  for (int part = 0; part < kConvBlock; part += kWidth) {
    for (int j = 0; j < 9 * kConvBlock; j += kWidth) {
      Vec rows[kWidth];
#pragma GCC unroll 16
      for (int o = 0; o < kWidth; ++o) {
        rows[o] = load(w + (part + o) * out_stride + j);
      }
      transpose(rows);
#pragma GCC unroll 16
      for (int i = 0; i < kWidth; ++i) {
        store(taps + (j + i) * kConvBlock + part, rows[i]);
      }
    }
  }
}

/// The same where the weights of one input are contiguous over (out, tap).
void gather_by_input(float* taps, const float* w, std::ptrdiff_t in_stride) {
  constexpr int kAll = 9 * kConvBlock, kWhole = 9 / kWidth * kWidth;  // taps in whole vectors
  for (int c = 0; c < kConvBlock; ++c, w += in_stride, taps += kAll) {
    for (int part = 0; part < kConvBlock; part += kWidth) {
      for (int j = 0; j < (kWhole == 0 ? 9 : kWhole); j += kWidth) {
        Vec rows[kWidth];
#pragma GCC unroll 16
        for (int o = 0; o < kWidth; ++o) {
          // Nothing is read beyond the last weight.
          const int at = (part + o) * 9 + j, over = at + kWidth - kAll;
          if (over <= 0) {
            rows[o] = load(w + at);
          } else {
            float tail[kWidth] = {};
            for (int l = 0; l < kAll - at; ++l) {
              tail[l] = w[at + l];
            }
            rows[o] = load(tail);
          }
        }
        transpose(rows);
#pragma GCC unroll 16
        for (int i = 0; i < (kWidth < 9 ? kWidth : 9); ++i) {
          store(taps + (j + i) * kConvBlock + part, rows[i]);
        }
      }
      for (int j = kWhole == 0 ? 9 : kWhole; j < 9; ++j) {
        for (int o = part; o < part + kWidth; ++o) {
          taps[j * kConvBlock + o] = w[o * 9 + j];
        }
      }
    }
  }
}

/// taps (16 in, 9, 16 out) with zeros for the outputs that a short block lacks.
void gather(float* taps, const WinogradFilterJob& job, int out_block) {
  const int start = job.out.start[out_block], count = job.out.count[out_block];
  const float* w = job.w + start * job.out_stride + job.in_start * job.in_stride;
  if (count == kConvBlock && job.in_count == kConvBlock && job.in_stride == 9) {
    gather_by_output(taps, w, job.out_stride);
  } else if (count == kConvBlock && job.in_count == kConvBlock && job.out_stride == 9) {
    gather_by_input(taps, w, job.in_stride);
  } else {
    for (int c = 0; c < job.in_count; ++c) {
      for (int tap = 0; tap < 9; ++tap) {
        for (int o = 0; o < kConvBlock; ++o) {
          taps[(c * 9 + tap) * kConvBlock + o] =
              o < count ? w[o * job.out_stride + c * job.in_stride + tap] : 0.0f;
        }
      }
    }
  }
}

}  // namespace

void winograd_filter(const WinogradFilterJob& job) {
  const int width = job.group * kConvBlock;
  // A filter that runs backwards is read from its last tap to its first.
  const int first = job.flipped ? 8 * kConvBlock : 0, step = job.flipped ? -kConvBlock : kConvBlock;
  float taps[kConvBlock * 9 * kConvBlock];
  for (int g = 0; g < job.group; ++g) {
    gather(taps, job, job.out_block + g);
    for (int c = 0; c < job.in_count; ++c) {
      for (int part = 0; part < kConvBlock; part += kWidth) {
        const float* from = taps + c * 9 * kConvBlock + first + part;
        float* to = job.u + c * width + g * kConvBlock + part;
        Six columns[3];
#pragma GCC unroll 3
        for (int j = 0; j < 3; ++j) {
          columns[j] =
              filter_points(load(from + j * step), load(from + (3 + j) * step), load(from + (6 + j) * step));
        }
#pragma GCC unroll 6
        for (int i = 0; i < kPoints; ++i) {
          const Six row = filter_points(columns[0].v[i], columns[1].v[i], columns[2].v[i]);
#pragma GCC unroll 6
          for (int j = 0; j < kPoints; ++j) {
            store(to + (i * kPoints + j) * job.u_position, row.v[j]);
          }
        }
      }
    }
  }
}

void winograd_weight_output(float* dw, const float* sums, int g, int group) {
  const int width = group * kConvBlock;
  const std::ptrdiff_t position = static_cast<std::ptrdiff_t>(kConvBlock) * width;
  for (int c = 0; c < kConvBlock; ++c) {
    for (int part = 0; part < kConvBlock; part += kWidth) {
      Three columns[kPoints];
#pragma GCC unroll 6
      for (int j = 0; j < kPoints; ++j) {
        const float* at = sums + j * position + c * width + g * kConvBlock + part;
        const std::ptrdiff_t step = kPoints * position;
        columns[j] = weight_values(load(at), load(at + step), load(at + 2 * step), load(at + 3 * step),
                                   load(at + 4 * step), load(at + 5 * step));
      }
#pragma GCC unroll 3
      for (int i = 0; i < 3; ++i) {
        const Three row = weight_values(columns[0].v[i], columns[1].v[i], columns[2].v[i], columns[3].v[i],
                                        columns[4].v[i], columns[5].v[i]);
#pragma GCC unroll 3
        for (int j = 0; j < 3; ++j) {
          store(dw + (c * 9 + i * 3 + j) * kConvBlock + part, row.v[j]);
        }
      }
    }
  }
}

void winograd_weight_add(float* dw, std::ptrdiff_t out_stride, const float* sums, int outs, int ins) {
  if (outs == kConvBlock && ins == kConvBlock) {
    for (int part = 0; part < kConvBlock; part += kWidth) {
      for (int j = 0; j < 9 * kConvBlock; j += kWidth) {
        Vec rows[kWidth];
#pragma GCC unroll 16
        for (int i = 0; i < kWidth; ++i) {
          rows[i] = load(sums + (j + i) * kConvBlock + part);
        }
        transpose(rows);
#pragma GCC unroll 16
        for (int o = 0; o < kWidth; ++o) {
          float* to = dw + (part + o) * out_stride + j;
          store(to, load(to) + rows[o]);
        }
      }
    }
    return;
  }
  for (int o = 0; o < outs; ++o) {
    for (int j = 0; j < ins * 9; ++j) {
      dw[o * out_stride + j] += sums[j * kConvBlock + o];
    }
  }
}

}  // namespace selfsame::SELFSAME_ISA
