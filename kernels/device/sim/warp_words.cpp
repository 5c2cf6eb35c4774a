// SPDX-License-Identifier: Apache-2.0
// Fragment layouts: PTX ISA, "Matrix fragments for mma.m16n8k16 / mma.m16n8k8" and "ldmatrix".
#include "kernels/device/sim/warp_words.hpp"

#include <fmt/format.h>

#include <bit>

namespace selfsame::simulated {
namespace {

struct ExchangeSlot {
  std::uint64_t in, out;
  int from;
};

struct VoteSlot {
  bool in;
  std::uint32_t out;
};

struct MatrixSlot {
  const MatrixRow* row;
  unsigned* r;
  int count;
  bool transposed;
};

struct MultiplySlot {
  float* d;
  const unsigned *a, *b;
};

template <typename Slot>
Slot& slot_of(void* const* slots, int lane) {
  return *static_cast<Slot*>(slots[lane]);
}

void combine_exchange(void* const* slots) {
  for (int lane = 0; lane < kLanes; ++lane) {
    auto& slot = slot_of<ExchangeSlot>(slots, lane);
    slot.out = slot_of<ExchangeSlot>(slots, slot.from < 0 ? lane : slot.from).in;
  }
}

void combine_vote(void* const* slots) {
  std::uint32_t votes = 0;
  for (int lane = 0; lane < kLanes; ++lane) {
    votes |= std::uint32_t{slot_of<VoteSlot>(slots, lane).in} << lane;
  }
  for (int lane = 0; lane < kLanes; ++lane) {
    slot_of<VoteSlot>(slots, lane).out = votes;
  }
}

/// Element (row, column) of matrix j: 16 bits.
std::uint32_t matrix_element(void* const* slots, int j, int row, int column) {
  const MatrixRow& r = *slot_of<MatrixSlot>(slots, 8 * j + row).row;
  return r.words[column / 2] >> (column % 2 * 16) & 0xffffu;
}

void combine_matrix(void* const* slots) {
  for (int lane = 0; lane < kLanes; ++lane) {
    const auto& slot = slot_of<MatrixSlot>(slots, lane);
    const int along = lane / 4, first = 2 * (lane % 4);
    for (int j = 0; j < slot.count; ++j) {
      slot.r[j] =
          slot.transposed
              ? matrix_element(slots, j, first, along) | matrix_element(slots, j, first + 1, along) << 16
              : matrix_element(slots, j, along, first) | matrix_element(slots, j, along, first + 1) << 16;
    }
  }
}

float low_bf16(unsigned pair) { return std::bit_cast<float>(pair << 16); }
float high_bf16(unsigned pair) { return std::bit_cast<float>(pair & 0xffff0000u); }
/// The hardware ignores the 13 lowest bits.
float as_tf32(unsigned bits) { return std::bit_cast<float>(bits & 0xffffe000u); }

/// d += a * b for one 16x8 tile; products are exact in float, sums are rounded in the order of k.
template <int K>
void multiply(void* const* slots, const float (&a)[16][K], const float (&b)[K][8]) {
  for (int row = 0; row < 16; ++row) {
    const int group = row % 8, half = row / 8 * 2;
    float sum[8];
    for (int n = 0; n < 8; ++n) {
      sum[n] = slot_of<MultiplySlot>(slots, group * 4 + n / 2).d[half + n % 2];
    }
    for (int k = 0; k < K; ++k) {
      for (int n = 0; n < 8; ++n) {
        sum[n] += a[row][k] * b[k][n];
      }
    }
    for (int n = 0; n < 8; ++n) {
      slot_of<MultiplySlot>(slots, group * 4 + n / 2).d[half + n % 2] = sum[n];
    }
  }
}

void combine_bf16(void* const* slots) {
  float a[16][16], b[16][8];
  for (int lane = 0; lane < kLanes; ++lane) {
    const auto& slot = slot_of<MultiplySlot>(slots, lane);
    const int group = lane / 4, pair = 2 * (lane % 4);
    for (int i = 0; i < 4; ++i) {
      const int row = group + i % 2 * 8, column = pair + i / 2 * 8;
      a[row][column] = low_bf16(slot.a[i]);
      a[row][column + 1] = high_bf16(slot.a[i]);
    }
    for (int i = 0; i < 2; ++i) {
      b[pair + 8 * i][group] = low_bf16(slot.b[i]);
      b[pair + 8 * i + 1][group] = high_bf16(slot.b[i]);
    }
  }
  multiply(slots, a, b);
}

void combine_tf32(void* const* slots) {
  float a[16][8], b[8][8];
  for (int lane = 0; lane < kLanes; ++lane) {
    const auto& slot = slot_of<MultiplySlot>(slots, lane);
    const int group = lane / 4, column = lane % 4;
    for (int i = 0; i < 4; ++i) {
      a[group + i % 2 * 8][column + i / 2 * 4] = as_tf32(slot.a[i]);
    }
    for (int i = 0; i < 2; ++i) {
      b[column + 4 * i][group] = as_tf32(slot.b[i]);
    }
  }
  multiply(slots, a, b);
}

}  // namespace

int own_lane() { return current_thread->linear % kLanes; }

void check_lane(const char* word, const char* what, int lane, const Where& where) {
  if (lane < 0 || lane >= kLanes) {
    refuse(
        fmt::format("{} at {}: {} is {}, allowed are 0 to {}", word, text_of(where), what, lane, kLanes - 1));
  }
}

std::uint64_t exchange(const char* word, std::uint64_t value, int from, const Where& where) {
  ExchangeSlot slot{value, 0, from};
  warp_collective(word, where, &slot, &combine_exchange);
  return slot.out;
}

std::uint32_t vote(const char* word, bool value, const Where& where) {
  VoteSlot slot{value, 0};
  warp_collective(word, where, &slot, &combine_vote);
  return slot.out;
}

void check_matrix_row(const char* word, const void* row, const Where& where) {
  if (reinterpret_cast<std::uintptr_t>(row) % sizeof(MatrixRow) != 0) {
    refuse(fmt::format("{} at {}: the row address {} is not a multiple of 16", word, text_of(where), row));
  }
  if (!shared_memory().holds(row, sizeof(MatrixRow))) {
    refuse(fmt::format("{} at {}: the row {} is not within shared memory of this block{}", word,
                       text_of(where), row,
                       shared_memory().in_range(row) ? ", but " + shared_memory().describe(row) : ""));
  }
}

void exchange_matrix(const char* word, const MatrixRow& row, unsigned* r, int count, bool transposed,
                     const Where& where) {
  MatrixSlot slot{&row, r, count, transposed};
  warp_collective(word, where, &slot, &combine_matrix);
}

void multiply_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const Where& where) {
  MultiplySlot slot{d, a, b};
  warp_collective("mma_bf16", where, &slot, &combine_bf16);
}

void multiply_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const Where& where) {
  MultiplySlot slot{d, a, b};
  warp_collective("mma_tf32", where, &slot, &combine_tf32);
}

void* shared_array(const void* site, const char* name, std::size_t bytes, const Where& where) {
  if (!in_kernel()) {
    refuse(fmt::format("SELFSAME_SHARED {}", name));
  }
  SharedMemory& shared = shared_memory();
  void* const data = shared.array(site, name, bytes, where);
  if (data == nullptr) {
    refuse(fmt::format(
        "the shared array {} at {} needs {} bytes, but {} bytes of static and {} bytes of dynamic "
        "shared memory are in use; allowed are {} static and {} in all",
        name, text_of(where), bytes, shared.static_bytes(), shared.dynamic_bytes(),
        SharedMemory::kMaxStaticBytes, SharedMemory::kMaxBytes));
  }
  return data;
}

void* dynamic_shared_memory() {
  if (!in_kernel()) {
    refuse("dynamic_shared");
  }
  return shared_memory().dynamic();
}

void check_device_assert(bool condition, const Where& where) {
  if (!condition) {
    refuse(fmt::format("device_assert failed at {}", text_of(where)));
  }
}

}  // namespace selfsame::simulated
