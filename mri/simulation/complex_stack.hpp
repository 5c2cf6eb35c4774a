// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <cstdint>
#include <vector>

#include "kernels/device/complex_view.hpp"

namespace selfsame {

/// Complex planes in the host's memory, (coils, h, w), rows contiguous: k-space of one slice, coil maps, or,
/// with one coil, a complex image.
struct ComplexStack {
  std::int64_t coils = 0, h = 0, w = 0;
  std::vector<std::complex<float>> values;

  ComplexStack() = default;
  ComplexStack(std::int64_t coils_, std::int64_t h_, std::int64_t w_) : coils(coils_), h(h_), w(w_) {
    SELFSAME_CHECK(coils >= 1 && h >= 1 && w >= 1, "({}, {}, {})", coils, h, w);
    values.resize(static_cast<std::size_t>(coils * h * w));
  }

  [[nodiscard]] std::int64_t plane() const { return h * w; }
  [[nodiscard]] std::complex<float>& at(std::int64_t c, std::int64_t y, std::int64_t x) {
    return values[static_cast<std::size_t>((c * h + y) * w + x)];
  }
  [[nodiscard]] const std::complex<float>& at(std::int64_t c, std::int64_t y, std::int64_t x) const {
    return values[static_cast<std::size_t>((c * h + y) * w + x)];
  }
  [[nodiscard]] ComplexView view() { return {values.data(), DType::kF32, {1, coils, h, w}}; }
  [[nodiscard]] ConstComplexView view() const { return {values.data(), DType::kF32, {1, coils, h, w}}; }
};

}  // namespace selfsame
