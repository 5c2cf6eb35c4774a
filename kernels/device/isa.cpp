// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/isa.hpp"

#include <cstdlib>
#include <string_view>

namespace selfsame {
namespace {

Isa highest() {
  Isa isa = Isa::kBaseline;
#if defined(SELFSAME_X86_SETS)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    isa = Isa::kAvx2;
  }
  if (isa == Isa::kAvx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")) {
    isa = Isa::kAvx512;
  }
#endif
  if (const char* limit = std::getenv("SELFSAME_ISA")) {
    const std::string_view name = limit;
    const Isa wanted = name == "baseline" ? Isa::kBaseline : name == "avx2" ? Isa::kAvx2 : Isa::kAvx512;
    isa = wanted < isa ? wanted : isa;
  }
  return isa;
}

}  // namespace

bool isa_available(Isa isa) {
  static const Isa best = highest();
  return isa <= best;
}

}  // namespace selfsame
