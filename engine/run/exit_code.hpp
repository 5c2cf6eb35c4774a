// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace selfsame {

/// Exit codes of the program beyond those of ErrorKind (kernels/base/error.hpp, 1 to 6).
inline constexpr int kExitDone = 0;
inline constexpr int kExitRefuted = 7;       ///< verify: something is not what it claims to be
inline constexpr int kExitPreempted = 75;     ///< stopped with a fresh checkpoint; running it again continues
inline constexpr int kExitInterrupted = 130;  ///< Ctrl-C

}  // namespace selfsame
