// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/isa.hpp"

#include <cstdlib>
#include <string_view>

#if defined(SELFSAME_AMX)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

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

#if defined(SELFSAME_AMX)
bool find_amx() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (!isa_available(Isa::kAvx512) || std::getenv("SELFSAME_ISA") != nullptr ||
      __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) {
    return false;
  }
  constexpr unsigned kTile = 1u << 24, kBf16 = 1u << 22;  // in edx
  if ((edx & kTile) == 0 || (edx & kBf16) == 0 || __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) == 0) {
    return false;
  }
  constexpr unsigned kAvx512Bf16 = 1u << 5;  // in eax
  // The 8 KB of tile state are saved only for processes that asked: ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA.
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return (eax & kAvx512Bf16) != 0 && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif

}  // namespace

bool amx_available() {
#if defined(SELFSAME_AMX)
  static const bool available = find_amx();
  return available;
#else
  return false;
#endif
}

bool isa_available(Isa isa) {
  static const Isa best = highest();
  return isa <= best;
}

}  // namespace selfsame
