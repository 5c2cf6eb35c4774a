// SPDX-License-Identifier: Apache-2.0
// selfsame convert: weights to PyTorch's names, images to arrays and back, and k-space (convert_kspace.cpp).
#include <CLI/CLI.hpp>
#include <array>
#include <cmath>
#include <map>
#include <memory>

#include "engine/checkpoint/pytorch_file.hpp"
#include "engine/commands/command_files.hpp"
#include "engine/commands/commands.hpp"
#include "engine/commands/convert_kspace.hpp"
#include "engine/config/train_config.hpp"
#include "engine/data/image_source.hpp"
#include "engine/inference/load_weights.hpp"
#include "engine/setup/setup.hpp"
#include "mri/files/image_file.hpp"
#include "mri/files/npy_file.hpp"
#include "mri/files/png_file.hpp"
#include "mri/files/volume_writer.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

struct ConvertArguments {
  std::string in, out, model, data_set;
  bool raw = false, overwrite = false;
};

// ---- weights

std::string model_json(const ConvertArguments& a, const SafetensorsFile& file) {
  const auto stored = file.metadata().find("model");
  if (!a.model.empty()) {
    return a.model;
  }
  if (stored == file.metadata().end()) {
    fail(ErrorKind::kUsage, "{}: the file does not name its network; add --model JSON", a.in);
  }
  return stored->second;
}

/// The tensors under their PyTorch names, with the counters that PyTorch's batch norm keeps and insists on.
std::vector<StoredTensor> pytorch_tensors(const Parameters& parameters, const std::int64_t& zero) {
  constexpr std::string_view kVariance = ".running_var";
  std::vector<StoredTensor> tensors;
  for (const ParameterInfo& info : parameters.table().tensors()) {
    const float* arena = info.trainable ? parameters.host_values<float>() : parameters.host_buffers<float>();
    tensors.push_back(
        float_tensor(info.name, info.shape, {arena + info.offset, static_cast<std::size_t>(info.count())}));
    if (info.name.ends_with(kVariance)) {
      const std::string norm = info.name.substr(0, info.name.size() - kVariance.size());
      tensors.push_back({norm + kBatchCounter, FileDType::kI64, {}, std::as_bytes(std::span(&zero, 1))});
    }
  }
  return tensors;
}

/// PyTorch's file to safetensors, whatever network it belongs to: names without their wrappers.
int convert_state_dict(const ConvertArguments& a, const SafetensorsFile& file) {
  const std::string prefix = shared_prefix(file);
  std::vector<StoredTensor> tensors;
  std::int64_t values = 0;
  for (StoredTensor tensor : file.tensors()) {
    if (tensor.name.starts_with(kLossBuffers)) {
      fmt::print("left out: {}\n", tensor.name);
      continue;
    }
    tensor.name = tensor.name.substr(prefix.size());
    values += static_cast<std::int64_t>(tensor.bytes.size() / size_of(tensor.dtype));
    tensors.push_back(std::move(tensor));
  }
  write_safetensors(a.out, tensors, {{"format", "pt"}});
  fmt::print("weights{} of {}\n{}: {} tensors, {} values\n",
             prefix.empty() ? "" : fmt::format(" with prefix '{}'", prefix), a.in, a.out, tensors.size(),
             values);
  return 0;
}

int convert_weights(const ConvertArguments& a) {
  const SafetensorsFile file = open_weights_file(a.in);
  if (a.model.empty() && is_pytorch_file(a.in)) {
    return convert_state_dict(a, file);
  }
  const ModelConfig config = parse_model_config(model_json(a, file), a.model.empty() ? a.in : "--model");
  const std::unique_ptr<Model> model = make_model(model_options(config));
  Parameters parameters(model->parameters(), 1, DType::kF32, false);
  const std::string taken =
      load_weights(parameters, file, a.raw ? WeightsChoice::kRaw : WeightsChoice::kAveraged);
  const std::int64_t zero = 0;
  const std::vector<StoredTensor> tensors = pytorch_tensors(parameters, zero);
  write_safetensors(a.out, tensors, {{"format", "pt"}, {"model", to_json(config)}});
  fmt::print("{}\n{} of {}\n{}: {} tensors, {} parameters\n", model->text(), taken, a.in, a.out,
             tensors.size(), parameters.table().trainable_count());
  return 0;
}

