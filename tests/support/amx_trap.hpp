// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

// Runs the AMX instructions of compiled code on a processor without AMX: the processor refuses each one
// (SIGILL), and the handler reads the bytes of the instruction, does what it says, and goes on behind it. So
// what is tested is the compiled code itself: the order of operands, strides, the tile configuration, what
// the compiler keeps in registers. The arithmetic is the processor's own scalar fused multiply-add with
// denormals as zero, which is what TDPBF16PS is defined by (Intel, Architecture Instruction Set Extensions
// Programming Reference); it shares no code with EmulatedTiles.
//
// Known: LDTILECFG, TILERELEASE, TILEZERO, TILELOADD, TILELOADDT1, TILESTORED, TDPBF16PS. Anything else ends
// the process as it would without the trap.

namespace selfsame::test {

class AmxTrap {
 public:
  /// Whether this processor runs everything in the *_amx.cpp files but the tiles: AVX-512 with BF16, no AMX.
  [[nodiscard]] static bool possible();

  /// One at a time, and only code of the thread that made it may use tiles.
  AmxTrap();
  ~AmxTrap();
  AmxTrap(const AmxTrap&) = delete;
  AmxTrap& operator=(const AmxTrap&) = delete;

  struct Counts {
    std::int64_t configurations = 0, releases = 0, zeros = 0, loads = 0, stores = 0, products = 0;
  };
  [[nodiscard]] const Counts& executed() const;
};

}  // namespace selfsame::test
