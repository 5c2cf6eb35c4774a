// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/isa.hpp"
#include "mri/coils/coil_ops.hpp"

// What the entries of mri/coils/coil_ops.hpp share: checks of arguments, and what a version takes. Private to
// this folder.

namespace selfsame::coils {

/// float or double: what a reference takes.
inline bool is_real(const CoilProblem& p) { return p.dtype == DType::kF32 || p.dtype == DType::kF64; }
inline bool is_float(const CoilProblem& p) { return p.dtype == DType::kF32; }
template <Isa isa>
bool is_float_on(const CoilProblem& p) {
  return isa_available(isa) && is_float(p);
}

inline void check_same(const ConstComplexView& a, const ConstComplexView& b, const char* a_name,
                       const char* b_name) {
  SELFSAME_CHECK(a.shape == b.shape && a.dtype == b.dtype, "{} {} {}, {} {} {}", a_name, a.shape.text(),
                 name_of(a.dtype), b_name, b.shape.text(), name_of(b.dtype));
}

inline void check_image(const ConstComplexView& image, const ConstComplexView& coils, const char* image_name,
                        const char* coils_name) {
  const Shape4 s = coils.shape;
  SELFSAME_CHECK(image.shape == (Shape4{s.n, 1, s.h, s.w}) && image.dtype == coils.dtype,
                 "{} {} {} is no image of {} {} {}", image_name, image.shape.text(), name_of(image.dtype),
                 coils_name, s.text(), name_of(coils.dtype));
}

/// A real tensor (N, 1, H, W), or with `or_row` (N, 1, 1, W), that goes with the coils.
inline void check_real(const ConstTensorView& real, const ConstComplexView& coils, const char* name,
                       bool or_row = false) {
  const Shape4 s = coils.shape, r = real.shape;
  SELFSAME_CHECK(r.n == s.n && r.c == 1 && (r.h == s.h || (or_row && r.h == 1)) && r.w == s.w &&
                     real.block == 1 && real.split == 0 && real.sample_stride == r.h * r.w &&
                     real.dtype == coils.dtype,
                 "{} {} {} block {} sample stride {} with coils {} {}", name, r.text(), name_of(real.dtype),
                 real.block, real.sample_stride, s.text(), name_of(coils.dtype));
}

}  // namespace selfsame::coils
