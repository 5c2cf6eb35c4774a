// SPDX-License-Identifier: Apache-2.0
// The definition of correct for kernels/neighbor_pairs/neighbor_pairs.hpp: float or double storage.
#include "kernels/neighbor_pairs/neighbor_pairs_reference.hpp"

#include "kernels/device/elementwise.hpp"
#include "kernels/neighbor_pairs/neighbor_pairs_rule.hpp"

namespace selfsame::neighbor_pairs_reference {

void neighbor_pairs(TensorView first, TensorView second, ConstTensorView image,
                    std::span<const SampleOrigin> origins, Stream& stream) {
  elementwise::for_dtype(image.dtype, [&](auto zero) {
    using Real = decltype(zero);
    elementwise::for_each_element(first.shape, stream, [&](auto n, auto c, auto i, auto j) {
      const RandomStream random = neighbor_pairs_rule::stream_of(origins[static_cast<std::size_t>(n)]);
      const auto cell = static_cast<std::uint64_t>(i * first.shape.w + j);
      const auto pair = neighbor_pairs_rule::pair_of(random.word(cell));
      first.at<Real>(n, c, i, j) = image.at<Real>(n, c, 2 * i + pair.first_row, 2 * j + pair.first_column);
      second.at<Real>(n, c, i, j) = image.at<Real>(n, c, 2 * i + pair.second_row, 2 * j + pair.second_column);
    });
  });
}

}  // namespace selfsame::neighbor_pairs_reference
