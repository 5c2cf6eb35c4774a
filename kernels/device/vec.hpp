// SPDX-License-Identifier: Apache-2.0
#pragma once

// One register of floats for *_simd.cpp files: 16, 8 or 4 of them, with the operators of the compiler's
// vector types. Explicit, because a loop whose output may be its input is not vectorised reliably.

namespace selfsame::SELFSAME_ISA {

#if defined(SELFSAME_ISA_avx512)
constexpr int kWidth = 16;
#elif defined(SELFSAME_ISA_avx2)
constexpr int kWidth = 8;
#else
constexpr int kWidth = 4;
#endif

using Vec = float __attribute__((vector_size(kWidth * sizeof(float))));
using UnalignedVec = float __attribute__((vector_size(kWidth * sizeof(float)), aligned(4), may_alias));

inline Vec load(const float* from) { return *reinterpret_cast<const UnalignedVec*>(from); }
inline void store(float* to, Vec v) { *reinterpret_cast<UnalignedVec*>(to) = v; }

}  // namespace selfsame::SELFSAME_ISA
