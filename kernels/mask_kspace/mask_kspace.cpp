// SPDX-License-Identifier: Apache-2.0
#include "kernels/mask_kspace/mask_kspace.hpp"

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/mask_kspace/mask_kspace_versions.hpp"

namespace selfsame {
namespace {

bool is_float(const DType& t) { return t == DType::kF32; }
bool is_real(const DType& t) { return t == DType::kF32 || t == DType::kF64; }

#define SELFSAME_ENTRY(space, device) {"gpu", is_float, space::mask_kspace::mask, device},

constexpr MaskKSpaceImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"rows", is_float, mask_kspace_cpu::mask},
    {"reference", is_real, mask_kspace_reference::mask},
};

void check_same(const ConstComplexView& a, const ConstComplexView& b, const char* name) {
  SELFSAME_CHECK(a.shape == b.shape && a.dtype == b.dtype, "kspace {} {}, {} {} {}", a.shape.text(),
                 name_of(a.dtype), name, b.shape.text(), name_of(b.dtype));
}

}  // namespace

std::span<const MaskKSpaceImplementation> mask_kspace_implementations() { return kImplementations; }

void mask_kspace(ComplexView out, ConstComplexView kspace, ConstTensorView mask, const KSpaceNoise* noise,
                 Stream& stream) {
  const OpRange range(stream, "mask_kspace");
  const Shape4 &m = mask.shape, &k = kspace.shape;
  check_same(kspace, out, "out");
  SELFSAME_CHECK(m.n == k.n && m.c == 1 && (m.h == 1 || m.h == k.h) && m.w == k.w && mask.block == 1 &&
                     mask.split == 0 && mask.dtype == kspace.dtype && mask.sample_stride == m.h * m.w,
                 "mask {} {} block {} for k-space {} {}", m.text(), name_of(mask.dtype), mask.block, k.text(),
                 name_of(kspace.dtype));
  if (noise != nullptr) {
    check_same(kspace, noise->normals, "noise");
    SELFSAME_CHECK(static_cast<std::int64_t>(noise->sigmas.size()) == k.n, "{} sigmas for {}",
                   noise->sigmas.size(), k.text());
  }
  select_implementation("mask_kspace", mask_kspace_implementations(), kspace.dtype, stream)
      .mask(out, kspace, mask, noise, stream);
}

}  // namespace selfsame
