// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cmath>
#include <complex>
#include <string_view>
#include <vector>

#include "mri/coils/coil_ops.hpp"
#include "tests/support/op_contract.hpp"

// What the tests of the coil ops share: complex operands of an OpCase, which holds them as real tensors of
// twice the width, and bounds from the error of every element.

namespace selfsame::coil_cases {

using contract::Arguments;
using contract::Bounds;
using contract::OpCase;
using contract::Role;
using Complex = std::complex<double>;

inline constexpr double kRounding = 0x1p-24;  ///< of a float, relative

/// (N, C, H, W): one pixel, odd sizes, more pixels than a unit of work, many coils.
inline const std::vector<Shape4> kStacks = {{1, 1, 1, 1}, {2, 3, 5, 7}, {3, 4, 17, 33}, {1, 13, 8, 16}};

inline Shape4 parts(Shape4 complex) { return {complex.n, complex.c, complex.h, 2 * complex.w}; }
inline Shape4 image_of(Shape4 stack) { return {stack.n, 1, stack.h, stack.w}; }

inline ComplexView complex(const Arguments& a, std::string_view name) { return as_complex(a.tensor(name)); }

/// The complex numbers of an operand's values.
inline std::vector<Complex> numbers(const std::vector<double>& values) {
  std::vector<Complex> z(values.size() / 2);
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = {values[2 * i], values[2 * i + 1]};
  }
  return z;
}

/// Index of pixel i of plane (n, c) of a stack, and of the image, among their complex numbers.
struct Place {
  std::size_t stack, image;
};
/// Calls f(place) for every complex number of a stack, coils within samples.
template <typename F>
void for_each_place(Shape4 s, F&& f) {
  const std::int64_t plane = s.h * s.w;
  for (std::int64_t i = 0; i < s.count(); ++i) {
    f(Place{static_cast<std::size_t>(i), static_cast<std::size_t>(i / (s.c * plane) * plane + i % plane)});
  }
}

/// Bounds that hold if every element is off by no more than its entry of `errors`.
inline Bounds bounds_from(const std::vector<double>& errors, const std::vector<double>& want) {
  double error = 0, size = 0, largest_error = 0, largest = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    error += errors[i] * errors[i];
    size += want[i] * want[i];
    largest_error = std::max(largest_error, errors[i]);
    largest = std::max(largest, std::abs(want[i]));
  }
  constexpr double kHigherOrder = 1.001;  // products of roundings
  return {kHigherOrder * std::sqrt(error / size), kHigherOrder * largest_error / largest};
}

/// The same call with output `output` written over input `input`.
inline OpCase in_place(const OpCase& c, const std::string& output, const std::string& input,
                       std::function<void(const Arguments&, Stream&)> call) {
  OpCase one = c;
  std::erase_if(one.operands, [&](const contract::Operand& o) { return o.name == output; });
  one.operand(input).role = Role::kUpdated;
  one.call = std::move(call);
  return one;
}

}  // namespace selfsame::coil_cases
