// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/sim/sim_state.hpp"

// cp.async: a copy is done when its thread waits for it and not before, so that a missing wait reads what was
// there.

namespace selfsame::simulated {

struct DueCopy {
  void* to = nullptr;
  const void* from = nullptr;  // null: zeros
};

/// Checks the addresses and notes the copy for the current thread.
void add_copy(void* to, const void* from, bool valid, const Where& where);
void commit_copies();
/// Takes the next copy that must be done when at most `allowed` groups may stay under way; false if there is
/// none.
[[nodiscard]] bool next_due_copy(int allowed, DueCopy& copy);

/// At the end of a thread. Errors: Error(kDevice) if it never waited for a copy.
void refuse_unwaited_copies(const Thread& thread);

}  // namespace selfsame::simulated
