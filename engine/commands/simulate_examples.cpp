// SPDX-License-Identifier: Apache-2.0
// Where the images of selfsame simulate come from.
#include "engine/commands/simulate_examples.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>

#include "engine/data/image_source.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/npy_file.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

/// A complex array of any two or three dimensions from a file.
ComplexStack read_complex(const NpyFile& file, std::int64_t first, std::int64_t planes, std::int64_t h,
                          std::int64_t w) {
  ComplexStack stack(planes, h, w);
  const std::int64_t count = planes * h * w;
  if (file.header().type == NpyType::kC8) {
    file.read_raw(std::as_writable_bytes(std::span(stack.values)), first * h * w, count);
    return stack;
  }
  std::vector<std::complex<double>> numbers(static_cast<std::size_t>(count));
  file.read_raw(std::as_writable_bytes(std::span(numbers)), first * h * w, count);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    stack.values[i] = std::complex<float>(numbers[i]);
  }
  return stack;
}

bool is_complex(const NpyFile& file) {
  return file.header().type == NpyType::kC8 || file.header().type == NpyType::kC16;
}

/// The file as complex images (N, h, w) or (h, w), or null if it is not an array of complex numbers.
std::shared_ptr<const NpyFile> open_complex(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored) || fs::path(path).extension() != ".npy") {
    return nullptr;
  }
  auto file = std::make_shared<const NpyFile>(path);
  if (!is_complex(*file)) {
    return nullptr;
  }
  const std::size_t dimensions = file->header().shape.size();
  if ((dimensions != 2 && dimensions != 3) || file->header().elements < 1) {
    fail(ErrorKind::kData,
         "{}: expected complex images (N, h, w) or (h, w), got {} dimensions and {} elements", path,
         dimensions, file->header().elements);
  }
  return file;
}

SimulationExamples complex_examples(const std::shared_ptr<const NpyFile>& file,
                                    const SimulationOptions& options) {
  const std::vector<std::int64_t>& shape = file->header().shape;
  const std::int64_t h = shape[shape.size() - 2], w = shape.back();
  SimulationExamples examples;
  examples.count = shape.size() == 3 ? shape[0] : 1;
  examples.text = "complex images, which keep their phase: " + file->path();
  examples.name = [file](std::int64_t i) { return fmt::format("{}[{}]", file->path(), i); };
  examples.make = [file, options, h, w](std::int64_t i, std::uint32_t example, Stream& stream) {
    return simulate_from_complex(read_complex(*file, i, 1, h, w), options, example, stream);
  };
  return examples;
}

SimulationExamples real_examples(const std::string& path, const SimulationOptions& options) {
  OpenOptions open;
  open.channels = ChannelMode::kGray;
  const OpenedImages opened = open_images(path, open);
  SimulationExamples examples;
  examples.count = opened.source->count();
  examples.text = "real images with a simulated phase: " + path;
  examples.name = [source = opened.source](std::int64_t i) { return source->name(i); };
  examples.make = [source = opened.source, options](std::int64_t i, std::uint32_t example, Stream& stream) {
    const Image image = source->load(i);
    return simulate_from_real(image.pixels, image.height, image.width, options, example, stream);
  };
  return examples;
}

PhantomOptions phantom_options(const SimulateArguments& a) {
  PhantomOptions phantom;
  const std::size_t cross = std::min(a.size.find('x'), a.size.size());
  const char *begin = a.size.data(), *middle = begin + cross, *end = begin + a.size.size();
  const auto first = std::from_chars(begin, middle, phantom.h);
  const auto second = std::from_chars(std::min(middle + 1, end), end, phantom.w);
  if (first.ec != std::errc() || first.ptr != middle || second.ec != std::errc() || second.ptr != end ||
      phantom.h < 8 || phantom.w < 8 || phantom.h > 4096 || phantom.w > 4096) {
    fail(ErrorKind::kUsage, "--size {}: expected HxW with sides of 8 to 4096", a.size);
  }
  phantom.details = a.details;
  phantom.tissue_phase = a.tissue_phase;
  return phantom;
}

SimulationExamples phantom_examples(const SimulateArguments& a, const SimulationOptions& options) {
  SimulationExamples examples;
  examples.count = a.phantoms;
  examples.text = "ellipse phantoms with exact k-space";
  examples.name = [](std::int64_t i) { return fmt::format("phantom[{}]", i); };
  examples.make = [phantom = phantom_options(a), options](std::int64_t, std::uint32_t example,
                                                          Stream& stream) {
    return simulate_from_phantom(phantom, options, example, stream);
  };
  return examples;
}

std::shared_ptr<const ComplexStack> read_maps(const std::string& path) {
  const NpyFile file(path);
  const std::vector<std::int64_t>& shape = file.header().shape;
  if (!is_complex(file) || shape.size() != 3 || file.header().elements < 1) {
    fail(ErrorKind::kData, "{}: expected complex coil maps (coils, h, w), got {} of {} dimensions", path,
         name_of(file.header().type), shape.size());
  }
  return std::make_shared<const ComplexStack>(read_complex(file, 0, shape[0], shape[1], shape[2]));
}

std::vector<std::complex<double>> read_covariance(const std::string& path, std::int64_t coils) {
  const NpyFile file(path);
  const std::vector<std::int64_t>& shape = file.header().shape;
  if (!is_complex(file) || shape != std::vector<std::int64_t>{coils, coils}) {
    fail(ErrorKind::kData, "{}: expected a complex covariance ({}, {})", path, coils, coils);
  }
  const ComplexStack numbers = read_complex(file, 0, 1, coils, coils);
  return {numbers.values.begin(), numbers.values.end()};
}

}  // namespace

SimulationOptions simulation_options(const SimulateArguments& a) {
  SimulationOptions options;
  options.seed = a.seed;
  options.maps.coils = a.coils;
  options.maps.radius = a.radius;
  options.maps.loop_radius = a.loop_radius;
  options.maps.variation = a.variation;
  options.maps.normalized = !a.raw_maps;
  options.phase = a.phase;
  options.noise = a.noise;
  if (a.maps == name_of(CoilMapKind::kBiotSavart)) {
    options.maps.kind = CoilMapKind::kBiotSavart;
  } else if (a.maps != name_of(CoilMapKind::kBirdcage)) {
    if (!a.maps.ends_with(".npy")) {
      fail(ErrorKind::kUsage, "--maps {}: expected birdcage, biot_savart or a file .npy", a.maps);
    }
    options.measured_maps = read_maps(a.maps);
    if (a.coils_given && a.coils != options.measured_maps->coils) {
      fail(ErrorKind::kUsage, "--coils {}: {} has {} coils", a.coils, a.maps, options.measured_maps->coils);
    }
    options.maps.coils = static_cast<int>(options.measured_maps->coils);
  }
  if (!a.covariance.empty()) {
    options.noise_covariance = read_covariance(a.covariance, options.maps.coils);
  }
  return options;
}

SimulationExamples open_examples(const SimulateArguments& a, const SimulationOptions& options) {
  if (a.images.empty() == (a.phantoms == 0)) {
    fail(ErrorKind::kUsage, "give either --images PATH or --phantoms N");
  }
  if (a.images.empty()) {
    return phantom_examples(a, options);
  }
  const std::shared_ptr<const NpyFile> complex = open_complex(a.images);
  return complex != nullptr ? complex_examples(complex, options) : real_examples(a.images, options);
}

}  // namespace selfsame
