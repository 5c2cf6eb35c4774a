// SPDX-License-Identifier: Apache-2.0
// Sources of simulated k-space: from images of any kind, and from phantoms.
#include <algorithm>
#include <filesystem>

#include "engine/data/image_source.hpp"
#include "engine/kspace/kspace_source.hpp"
#include "mri/files/npy_file.hpp"
#include "mri/simulation/simulate.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

SimulationOptions simulation_options(const SimulatedSourceConfig& config) {
  SimulationOptions options;
  options.seed = static_cast<std::uint64_t>(config.seed);
  options.maps.coils = static_cast<int>(config.coils);
  options.maps.kind = config.maps == SimulatedSourceConfig::Maps::kBirdcage ? CoilMapKind::kBirdcage
                                                                            : CoilMapKind::kBiotSavart;
  options.phase = config.phase;
  options.noise = config.noise;
  if (config.maps == SimulatedSourceConfig::Maps::kFile) {
    const std::string path = config.maps_file->string();
    const NpyFile file(path);
    const std::vector<std::int64_t>& shape = file.header().shape;
    if (file.header().type != NpyType::kC8 || shape.size() != 3) {
      fail(ErrorKind::kData, "{}: coil maps must be complex64 (coils, H, W)", path);
    }
    auto maps = std::make_shared<ComplexStack>(shape[0], shape[1], shape[2]);
    file.read_raw(std::as_writable_bytes(std::span(maps->values)), 0,
                  static_cast<std::int64_t>(maps->values.size()));
    options.measured_maps = std::move(maps);
  }
  return options;
}

/// An image brought to (h, w) around its centre: cropped where it is larger, zero where it is smaller.
ComplexStack centred(const ComplexStack& image, std::int64_t h, std::int64_t w) {
  ComplexStack out(1, h, w);
  for (std::int64_t y = 0; y < h; ++y) {
    for (std::int64_t x = 0; x < w; ++x) {
      const std::int64_t v = y - h / 2 + image.h / 2, u = x - w / 2 + image.w / 2;
      if (v >= 0 && v < image.h && u >= 0 && u < image.w) {
        out.at(0, y, x) = image.at(0, v, u);
      }
    }
  }
  return out;
}

/// Divides by the largest magnitude: the noise is given relative to it.
void scale_to_one(ComplexStack& image, const std::string& name) {
  float largest = 0;
  for (const std::complex<float>& z : image.values) {
    largest = std::max(largest, std::abs(z));
  }
  if (!(largest > 0) || !std::isfinite(largest)) {
    fail(ErrorKind::kData, "{}: the image is zero or not finite", name);
  }
  for (std::complex<float>& z : image.values) {
    z /= largest;
  }
}

class SimulatedSource final : public KSpaceSource {
 public:
  SimulatedSource(const SimulatedSourceConfig& config, std::int64_t h, std::int64_t w)
      : h_(h), w_(w), options_(simulation_options(config)) {}

  /// Adds one file: all its images are one volume.
  void add(const fs::path& path) {
    if (path.extension() == ".npy") {
      auto file = std::make_shared<NpyFile>(path.string());
      if (file->header().type == NpyType::kC8) {
        add_complex(std::move(file), path);
        return;
      }
    }
    OpenOptions options;
    options.channels = ChannelMode::kGray;
    const std::shared_ptr<const ImageSource> images = open_files({path.string()}, options).source;
    for (std::int64_t i = 0; i < images->count(); ++i) {
      const ImageInfo info = images->info(i);
      slices_.push_back({images, nullptr, i, volumes_, info.height, info.width, path});
    }
    ++volumes_;
  }

  [[nodiscard]] std::int64_t count() const override { return static_cast<std::int64_t>(slices_.size()); }
  [[nodiscard]] std::string name(std::int64_t i) const override {
    return fmt::format("{}[{}]", at(i).path.string(), at(i).index);
  }
  [[nodiscard]] std::int64_t volume(std::int64_t i) const override { return at(i).volume; }
  [[nodiscard]] std::string file_name(std::int64_t /*i*/) const override { return {}; }
  [[nodiscard]] SliceShape shape(std::int64_t i) const override {
    const std::int64_t coils =
        options_.measured_maps != nullptr ? options_.measured_maps->coils : options_.maps.coils;
    return {coils, h_ > 0 ? h_ : at(i).h, w_ > 0 ? w_ : at(i).w};
  }
  [[nodiscard]] RawSlice load(std::int64_t i, Stream& stream) const override {
    const SliceShape size = shape(i);
    const Slice& slice = at(i);
    ComplexStack image =
        centred(slice.images != nullptr ? real_image(slice) : complex_image(slice), size.h, size.w);
    scale_to_one(image, name(i));
    const auto example = static_cast<std::uint32_t>(i);
    if (slice.images == nullptr) {
      return raw(simulate_from_complex(image, options_, example, stream));
    }
    std::vector<float> pixels;
    for (const std::complex<float>& z : image.values) {
      pixels.push_back(z.real());
    }
    return raw(simulate_from_real(pixels, size.h, size.w, options_, example, stream));
  }

