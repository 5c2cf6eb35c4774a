// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace selfsame {

// Helper programs: small programs beside `selfsame` that alone are linked to a library which may crash or
// hang. One process serves one request:
//
//   HELPER VERB MEMORY SECONDS CLOCK ...
//
// MEMORY (bytes of address space), SECONDS (of processor time) and CLOCK (seconds of wall clock, and one
// more) are limits that it sets for itself before anything else (mri/files/helper_main.hpp). The answer goes
// to standard output: a magic number of 8 bytes, the size of what follows (u64), and that, which is a text
// that says why if the magic number is that of a refusal.

inline constexpr std::uint64_t kHelperPrefixBytes = 16;
inline constexpr std::uint64_t kHelperLongestRefusal = 1000;

/// The two magic numbers of a helper.
struct HelperMagic {
  const char *answer, *refusal;  ///< 8 bytes each
};

struct HelperLimits {
  double seconds = 10;                     ///< wall clock
  double processor_seconds = 1;            ///< rounded up to whole ones
  std::uint64_t memory_bytes = 0;          ///< address space
  std::uint64_t longest_answer_bytes = 0;  ///< without the prefix
};

struct HelperAnswer {
  std::string failure;  ///< of the process: a crash, no end, an answer that is none; or empty
  std::string refusal;  ///< the helper's own reason, in one line of printable characters; or empty
  std::string content;  ///< the answer, if neither
};

/// The program of that name in the folder of the running program or the one above it, where the build and the
/// bundle put it; empty if there is none.
[[nodiscard]] std::filesystem::path find_helper_program(const std::string& name);

/// One request, in a process of its own (mri/files/isolated_process.hpp).
/// @param words  the verb and what follows the limits, which are put between. Never throws but
/// std::bad_alloc.
[[nodiscard]] HelperAnswer ask_helper(const std::filesystem::path& program, const HelperMagic& magic,
                                      std::vector<std::string> words, const HelperLimits& limits);

}  // namespace selfsame
