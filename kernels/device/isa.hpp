// SPDX-License-Identifier: Apache-2.0
#pragma once

// Files named *_simd.cpp are compiled once per instruction set, with SELFSAME_ISA = baseline, avx2 or avx512
// as the namespace of everything in them. They include no header with inline code of the standard library, so
// that no AVX-512 copy of a shared inline function can be picked by the linker for an older processor.

namespace selfsame {

enum class Isa { kBaseline, kAvx2, kAvx512 };

/// True if this processor runs the set (avx2 means AVX2 + FMA; avx512 means F, VL, BW, DQ) and the binary
/// holds it. SELFSAME_ISA=avx2 in the environment hides the sets above it, for debugging.
[[nodiscard]] bool isa_available(Isa isa);

/// True if this processor has AMX tiles with bf16 and AVX-512 with bf16, the system lets this process use the
/// tiles, and the binary holds such kernels. Any SELFSAME_ISA in the environment hides it. The first call
/// asks the system for permission, for all threads of the process.
[[nodiscard]] bool amx_available();

}  // namespace selfsame

#if defined(SELFSAME_X86_SETS)
/// Declares the function `const Type& name()` in the namespace of every instruction set.
#define SELFSAME_DECLARE_ISA_TABLE(Type, name) \
  namespace baseline {                         \
  const Type& name();                          \
  }                                            \
  namespace avx2 {                             \
  const Type& name();                          \
  }                                            \
  namespace avx512 {                           \
  const Type& name();                          \
  }
#else
#define SELFSAME_DECLARE_ISA_TABLE(Type, name) \
  namespace baseline {                         \
  const Type& name();                          \
  }                                            \
  namespace avx2 {                             \
  using baseline::name;                        \
  }                                            \
  namespace avx512 {                           \
  using baseline::name;                        \
  }
#endif
