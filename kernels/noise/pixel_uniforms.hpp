// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/bf16.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {

/// Uniforms in (0, 1) with 53 bits, two per Philox group, from a substream that belongs to one pixel: groups
/// 2^63 + pixel*2^12 + 0, 1, ... For samplers that reject; on the host and on GPUs.
class PixelUniforms {
 public:
  SELFSAME_HOST_DEVICE PixelUniforms(const RandomStream& random, std::uint64_t pixel)
      : random_(random), group_((std::uint64_t{1} << 63) | (pixel << 12)) {}
  SELFSAME_HOST_DEVICE double next() {
    std::uint64_t bits = second_;
    if (!has_second_) {
      const Philox::Counter words = random_.words(group_++);
      bits = (std::uint64_t{words[0]} << 32) | words[1];
      second_ = (std::uint64_t{words[2]} << 32) | words[3];
    }
    has_second_ = !has_second_;
    return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
  }

 private:
  const RandomStream& random_;
  std::uint64_t group_, second_ = 0;
  bool has_second_ = false;
};

}  // namespace selfsame
