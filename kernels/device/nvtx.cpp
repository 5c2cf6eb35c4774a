// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/nvtx.hpp"

#if defined(SELFSAME_CUDA)
#include <nvtx3/nvToolsExt.h>  // headers only: looks for a profiler's library at the first call
#endif

namespace selfsame {

#if defined(SELFSAME_CUDA)
ProfilerRange::ProfilerRange(const char* name) { nvtxRangePushA(name); }
ProfilerRange::~ProfilerRange() { nvtxRangePop(); }
#else
ProfilerRange::ProfilerRange(const char*) {}
ProfilerRange::~ProfilerRange() = default;
#endif

}  // namespace selfsame
