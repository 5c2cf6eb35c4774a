// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/sim/thread_order.hpp"

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "kernels/base/error.hpp"

namespace selfsame::simulated {
namespace {

struct Choice {
  std::atomic<ThreadOrder> order{ThreadOrder::kForward};
  std::atomic<std::uint64_t> seed{1};
};

void read_environment(Choice& choice) {
  const char* const value = std::getenv("SELFSAME_SIM_ORDER");
  const std::string_view text = value == nullptr ? "forward" : value;
  if (text == "reverse") {
    choice.order = ThreadOrder::kReverse;
  } else if (text.starts_with("shuffled")) {
    choice.order = ThreadOrder::kShuffled;
    const std::string_view seed = text.substr(std::string_view("shuffled").size());
    std::uint64_t number = 1;
    const auto [end, error] =
        std::from_chars(seed.data() + (seed.empty() ? 0 : 1), seed.data() + seed.size(), number);
    if (!seed.empty() && (seed[0] != ':' || error != std::errc() || end != seed.data() + seed.size())) {
      fail(ErrorKind::kUsage, "SELFSAME_SIM_ORDER={}: expected shuffled:SEED with a whole number", text);
    }
    choice.seed = number;
  } else if (text != "forward") {
    fail(ErrorKind::kUsage, "SELFSAME_SIM_ORDER={}: known are forward, reverse, shuffled, shuffled:SEED",
         text);
  }
}

Choice& choice() {
  static Choice* const the_choice = [] {
    static Choice made;
    read_environment(made);
    return &made;
  }();
  return *the_choice;
}

}  // namespace

void set_thread_order(ThreadOrder order, std::uint64_t seed) {
  choice().order = order;
  choice().seed = seed;
}
ThreadOrder thread_order() { return choice().order; }
std::uint64_t thread_order_seed() { return choice().seed; }

/// splitmix64 (Steele, Lea, Flood 2014).
std::uint64_t OrderSource::next() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void OrderSource::fill(std::span<int> order) {
  const auto n = static_cast<int>(order.size());
  for (int i = 0; i < n; ++i) {
    order[static_cast<std::size_t>(i)] = order_ == ThreadOrder::kReverse ? n - 1 - i : i;
  }
  if (order_ != ThreadOrder::kShuffled) {
    return;
  }
  for (std::size_t i = order.size(); i > 1; --i) {
    const std::size_t other = (next() >> 32) % i;
    const int moved = order[other];
    order[other] = order[i - 1];
    order[i - 1] = moved;
  }
}

int OrderSource::lane_mask() {
  switch (order_) {
    case ThreadOrder::kForward:
      return 0;
    case ThreadOrder::kReverse:
      return 31;
    case ThreadOrder::kShuffled:
      return static_cast<int>(next() >> 59);
  }
  return 0;
}

}  // namespace selfsame::simulated
