// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/gpu/gpu_versions.hpp"
#include "kernels/lane_guard/lane_guard_rule.hpp"

// The function of lane_guard_gpu.cu. Private to this folder.

namespace selfsame {

SELFSAME_DECLARE_GPU(namespace lane_guard { void judge(const LaneGuardArgs& args, Stream& stream); })

}  // namespace selfsame
