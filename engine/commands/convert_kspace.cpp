// SPDX-License-Identifier: Apache-2.0
// selfsame convert, the part for measured data and reconstructions.
#include "engine/commands/convert_kspace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "engine/commands/command_files.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/cfl_file.hpp"
#include "mri/files/dims_text.hpp"
#include "mri/files/hdf5/h5_file.hpp"
#include "mri/files/hdf5/h5_writer.hpp"
#include "mri/files/hdf5/ismrmrd_header.hpp"
#include "mri/files/image_file.hpp"
#include "mri/files/kspace_file.hpp"
#include "mri/files/kspace_parts.hpp"
#include "mri/files/npy_file.hpp"
#include "mri/files/preview.hpp"
#include "mri/files/ra_file.hpp"
#include "mri/files/volume_writer.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

constexpr std::array<const char*, 3> kImages{"reconstruction", "reconstruction_rss", "reconstruction_esc"};
constexpr std::array<const char*, 4> kKSpaceEndings{".npy", ".cfl", ".ra", ".h5"};

bool has_kspace_ending(const fs::path& path) {
  return std::find(kKSpaceEndings.begin(), kKSpaceEndings.end(), path.extension().string()) !=
         kKSpaceEndings.end();
}

void prepare_outputs(const KSpaceConversion& c, const std::vector<fs::path>& paths) {
  if (!c.overwrite) {
    refuse_existing(paths);
  }
  make_folder(paths.empty() ? fs::path(c.out) : paths[0].parent_path());
}

// ---- k-space

template <typename Writer>
void write_slices(const KSpaceFile& file, Writer writer) {
  for (std::int64_t s = 0; s < file.header().slices; ++s) {
    writer.append(file.slice(s));
  }
  writer.commit();
}

void write_complex_npy(const KSpaceFile& file, const std::string& out) {
  const KSpaceHeader& h = file.header();
  const std::array<std::int64_t, 4> shape{h.slices, h.coils, h.h, h.w};
  NpyWriter writer(out, NpyType::kC8, shape);
  for (std::int64_t s = 0; s < h.slices; ++s) {
    const std::vector<std::complex<float>> slice = file.slice(s);
    writer.append(std::as_bytes(std::span(slice)));
  }
  writer.commit();
}

int convert_samples(const KSpaceConversion& c) {
  const fs::path out(c.out);
  const std::string ending = out.extension().string();
  if (!has_kspace_ending(out)) {
    fail(ErrorKind::kUsage, "{}: k-space is converted to a file named *.npy, *.cfl, *.ra or *.h5", c.out);
  }
  std::vector<fs::path> paths{out};
  if (ending == ".cfl") {
    paths.push_back(fs::path(out).replace_extension(".hdr"));
  }
  const std::unique_ptr<KSpaceFile> file = open_kspace(c.in);
  const KSpaceHeader& h = file->header();
  prepare_outputs(c, paths);
  if (ending == ".npy") {
    write_complex_npy(*file, c.out);
  } else if (ending == ".cfl") {
    write_slices(*file, CflWriter(out, h.slices, h.coils, h.h, h.w));
  } else if (ending == ".ra") {
    write_slices(*file, RaWriter(out, h.slices, h.coils, h.h, h.w));
  } else {
    write_h5_kspace(out, h,
                    {[&](std::int64_t s) { return file->slice(s); },
                     [&](std::int64_t s) { return file->reference_slice(s); }},
                    h.coils == 1);
  }
  fmt::print("{}: {} slices, {} coils, {} x {}\n", c.out, h.slices, h.coils, h.h, h.w);
  return 0;
}

// ---- images

/// What the file says of its scan, if it has the header of fastMRI's files.
ScanInfo scan_of(const std::string& path) {
  constexpr const char* kXml = "ismrmrd_header";
  const H5File file(path, {{}, {}, {kXml}});
  const std::string* xml = file.text(kXml);
  return xml != nullptr ? scan_info(read_ismrmrd_header(*xml)) : ScanInfo();
}

