// SPDX-License-Identifier: Apache-2.0
// kernels/neighbor_pairs/neighbor_pairs.hpp: the words of many cells at once, then a choice between four
// pixels without branches, for every channel with the same words.
#include "kernels/neighbor_pairs/neighbor_pairs_versions.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr int kCells = 4 * PhiloxGroups::kGroups;

/// The words of elements 4*first_group ... in their order.
void words_of(std::uint32_t* __restrict__ out, std::uint64_t first_group, int groups,
              const PhiloxStreamKey& key) {
  PhiloxGroups words;
  generate(words, first_group, groups, key);
  for (int i = 0; i < groups; ++i) {
    for (int r = 0; r < 4; ++r) {
      out[4 * i + r] = words.word[r][i];
    }
  }
}

inline std::uint32_t bits_of(float v) { return __builtin_bit_cast(std::uint32_t, v); }
/// a where the mask is all ones, b where it is zero.
inline std::uint32_t select(std::uint32_t mask, std::uint32_t a, std::uint32_t b) {
  return b ^ ((a ^ b) & mask);
}

/// The bits of neighbor_pairs_rule::pair_of, as masks over the pixels' bits: conditions would keep the
/// compiler from making vectors of this. The results overlap nothing (the op's contract).
void pick(float* __restrict__ first, float* __restrict__ second, const float* __restrict__ top,
          const float* __restrict__ bottom, const std::uint32_t* __restrict__ words, std::int64_t count) {
  for (std::int64_t x = 0; x < count; ++x) {
    const std::uint32_t column = 0u - (words[x] >> 31), which = 0u - ((words[x] >> 30) & 1u),
                        exchanged = 0u - ((words[x] >> 29) & 1u);
    const std::uint32_t t0 = bits_of(top[2 * x]), t1 = bits_of(top[2 * x + 1]);
    const std::uint32_t b0 = bits_of(bottom[2 * x]), b1 = bits_of(bottom[2 * x + 1]);
    const std::uint32_t p = select(column, select(which, t1, t0), select(which, b0, t0));
    const std::uint32_t q = select(column, select(which, b1, b0), select(which, b1, t1));
    first[x] = __builtin_bit_cast(float, select(exchanged, q, p));
    second[x] = __builtin_bit_cast(float, select(exchanged, p, q));
  }
}

void row(const CellRow& r, const PhiloxStreamKey& key) {
  alignas(64) std::uint32_t words[kCells];
  for (std::int64_t done = 0; done < r.count;) {
    // The first group of a row may begin before it.
    const std::uint64_t element = r.first_element + static_cast<std::uint64_t>(done);
    const std::int64_t skip = static_cast<std::int64_t>(element % 4);
    const std::int64_t count = r.count - done < kCells - skip ? r.count - done : kCells - skip;
    words_of(words, element / 4, static_cast<int>((skip + count + 3) / 4), key);
    for (std::int64_t c = 0; c < r.channels; ++c) {
      const float* top = r.image + c * r.image_plane + 2 * done;
      const std::int64_t to = c * r.result_plane + done;
      pick(r.first + to, r.second + to, top, top + 2 * r.count, words + skip, count);
    }
    done += count;
  }
}

constexpr NeighborPairsKernels kKernels{row};

}  // namespace

const NeighborPairsKernels& neighbor_pairs_kernels() { return kKernels; }

}  // namespace selfsame::SELFSAME_ISA
