// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/bf16.hpp"

namespace selfsame {

/// The loops of an op over activations stored as float and as bf16: one source, two instances, in one table.
template <template <typename> class Loops>
struct StoredTypes {
  Loops<float> in_float;
  Loops<bf16> in_bf16;
  /// Those for the type of the argument.
  [[nodiscard]] const Loops<float>& of(float) const { return in_float; }
  [[nodiscard]] const Loops<bf16>& of(bf16) const { return in_bf16; }
};

}  // namespace selfsame