// ---- images

void check_equal_sizes(const ImageSource& source) {
  std::map<std::string, std::int64_t> sizes;
  for (std::int64_t i = 0; i < source.count(); ++i) {
    const ImageInfo info = source.info(i);
    ++sizes[fmt::format("{}x{} pixels, {} channel{}", info.width, info.height, info.channels,
                        info.channels == 1 ? "" : "s")];
  }
  if (sizes.size() > 1) {
    std::string text;
    for (const auto& [size, count] : sizes) {
      text += fmt::format("\n  {}: {} image{}", size, count, count == 1 ? "" : "s");
    }
    fail(ErrorKind::kData, "an array needs images of one size:{}", text);
  }
}

/// The narrowest type that holds every image exactly.
NpyType array_type(const ImageSource& source) {
  NpyType type = NpyType::kU1;
  for (std::int64_t i = 0; i < source.count(); ++i) {
    const ImageInfo info = source.info(i);
    if (!info.integer || info.bits > 16) {
      return NpyType::kF4;
    }
    type = info.bits > 8 ? NpyType::kU2 : type;
  }
  return type;
}

/// Appends the pixels with the channels last, as T; integers are multiplied by their largest value.
template <typename T>
void append_image(NpyWriter& writer, const Image& image, float scale) {
  std::vector<T> values(image.pixels.size());
  for (std::int64_t i = 0; i < image.count(); ++i) {
    const float value = image.pixels[static_cast<std::size_t>(i)] * scale;
    const auto at = static_cast<std::size_t>(i % image.plane() * image.channels + i / image.plane());
    if constexpr (std::is_integral_v<T>) {
      values[at] = static_cast<T>(std::lround(value));
    } else {
      values[at] = value;
    }
  }
  writer.append(std::as_bytes(std::span(values)));
}

int images_to_array(const ConvertArguments& a) {
  const OpenedImages opened = open_images(a.in, {});
  const ImageSource& source = *opened.source;
  check_equal_sizes(source);
  const NpyType type = array_type(source);
  const ImageInfo info = source.info(0);
  std::vector<std::int64_t> shape{source.count(), info.height, info.width};
  if (info.channels > 1) {
    shape.push_back(info.channels);
  }
  make_folder(fs::path(a.out).parent_path());
  NpyWriter writer(a.out, type, shape);
  for (std::int64_t i = 0; i < source.count(); ++i) {
    const Image image = source.load(i);
    if (type == NpyType::kU1) {
      append_image<std::uint8_t>(writer, image, 255.0f);
    } else if (type == NpyType::kU2) {
      append_image<std::uint16_t>(writer, image, 65535.0f);
    } else {
      append_image<float>(writer, image, 1.0f);
    }
  }
  writer.commit();
  fmt::print("{}: {} images of {}x{}, {}{}\n", a.out, source.count(), info.width, info.height, name_of(type),
             type == NpyType::kF4 ? "" : ", the values of the files");
  return 0;
}

int array_to_images(const ConvertArguments& a) {
  const NpyFile file(a.in);
  const NpyImages layout = npy_images(file);
  if (layout.channels != 1 && layout.channels != 3) {
    fail(ErrorKind::kData, "{}: {} channels; a PNG has 1 or 3", a.in, layout.channels);
  }
  std::vector<fs::path> outputs;
  for (std::int64_t i = 0; i < layout.images; ++i) {
    outputs.push_back(fs::path(a.out) / fmt::format("{:06}.png", i));
  }
  if (!a.overwrite) {
    refuse_existing(outputs);
  }
  make_folder(a.out);
  std::int64_t clipped = 0;
  int bits = 8;
  for (std::int64_t i = 0; i < layout.images; ++i) {
    const Image image = read_npy_image(file, i, PixelScale::kUnit);
    for (const float value : image.pixels) {
      clipped += !(value >= 0.0f && value <= 1.0f);
    }
    bits = image.integer && image.bits == 8 ? 8 : 16;
    write_png(outputs[static_cast<std::size_t>(i)].string(), image, bits);
  }
  fmt::print("{}: {} PNG files of {} bits\n", a.out, layout.images, bits);
  if (clipped > 0) {
    fmt::print("{} values outside [0, 1] were clipped\n", clipped);
  }
  return 0;
}

