// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// How well the loads and stores of a kernel suit a GPU's memories: what shared memory and the L2 cache would
// have to do for each instruction of a warp, against the least that its bytes need.
//
// Accesses are seen only in programs whose kernels are compiled with calls to access_hooks.cpp (target
// selfsame_traffic, scripts/kernel_traffic.sh). Instructions are put together from the lanes' own accesses:
// those of one place in the code, between the same two collectives, counted alike. That is exact where lanes
// run the same loops; where they diverge it may pair accesses of different turns.

namespace selfsame::simulated {

/// One load or store of a warp.
struct WarpAccess {
  std::array<std::uint64_t, 32> address{};
  std::uint32_t lanes = 0;  ///< which take part
  int bytes = 0;            ///< of one lane: 1, 2, 4, 8 or 16
};

struct Service {
  std::int64_t served = 0, least = 0;
};

/// Wavefronts of shared memory. 32 banks of 4 bytes give one word each at a time, to any number of lanes;
/// 8-byte accesses are served by half warps and 16-byte accesses by quarters. Least: one for each such part.
/// Source: NVIDIA, CUDA C++ Programming Guide, "Shared Memory" of compute capability 5.x and later.
[[nodiscard]] Service shared_wavefronts(const WarpAccess& access);
/// Sectors of 32 bytes that a warp touches in global memory. Least: as many as its distinct bytes fill.
[[nodiscard]] Service global_sectors(const WarpAccess& access);

/// All instructions of one place of a kernel.
struct TrafficLine {
  std::string kernel;          ///< the name it is launched by
  const void* code = nullptr;  ///< return address within the kernel
  bool shared = false, store = false;
  int bytes = 0;
  std::int64_t instructions = 0, accesses = 0;
  Service service;  ///< wavefronts or sectors
};

/// Starts anew. One recording at a time; kernels must not be running.
void start_traffic();
/// Ends the recording: the lines in the order of kernel, then place.
[[nodiscard]] std::vector<TrafficLine> stop_traffic();

/// Whether accesses are recorded.
extern bool traffic_on;
/// An access of the running thread; those that are neither to shared nor to device memory are left out.
void note_access(const void* address, std::size_t bytes, bool store, const void* code);
/// After the last thread of a block has returned.
void end_block_traffic(const char* kernel, int threads);

}  // namespace selfsame::simulated
