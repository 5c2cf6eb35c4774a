// SPDX-License-Identifier: Apache-2.0
#include "mri/files/volume_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <span>

#include "kernels/base/error.hpp"
#include "mri/files/hdf5/h5_file.hpp"
#include "mri/files/npy_file.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

constexpr std::array<const char*, 3> kH5Images{"reconstruction", "reconstruction_rss", "reconstruction_esc"};

template <typename T>
void read_magnitudes(const NpyFile& file, std::span<float> out) {
  std::vector<std::complex<T>> numbers(out.size());
  file.read_raw(std::as_writable_bytes(std::span(numbers)), 0, static_cast<std::int64_t>(out.size()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<float>(std::abs(std::complex<double>(numbers[i])));
  }
}

/// The images of a fastMRI file or of a reconstruction of one.
Volume read_h5_volume(const fs::path& path) {
  const H5File file(path, {{kH5Images.begin(), kH5Images.end()}, {}, {}});
  for (const char* name : kH5Images) {
    if (const H5DataSet* data = file.find(name); data != nullptr && data->shape.size() == 3) {
      const H5Array array = read_h5_array(path, name);
      Volume volume;
      volume.slices = array.shape[0];
      volume.h = array.shape[1];
      volume.w = array.shape[2];
      volume.was_complex = array.complex;
      if (!array.complex) {
        volume.values = array.values;
        return volume;
      }
      for (std::size_t i = 0; i + 1 < array.values.size(); i += 2) {
        volume.values.push_back(std::hypot(array.values[i], array.values[i + 1]));
      }
      return volume;
    }
  }
  fail(ErrorKind::kData,
       "{}: has no images (slices, h, w) named reconstruction, reconstruction_rss or "
       "reconstruction_esc",
       path.string());
}

}  // namespace

Volume read_volume(const fs::path& path) {
  if (path.extension() == ".h5" || path.extension() == ".hdf5") {
    return read_h5_volume(path);
  }
  const NpyFile file(path.string());
  const NpyHeader& header = file.header();
  const std::size_t dimensions = header.shape.size();
  if ((dimensions != 2 && dimensions != 3) || header.elements < 1) {
    std::string shape;
    for (const std::int64_t side : header.shape) {
      shape += fmt::format("{}{}", shape.empty() ? "" : ", ", side);
    }
    fail(ErrorKind::kData, "{}: expected a volume (slices, h, w) or an image (h, w), got the shape ({})",
         path.string(), shape);
  }
  Volume volume;
  volume.slices = dimensions == 3 ? header.shape[0] : 1;
  volume.h = header.shape[dimensions - 2];
  volume.w = header.shape[dimensions - 1];
  volume.was_complex = header.type == NpyType::kC8 || header.type == NpyType::kC16;
  volume.values.resize(static_cast<std::size_t>(header.elements));
  if (header.type == NpyType::kC8) {
    read_magnitudes<float>(file, volume.values);
  } else if (header.type == NpyType::kC16) {
    read_magnitudes<double>(file, volume.values);
  } else {
    file.read_floats(volume.values, 0, header.elements, PixelScale::kRaw);
  }
  return volume;
}

std::vector<std::string> volume_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const std::string ending = at->path().extension().string();
    if (!name.starts_with('.') && (ending == ".npy" || ending == ".h5")) {
      names.push_back(name);
    }
  }
  if (error) {
    fail(ErrorKind::kData, "{}: cannot be read: {}", folder.string(), error.message());
  }
  if (names.empty()) {
    fail(ErrorKind::kData, "{}: no volumes found (.npy or .h5)", folder.string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace selfsame
