// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/sim/traffic.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

#include "kernels/device/sim/device_memory.hpp"
#include "kernels/device/sim/sim_state.hpp"

namespace selfsame::simulated {
namespace {

constexpr int kBanks = 32, kWordBytes = 4, kSectorBytes = 32;

struct Access {
  std::uint64_t address;
  const void* code;
  unsigned collectives;
  int bytes;
  bool shared, store;
};

/// One instruction: the place, the stretch between two collectives, and how often it came before in it.
using Instruction = std::tuple<const void*, unsigned, int, int, bool, bool>;
using Line = std::tuple<std::string, const void*, int, bool, bool>;

struct Recording {
  std::array<std::vector<Access>, kMaxBlockThreads> threads;
  std::map<Line, TrafficLine> lines;
};
Recording& recording() {
  static auto* const the_recording = new Recording;
  return *the_recording;
}

void add_warp(Recording& r, const char* kernel, int first) {
  std::map<Instruction, WarpAccess> warp;
  for (int lane = 0; lane < kLanes; ++lane) {
    std::map<std::pair<const void*, unsigned>, int> turns;
    for (const Access& a : r.threads[static_cast<std::size_t>(first + lane)]) {
      const int turn = turns[{a.code, a.collectives}]++;
      WarpAccess& access = warp[{a.code, a.collectives, turn, a.bytes, a.shared, a.store}];
      access.bytes = a.bytes;
      access.lanes |= 1u << lane;
      access.address[static_cast<std::size_t>(lane)] = a.address;
    }
  }
  for (const auto& [instruction, access] : warp) {
    const auto& [code, collectives, turn, bytes, shared, store] = instruction;
    TrafficLine& line = r.lines[{kernel, code, bytes, shared, store}];
    const Service service = shared ? shared_wavefronts(access) : global_sectors(access);
    line.kernel = kernel;
    line.code = code;
    line.shared = shared;
    line.store = store;
    line.bytes = bytes;
    ++line.instructions;
    line.accesses += std::popcount(access.lanes);
    line.service.served += service.served;
    line.service.least += service.least;
  }
}

}  // namespace

bool traffic_on = false;

Service shared_wavefronts(const WarpAccess& access) {
  const auto words_each = static_cast<unsigned>((access.bytes + kWordBytes - 1) / kWordBytes);
  const int part = kLanes / static_cast<int>(std::bit_ceil(words_each));
  Service service;
  for (int first = 0; first < kLanes; first += part) {
    std::vector<std::uint64_t> words;
    for (int lane = first; lane < first + part; ++lane) {
      if ((access.lanes >> lane & 1u) == 0) {
        continue;
      }
      const std::uint64_t from = access.address[static_cast<std::size_t>(lane)] / kWordBytes;
      const std::uint64_t last =
          (access.address[static_cast<std::size_t>(lane)] + static_cast<unsigned>(access.bytes) - 1) /
          kWordBytes;
      for (std::uint64_t word = from; word <= last; ++word) {
        words.push_back(word);
      }
    }
    if (words.empty()) {
      continue;
    }
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    std::array<int, kBanks> load{};
    for (const std::uint64_t word : words) {
      ++load[word % kBanks];
    }
    service.served += *std::max_element(load.begin(), load.end());
    ++service.least;
  }
  return service;
}

Service global_sectors(const WarpAccess& access) {
  std::vector<std::uint64_t> bytes;
  for (int lane = 0; lane < kLanes; ++lane) {
    for (int i = 0; (access.lanes >> lane & 1u) != 0 && i < access.bytes; ++i) {
      bytes.push_back(access.address[static_cast<std::size_t>(lane)] + static_cast<unsigned>(i));
    }
  }
  std::sort(bytes.begin(), bytes.end());
  bytes.erase(std::unique(bytes.begin(), bytes.end()), bytes.end());
  Service service;
  service.least = (static_cast<std::int64_t>(bytes.size()) + kSectorBytes - 1) / kSectorBytes;
  std::uint64_t before = ~std::uint64_t{0};
  for (const std::uint64_t byte : bytes) {
    service.served += byte / kSectorBytes != before ? 1 : 0;
    before = byte / kSectorBytes;
  }
  return service;
}

void start_traffic() {
  recording().lines.clear();
  for (auto& thread : recording().threads) {
    thread.clear();
  }
  traffic_on = true;
}

std::vector<TrafficLine> stop_traffic() {
  traffic_on = false;
  std::vector<TrafficLine> lines;
  for (const auto& [key, line] : recording().lines) {
    lines.push_back(line);
  }
  return lines;
}

void note_access(const void* address, std::size_t bytes, bool store, const void* code) {
  if (!in_kernel()) {
    return;
  }
  const bool shared = shared_memory().in_range(address);
  if (!shared && !DeviceMemory::instance().in_range(address)) {
    return;
  }
  recording().threads[static_cast<std::size_t>(current_thread->linear)].push_back(
      {reinterpret_cast<std::uintptr_t>(address), code, current_thread->collectives, static_cast<int>(bytes),
       shared, store});
}

void end_block_traffic(const char* kernel, int threads) {
  for (int first = 0; first < threads; first += kLanes) {
    add_warp(recording(), kernel, first);
  }
  for (auto& thread : recording().threads) {
    thread.clear();
  }
}

}  // namespace selfsame::simulated