 private:
  struct Slice {
    std::shared_ptr<const ImageSource> images;  // real, or
    std::shared_ptr<const NpyFile> array;       // complex
    std::int64_t index, volume, h, w;
    fs::path path;
  };

  void add_complex(std::shared_ptr<const NpyFile> file, const fs::path& path) {
    std::vector<std::int64_t> shape = file->header().shape;
    if (shape.size() == 2) {
      shape.insert(shape.begin(), 1);
    }
    if (shape.size() != 3) {
      fail(ErrorKind::kData, "{}: complex images must be (H, W) or (N, H, W)", path.string());
    }
    for (std::int64_t i = 0; i < shape[0]; ++i) {
      slices_.push_back({nullptr, file, i, volumes_, shape[1], shape[2], path});
    }
    ++volumes_;
  }
  [[nodiscard]] const Slice& at(std::int64_t i) const { return slices_.at(static_cast<std::size_t>(i)); }
  static ComplexStack real_image(const Slice& slice) {
    const Image image = slice.images->load(slice.index);
    ComplexStack stack(1, image.height, image.width);
    std::copy(image.pixels.begin(), image.pixels.end(), stack.values.begin());
    return stack;
  }
  static ComplexStack complex_image(const Slice& slice) {
    ComplexStack stack(1, slice.h, slice.w);
    const auto count = static_cast<std::int64_t>(stack.values.size());
    slice.array->read_raw(std::as_writable_bytes(std::span(stack.values)), slice.index * count, count);
    return stack;
  }
  static RawSlice raw(SimulatedExample example) {
    return {example.kspace.coils, example.kspace.h, example.kspace.w, std::move(example.kspace.values), {}};
  }

  std::int64_t h_, w_;
  SimulationOptions options_;
  std::vector<Slice> slices_;
  std::int64_t volumes_ = 0;
};

class PhantomSource final : public KSpaceSource {
 public:
  explicit PhantomSource(const PhantomSourceConfig& config) : config_(config) {
    options_.seed = static_cast<std::uint64_t>(config.seed);
    options_.maps.coils = static_cast<int>(config.coils);
    options_.noise = config.noise;
    phantom_.h = config.height;
    phantom_.w = config.width;
  }
  [[nodiscard]] std::int64_t count() const override { return config_.count; }
  [[nodiscard]] std::string name(std::int64_t i) const override {
    return fmt::format("phantom[{}] of seed {}", i, config_.seed);
  }
  [[nodiscard]] std::int64_t volume(std::int64_t i) const override { return i; }
  [[nodiscard]] std::string file_name(std::int64_t /*i*/) const override { return {}; }
  [[nodiscard]] SliceShape shape(std::int64_t /*i*/) const override {
    return {config_.coils, config_.height, config_.width};
  }
  [[nodiscard]] RawSlice load(std::int64_t i, Stream& stream) const override {
    SimulatedExample example =
        simulate_from_phantom(phantom_, options_, static_cast<std::uint32_t>(i), stream);
    return {config_.coils, config_.height, config_.width, std::move(example.kspace.values), {}};
  }

 private:
  PhantomSourceConfig config_;
  PhantomOptions phantom_;
  SimulationOptions options_;
};

}  // namespace

OpenedKSpace open_simulated(const SimulatedSourceConfig& config, bool skip_bad) {
  auto source = std::make_shared<SimulatedSource>(config, config.height, config.width);
  OpenedKSpace opened;
  for (const fs::path& path : source_files(config.path)) {
    try {
      source->add(path);
    } catch (const Error& error) {
      if (!skip_bad || error.kind() != ErrorKind::kData) {
        throw;
      }
      opened.warnings.push_back(fmt::format("skipped: {}", error.what()));
    }
  }
  if (source->count() == 0) {
    fail(ErrorKind::kData, "{}: no images found (PNG, JPEG or npy)", config.path.string());
  }
  opened.source = std::move(source);
  return opened;
}

OpenedKSpace open_phantoms(const PhantomSourceConfig& config) {
  return {std::make_shared<PhantomSource>(config), {}};
}

}  // namespace selfsame