/// Told by the content; a safetensors file by what the others are not.
ImageFormat format_of(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored) || fs::path(path).extension() == ".txt") {
    return ImageFormat::kPng;
  }
  return detect_format(InputFile(path));
}

void expect_ending(const ConvertArguments& a, const char* ending, const char* what) {
  if (fs::path(a.out).extension() != ending) {
    fail(ErrorKind::kUsage, "{}: {} is converted to a file named *{}", a.out, what, ending);
  }
  const std::array<fs::path, 1> out{a.out};
  if (!a.overwrite) {
    refuse_existing(out);
  }
}

int convert(const ConvertArguments& a) {
  if (is_kspace_input(a.in)) {
    if (a.raw || !a.model.empty()) {
      fail(ErrorKind::kUsage, "{}: --model and --raw are for weights", a.in);
    }
    return convert_kspace({a.in, a.out, a.data_set, a.overwrite});
  }
  if (!a.data_set.empty()) {
    fail(ErrorKind::kUsage, "{}: --dataset is for HDF5 files", a.in);
  }
  const ImageFormat format = format_of(a.in);
  if (format != ImageFormat::kUnknown && (a.raw || !a.model.empty())) {
    fail(ErrorKind::kUsage, "{}: --model and --raw are for weights", a.in);
  }
  switch (format) {
    case ImageFormat::kUnknown:
      expect_ending(a, ".safetensors", "a weights file");
      return convert_weights(a);
    case ImageFormat::kNpy:
      return array_to_images(a);
    case ImageFormat::kPng:
    case ImageFormat::kJpeg:
      expect_ending(a, ".npy", "a set of images");
      return images_to_array(a);
  }
  return 0;
}

}  // namespace

void add_convert_command(const CommandContext& context) {
  auto a = std::make_shared<ConvertArguments>();
  CLI::App* command = context.app.add_subcommand("convert", "Convert weights, images and k-space");
  command
      ->add_option(
          "in", a->in,
          "Weights (safetensors, or .pt of PyTorch); images (PNG, JPEG, a folder of them, or a list *.txt); "
          "an "
          "array (npy); k-space (fastMRI *.h5, BART *.cfl or *.ra, complex npy); reconstructions (*.h5)")
      ->type_name("IN")
      ->required();
  command
      ->add_option("out", a->out,
                   "Weights: FILE.safetensors; images: FILE.npy; an array: a folder of PNG files; k-space: "
                   "FILE.npy, .cfl, .ra or .h5; reconstructions: " +
                       volume_endings() + ", or a folder of PNG files")
      ->type_name("OUT")
      ->required();
  command
      ->add_option(
          "--model", a->model,
          "Network of the weights, e.g. '{\"type\": \"unet\", \"channels\": 16, \"pools\": 4}'; a checkpoint "
          "of a run names its own")
      ->type_name("JSON");
  command->add_flag("--raw", a->raw,
                    "Of a checkpoint, the weights of its last step and not their moving average");
  command
      ->add_option("--dataset", a->data_set,
                   "Of an HDF5 file, the images to convert, e.g. reconstruction_rss")
      ->type_name("NAME");
  command->add_flag("--overwrite", a->overwrite, "Replace files that exist");
  command->footer(
      "Weights come out under PyTorch's names, for load_state_dict(safetensors.torch.load_file(OUT)); "
      "weights\n"
      "that come in are checked by name and shape, those of a .pt without --model only copied. Arrays are "
      "(N, H, W) or (N, H, W, 3) with the values of "
      "the\n"
      "files; floating-point arrays are taken on the [0, 1] scale and become PNG files of 16 bits.\n"
      "k-space is (slices, coils, h, w); in BART's files h and w are the first two of dimensions 0, 1, 2 "
      "that\n"
      "are longer than 1, slices dimension 13. PNG files of reconstructions have 8 bits; those of a folder "
      "go "
      "from\n"
      "the 1st to the 99.5th percentile of the volume.\n"
      "Example: selfsame convert runs/first/checkpoints/best.safetensors unet.safetensors");
  command->final_callback([a, &body = context.body] { body = [a] { return convert(*a); }; });
}

}  // namespace selfsame
