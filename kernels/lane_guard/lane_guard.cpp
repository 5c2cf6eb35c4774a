// SPDX-License-Identifier: Apache-2.0
#include "kernels/lane_guard/lane_guard.hpp"

#include "kernels/device/op_range.hpp"
#include "kernels/lane_guard/lane_guard_gpu.hpp"

namespace selfsame {

void judge_lanes(LaneVerdict* verdicts, OptimizerFactors* factors, const double* sample_losses,
                 const double* squares, std::int64_t samples_per_lane, std::int64_t lanes, double clip_norm,
                 Stream& stream) {
  const OpRange range(stream, "judge_lanes");
  SELFSAME_CHECK(samples_per_lane >= 1 && lanes >= 1 && clip_norm >= 0,
                 "{} samples in each of {} lanes, clip_norm {}", samples_per_lane, lanes, clip_norm);
  const LaneGuardArgs args{verdicts, factors, sample_losses, squares, samples_per_lane, lanes, clip_norm};
  switch (stream.device()) {
    case DeviceKind::kCpu:
      for (std::int64_t l = 0; l < lanes; ++l) {
        judge_lane(args, l);
      }
      return;
    case DeviceKind::kCuda:
      SELFSAME_IF_CUDA(cuda::lane_guard::judge(args, stream);)
      return;
    case DeviceKind::kSimulated:
      SELFSAME_IF_SIMULATED(simulated::lane_guard::judge(args, stream);)
      return;
  }
}

}  // namespace selfsame
