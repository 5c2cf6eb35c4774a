// SPDX-License-Identifier: Apache-2.0
#include "mri/files/volume_writer.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "kernels/base/error.hpp"
#include "mri/files/hdf5/h5_writer.hpp"
#include "mri/files/ismrmrd/mrd_writer.hpp"
#include "mri/files/nifti_file.hpp"
#include "mri/files/npy_file.hpp"
#include "mri/files/png_file.hpp"
#include "mri/files/preview.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

void write_h5(const fs::path& path, const Volume& v) {
  write_h5_reconstruction(path, v.values, v.slices, v.h, v.w);
}

void write_array(const fs::path& path, const Volume& v) {
  const std::array<std::int64_t, 3> shape{v.slices, v.h, v.w};
  write_npy<float>(path.string(), v.values, shape);
}

void write_nii(const fs::path& path, const Volume& v) { write_nifti(path, v.values, v.slices, v.h, v.w); }

void write_ismrmrd(const fs::path& path, const Volume& v) {
  write_mrd(path, v.values, v.slices, v.h, v.w, v.scan);
}

void write_middle_slice(const fs::path& path, const Volume& v) {
  const auto plane = static_cast<std::size_t>(v.h * v.w);
  const auto middle = std::span(v.values).subspan(plane * static_cast<std::size_t>(v.slices / 2), plane);
  const float peak = std::max(*std::max_element(middle.begin(), middle.end()), 1e-30f);
  write_png(path.string(), preview_image(middle, v.h, v.w, {0, peak}), 8);
}

struct Format {
  const char *ending, *note;
  void (*write)(const fs::path&, const Volume&);
  void (*require)(const fs::path&);  ///< null: every build has it
};
constexpr std::array<Format, 5> kFormats{{
    {".h5", " (fastMRI's `reconstruction`)", write_h5, nullptr},
    {".npy", "", write_array, nullptr},
    {".nii", " (NIfTI)", write_nii, nullptr},
    {".mrd", " (ISMRMRD)", write_ismrmrd, require_mrd_helper},
    {".png", " (the middle slice)", write_middle_slice, nullptr},
}};

const Format* find_format(const fs::path& path) {
  const std::string ending = path.extension().string();
  const auto found = std::find_if(kFormats.begin(), kFormats.end(),
                                  [&](const Format& format) { return ending == format.ending; });
  return found == kFormats.end() ? nullptr : &*found;
}

}  // namespace

const std::string& volume_endings() {
  static const std::string text = [] {
    std::string all;
    for (const Format& format : kFormats) {
      const char* between = &format == &kFormats.front() ? "" : &format == &kFormats.back() ? " or " : ", ";
      all += fmt::format("{}*{}{}", between, format.ending, format.note);
    }
    return all;
  }();
  return text;
}

bool has_volume_ending(const fs::path& path) { return find_format(path) != nullptr; }

void require_volume_format(const fs::path& path) {
  const Format* format = find_format(path);
  SELFSAME_CHECK(format != nullptr, "{}: expected {}", path.string(), volume_endings());
  if (format->require != nullptr) {
    format->require(path);
  }
}

void write_volume(const fs::path& path, const Volume& volume) {
  SELFSAME_CHECK(volume.slices >= 1 && volume.h >= 1 && volume.w >= 1 &&
                     volume.values.size() == static_cast<std::size_t>(volume.slices * volume.h * volume.w),
                 "{}: {} values for {} x {} x {}", path.string(), volume.values.size(), volume.slices,
                 volume.h, volume.w);
  require_volume_format(path);
  find_format(path)->write(path, volume);
}

}  // namespace selfsame