Volume read_images(const KSpaceConversion& c, const std::string& name) {
  H5Array images = read_h5_array(c.in, name);
  if (images.complex || images.shape.size() < 2 || images.shape.size() > 3) {
    fail(ErrorKind::kData, "{}: {} is {} of shape ({}); images are real, (slices, h, w) or (h, w)", c.in,
         name, images.complex ? "complex" : "real", dims_text(images.shape));
  }
  if (images.shape.size() == 2) {
    images.shape.insert(images.shape.begin(), 1);
  }
  check_kspace_sizes(c.in, images.shape[0], 1, images.shape[1], images.shape[2]);
  Volume volume;
  volume.slices = images.shape[0];
  volume.h = images.shape[1];
  volume.w = images.shape[2];
  volume.values = std::move(images.values);
  volume.scan = scan_of(c.in);
  return volume;
}

void write_preview_folder(const std::vector<fs::path>& paths, const Volume& v) {
  const PreviewWindow window = preview_window(v.values);
  write_previews(paths, v.values, v.h, v.w, window);
  fmt::print("window: {:.6g} is black, {:.6g} white\n", window.low, window.high);
}

int convert_images(const KSpaceConversion& c, const std::string& name) {
  const fs::path out(c.out);
  const bool folder = out.extension().empty();
  if (!folder && !has_volume_ending(out)) {
    fail(ErrorKind::kUsage, "{}: images are converted to a file named {}, or to a folder of PNG files", c.out,
         volume_endings());
  }
  if (!folder) {
    require_volume_format(out);
  }
  const Volume volume = read_images(c, name);
  std::vector<fs::path> paths{out};
  if (folder) {
    paths.clear();
    for (std::int64_t s = 0; s < volume.slices; ++s) {
      paths.push_back(out / fmt::format("{:06}.png", s));
    }
  }
  prepare_outputs(c, paths);
  if (folder) {
    write_preview_folder(paths, volume);
  } else {
    write_volume(out, volume);
  }
  fmt::print("{}: {} images of {} x {} ({})\n", c.out, volume.slices, volume.h, volume.w, name);
  return 0;
}

/// The images to convert, or nothing if it is k-space.
std::optional<std::string> image_data_set(const KSpaceConversion& c) {
  if (!is_hdf5(InputFile(c.in))) {
    if (!c.data_set.empty()) {
      fail(ErrorKind::kUsage, "{}: --dataset is for HDF5 files", c.in);
    }
    return std::nullopt;
  }
  if (!c.data_set.empty()) {
    return c.data_set == "kspace" ? std::nullopt : std::optional(c.data_set);
  }
  H5Request request{{"kspace"}, {}, {}};
  request.data_sets.insert(request.data_sets.end(), kImages.begin(), kImages.end());
  const H5File file(c.in, request);
  const fs::path out(c.out);
  const bool images_wanted = out.extension().empty() || (has_volume_ending(out) && !has_kspace_ending(out));
  if (file.find("kspace") != nullptr && !images_wanted) {
    return std::nullopt;
  }
  for (const char* name : kImages) {
    if (file.find(name) != nullptr) {
      return name;
    }
  }
  fail(ErrorKind::kData, "{}: no data set {}, {} or {}{}; --dataset names another", c.in, kImages[0],
       kImages[1], kImages[2], images_wanted ? "" : ", nor kspace");
}

}  // namespace

bool is_kspace_input(const std::string& path) {
  const std::string ending = fs::path(path).extension().string();
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    return false;
  }
  if (ending == ".cfl" || ending == ".hdr") {
    return true;
  }
  InputFile file(path);
  if (is_hdf5(file)) {
    return true;
  }
  std::uint64_t magic = 0;
  if (file.read_some(&magic, 0, sizeof magic) == sizeof magic && magic == kRaMagic) {
    return true;
  }
  if (detect_format(file) != ImageFormat::kNpy) {
    return false;
  }
  const NpyFile array(std::move(file));
  return array.header().type == NpyType::kC8 || array.header().type == NpyType::kC16;
}

int convert_kspace(const KSpaceConversion& conversion) {
  const bool pair =
      fs::path(conversion.in).extension() == ".hdr" || fs::path(conversion.in).extension() == ".cfl";
  const std::optional<std::string> images =
      pair && conversion.data_set.empty() ? std::nullopt : image_data_set(conversion);
  return images ? convert_images(conversion, *images) : convert_samples(conversion);
}

}  // namespace selfsame
