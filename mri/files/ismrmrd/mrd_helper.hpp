// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "mri/files/helper_program.hpp"

namespace selfsame {

// What this program and its helper `selfsame-mrd` agree on; mri/files/helper_program.hpp has what all helpers
// have in common.
//
// libismrmrd brings libhdf5 with it, which is linked to helpers only:
//
//   selfsame-mrd write MEMORY SECONDS CLOCK VALUES OUT SLICES X Y FOV_X FOV_Y FOV_Z H1
//
// VALUES is a file of SLICES * Y * X floats, x the fastest, in this machine's byte order. OUT is written
// anew, under the name that it is given: whoever asks gives it a temporary one, and the right one when the
// answer says that all is written and the file closed. FOV_* are decimal numbers in mm, H1 is a frequency in
// Hz; 0 = unknown. The answer is empty.

inline constexpr HelperMagic kMrdMagic{"SELFMRD1", "SELFMRE1"};

}  // namespace selfsame
