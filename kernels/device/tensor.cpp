// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/tensor.hpp"

namespace selfsame {

const char* name_of(DType t) {
  return t == DType::kF64 ? "float64" : t == DType::kF32 ? "float32" : "bfloat16";
}

std::string Shape4::text() const { return fmt::format("({}, {}, {}, {})", n, c, h, w); }

}  // namespace selfsame
