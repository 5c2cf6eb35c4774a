// SPDX-License-Identifier: Apache-2.0
#include "tests/support/amx_trap.hpp"

#include "kernels/base/error.hpp"
#include "kernels/device/isa.hpp"

#if defined(SELFSAME_AMX)
#include <cpuid.h>
#include <immintrin.h>
#include <signal.h>
#include <ucontext.h>

#include <cstring>

namespace selfsame::test {
namespace {

struct State {
  bool configured = false;
  int rows[8] = {}, row_bytes[8] = {};
  alignas(64) unsigned char tiles[8][16 * 64] = {};
  AmxTrap::Counts counts;
  struct sigaction before {};
};
State* state = nullptr;  // of the one trap

// General registers by their number in an instruction.
constexpr int kRegisters[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

/// A VEX instruction of map 0F38 with W = 0 and L = 0, and the memory that its ModRM byte names.
class Instruction {
 public:
  explicit Instruction(const ucontext_t& context) : at_(context.uc_mcontext.gregs) {
    auto* code = reinterpret_cast<const unsigned char*>(at_[REG_RIP]);
    if (code[0] != 0xc4 || (code[1] & 0x1f) != 2 || (code[2] & 0x84) != 0) {
      return;
    }
    const int extend_register = (code[1] & 0x80) == 0 ? 8 : 0;
    const int extend_index = (code[1] & 0x40) == 0 ? 8 : 0, extend_base = (code[1] & 0x20) == 0 ? 8 : 0;
    vvvv = ~(code[2] >> 3) & 15;
    prefix = code[2] & 3;
    opcode = code[3];
    const int modrm = code[4], mode = modrm >> 6, low = modrm & 7;
    reg = (modrm >> 3 & 7) + extend_register;
    rm = low + extend_base;
    code += 5;
    memory = mode != 3;
    if (memory) {
      int base = rm;
      bool relative = false, absolute = false;
      if (low == 4) {
        const int sib = *code++, index = (sib >> 3 & 7) + extend_index;
        base = (sib & 7) + extend_base;
        stride = index == 4 ? 0 : general(index) << (sib >> 6);
        has_sib = true;
        absolute = mode == 0 && (sib & 7) == 5;
      } else {
        relative = mode == 0 && low == 5;
      }
      std::int64_t displacement = 0;
      if (mode == 1) {
        displacement = static_cast<signed char>(*code++);
      } else if (mode == 2 || relative || absolute) {
        std::int32_t wide = 0;
        std::memcpy(&wide, code, sizeof wide);
        displacement = wide;
        code += 4;
      }
      const std::int64_t from = relative   ? reinterpret_cast<std::int64_t>(code)
                                : absolute ? 0
                                           : general(base);
      address = reinterpret_cast<unsigned char*>(from + displacement);
    }
    next = reinterpret_cast<std::int64_t>(code);
  }

  int opcode = -1, prefix = 0;  ///< prefix: 0 none, 1 = 66, 2 = F3, 3 = F2
  int reg = 0, rm = 0, vvvv = 0;
  bool memory = false, has_sib = false;
  unsigned char* address = nullptr;
  std::int64_t stride = 0;  ///< index times scale
  std::int64_t next = 0;

 private:
  [[nodiscard]] std::int64_t general(int number) const { return at_[kRegisters[number]]; }
  const greg_t* at_;
};

bool configure(const unsigned char* from) {
  if (from[0] != 1 || from[1] != 0) {  // palette 1, first row 0
    return false;
  }
  for (int t = 0; t < 8; ++t) {
    std::uint16_t bytes = 0;
    std::memcpy(&bytes, from + 16 + 2 * t, sizeof bytes);
    state->rows[t] = from[48 + t];
    state->row_bytes[t] = bytes;
    if (state->rows[t] > 16 || bytes > 64 || bytes % 4 != 0) {
      return false;
    }
  }
  std::memset(state->tiles, 0, sizeof state->tiles);
  state->configured = true;
  ++state->counts.configurations;
  return true;
}

void move_tile(const Instruction& i, bool store) {
  unsigned char* tile = state->tiles[i.reg];
  if (!store) {
    std::memset(tile, 0, sizeof state->tiles[0]);
  }
  const auto bytes = static_cast<std::size_t>(state->row_bytes[i.reg]);
  for (int row = 0; row < state->rows[i.reg]; ++row) {
    unsigned char* memory = i.address + row * i.stride;
    std::memcpy(store ? memory : tile + row * 64, store ? tile + row * 64 : memory, bytes);
  }
  ++(store ? state->counts.stores : state->counts.loads);
}

/// a * b + c of the lowest elements, by one instruction that heeds MXCSR.
__attribute__((target("fma"))) float fused(float a, float b, float c) {
  return _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(a), _mm_set_ss(b), _mm_set_ss(c)));
}

float widened(const unsigned char* from) {
  std::uint16_t half = 0;
  std::memcpy(&half, from, sizeof half);
  const std::uint32_t bits = static_cast<std::uint32_t>(half) << 16;
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Not inlined: nothing of it may move across a change of MXCSR.
__attribute__((noinline)) void add_product(int c, int a, int b) {
  for (int m = 0; m < state->rows[c]; ++m) {
    for (int n = 0; n < state->row_bytes[c] / 4; ++n) {
      float even = 0, odd = 0;
      for (int k = 0; k < state->rows[b]; ++k) {
        const unsigned char* left = state->tiles[a] + m * 64 + 4 * k;
        const unsigned char* right = state->tiles[b] + k * 64 + 4 * n;
        even = fused(widened(left), widened(right), even);
        odd = fused(widened(left + 2), widened(right + 2), odd);
      }
      float sum = 0;
      unsigned char* to = state->tiles[c] + m * 64 + 4 * n;
      std::memcpy(&sum, to, sizeof sum);
      sum = _mm_cvtss_f32(_mm_add_ss(_mm_set_ss(sum), _mm_add_ss(_mm_set_ss(even), _mm_set_ss(odd))));
      std::memcpy(to, &sum, sizeof sum);
    }
  }
}

bool multiply(const Instruction& i) {
  const int c = i.reg, a = i.rm, b = i.vvvv;
  if (c > 7 || a > 7 || b > 7 || c == a || c == b || a == b || state->rows[c] != state->rows[a] ||
      state->row_bytes[a] / 4 != state->rows[b] || state->row_bytes[b] != state->row_bytes[c]) {
    return false;
  }
  const unsigned before = _mm_getcsr();
  _mm_setcsr(0x9fc0);  // denormals are zero, results flush to zero, nearest even, no exceptions
  add_product(c, a, b);
  _mm_setcsr(before);
  ++state->counts.products;
  return true;
}

bool execute(const Instruction& i) {
  if (i.opcode == 0x49 && i.prefix == 0 && i.memory && i.reg == 0) {
    return configure(i.address);
  }
  if (!state->configured) {
    return false;
  }
  if (i.opcode == 0x49 && i.prefix == 0 && !i.memory && i.reg == 0 && i.rm == 0) {
    state->configured = false;
    ++state->counts.releases;
    return true;
  }
  if (i.opcode == 0x49 && i.prefix == 3 && !i.memory && i.rm == 0 && i.reg < 8) {
    std::memset(state->tiles[i.reg], 0, sizeof state->tiles[0]);
    ++state->counts.zeros;
    return true;
  }
  if (i.opcode == 0x4b && i.memory && i.has_sib && i.reg < 8 && i.prefix != 0) {
    move_tile(i, i.prefix == 2);
    return true;
  }
  return i.opcode == 0x5c && i.prefix == 2 && !i.memory && multiply(i);
}

void handle(int, siginfo_t*, void* raw) {
  auto* context = static_cast<ucontext_t*>(raw);
  const Instruction instruction(*context);
  if (execute(instruction)) {
    context->uc_mcontext.gregs[REG_RIP] = instruction.next;
  } else {
    sigaction(SIGILL, &state->before, nullptr);  // the instruction runs again, and ends the process
  }
}

}  // namespace

bool AmxTrap::possible() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (amx_available() || !isa_available(Isa::kAvx512) ||
      __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) {
    return false;
  }
  constexpr unsigned kTile = 1u << 24;  // in edx: a processor with tiles that this process may not use
  return (edx & kTile) == 0 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & (1u << 5)) != 0;
}

AmxTrap::AmxTrap() {
  SELFSAME_CHECK(state == nullptr && possible(), "no second trap, and none on this processor");
  state = new State;
  struct sigaction action {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGILL, &action, &state->before);
}

AmxTrap::~AmxTrap() {
  sigaction(SIGILL, &state->before, nullptr);
  delete state;
  state = nullptr;
}

const AmxTrap::Counts& AmxTrap::executed() const { return state->counts; }

}  // namespace selfsame::test

#else

namespace selfsame::test {

bool AmxTrap::possible() { return false; }
AmxTrap::AmxTrap() { fail(ErrorKind::kInternal, "no AMX code in this build"); }
AmxTrap::~AmxTrap() = default;
const AmxTrap::Counts& AmxTrap::executed() const {
  static const Counts none;
  return none;
}

}  // namespace selfsame::test

#endif
