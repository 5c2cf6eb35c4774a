// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "mri/files/helper_program.hpp"

namespace selfsame {

// What this program and its helper `selfsame-h5` agree on; mri/files/helper_program.hpp has what all helpers
// have in common.
//
// libhdf5 crashes and hangs on damaged files, so only helpers are linked to it:
//
//   selfsame-h5 describe MEMORY SECONDS CLOCK FILE WHAT...   WHAT: d:NAME data set, a:NAME attribute of the
//   root,
//                                                      t:NAME data set that is one text
//   selfsame-h5 read MEMORY SECONDS CLOCK FILE NAME FIRST COUNT VALUES
//
// The answer to `describe` is a message (mri/files/message_*.hpp), that to `read` VALUES floats. NAME is a
// name of the root group, or a path from there, GROUP/GROUP/NAME.
//
// Elements are converted to float; a compound of two numbers named r and i, or real and imag, to two floats.
// `read` takes the elements [FIRST, FIRST + COUNT) along the first dimension. An integer, a boolean and an
// enumeration are numbers. External and virtual data sets, links out of the file and filters that would have
// to be loaded are refused: a damaged file shall not make anybody read another.

inline constexpr HelperMagic kH5Magic{"SELFH5R1", "SELFH5E1"};
inline constexpr std::uint64_t kH5LongestText = 16 << 20;  ///< of an attribute or a header
inline constexpr int kH5MostDimensions = 8;
inline constexpr std::uint64_t kH5NoOffset = ~std::uint64_t{0};

/// How a `describe` begins each of its answers.
enum class H5Kind : std::uint8_t {
  kAbsent = 0,
  kReal = 1,     ///< data set: rank (u8), dimensions (u64 each), bytes of an element (u64), and where its
                 ///< floats stand in the file if they stand there one after the other as this machine has
                 ///< them, else kH5NoOffset (u64)
  kComplex = 2,  ///< the same
  kOther = 3,    ///< something else; nothing follows
  kNumber = 4,   ///< attribute: f64
  kText = 5,     ///< attribute or text: text
};

}  // namespace selfsame
