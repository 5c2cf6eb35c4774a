// SPDX-License-Identifier: Apache-2.0
#include "mri/files/nifti_file.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {
namespace {

static_assert(std::endian::native == std::endian::little, "the header is written as this machine has it");

/// The 348 bytes of nifti_1_header; every field falls on its natural alignment.
struct NiftiHeader {
  std::int32_t sizeof_hdr = 348;
  char data_type[10] = {}, db_name[18] = {};
  std::int32_t extents = 0;
  std::int16_t session_error = 0;
  char regular = 'r', dim_info = 0;
  std::int16_t dim[8] = {3, 1, 1, 1, 1, 1, 1, 1};
  float intent_p[3] = {};
  std::int16_t intent_code = 0, datatype = 16, bitpix = 32, slice_start = 0;  // 16: float32
  float pixdim[8] = {1, 1, 1, 1, 0, 0, 0, 0};
  float vox_offset = 352, scl_slope = 1, scl_inter = 0;
  std::int16_t slice_end = 0;
  char slice_code = 0, xyzt_units = 2;  // millimetres
  float cal_max = 0, cal_min = 0, slice_duration = 0, toffset = 0;
  std::int32_t glmax = 0, glmin = 0;
  char descrip[80] = "selfsame", aux_file[24] = {};
  std::int16_t qform_code = 0, sform_code = 1;
  float quatern[3] = {}, qoffset[3] = {};
  float srow[3][4] = {};
  char intent_name[16] = {}, magic[4] = {'n', '+', '1', '\0'};
};
static_assert(sizeof(NiftiHeader) == 348 && offsetof(NiftiHeader, dim) == 40 &&
              offsetof(NiftiHeader, vox_offset) == 108 && offsetof(NiftiHeader, srow) == 280);

}  // namespace

void write_nifti(const std::filesystem::path& path, std::span<const float> values, std::int64_t slices,
                 std::int64_t h, std::int64_t w, std::array<float, 3> spacing) {
  constexpr std::int64_t kMost = 32767;
  for (const std::int64_t n : {slices, h, w}) {
    SELFSAME_CHECK(n >= 1 && n <= kMost, "{}: {} x {} x {}; a NIfTI-1 axis has 1 to {} samples",
                   path.string(), slices, h, w, kMost);
  }
  SELFSAME_CHECK(values.size() == static_cast<std::size_t>(slices * h * w), "{}: {} values for {} x {} x {}",
                 path.string(), values.size(), slices, h, w);
  NiftiHeader header;
  const std::int64_t size[3] = {w, h, slices};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    header.dim[axis + 1] = static_cast<std::int16_t>(size[axis]);
    header.pixdim[axis + 1] = spacing[axis];
    header.srow[axis][axis] = spacing[axis];
  }
  constexpr std::array<std::byte, 4> kNoExtensions{};
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&header, 1)));
  file.write(kNoExtensions);
  file.write(std::as_bytes(values));
  file.commit();
}

}  // namespace selfsame
