// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace selfsame::norm_gpu {

inline constexpr int kBlock = 8;      // channels
inline constexpr int kThreads = 256;  // of a block, eight warps
/// Pixels that a block holds in registers: 1024 * 8 channels / 256 threads are 32 values a thread. A plane of
/// at most this many is read once; larger ones are cut into such pieces, by their size alone.
inline constexpr std::int64_t kPiece = 1024;

[[nodiscard]] constexpr std::int64_t pieces_of(std::int64_t pixels) { return (pixels + kPiece - 1) / kPiece; }

}  // namespace selfsame::norm_gpu
