// SPDX-License-Identifier: Apache-2.0
// selfsame apply: runs a trained network on files of any size and writes files of the same kind.
#include <CLI/CLI.hpp>
#include <chrono>
#include <map>
#include <memory>

#include "engine/commands/command_files.hpp"
#include "engine/commands/commands.hpp"
#include "engine/commands/kspace_commands.hpp"
#include "engine/commands/trained_network.hpp"
#include "engine/commands/trained_reconstruction.hpp"
#include "engine/data/file_source.hpp"
#include "engine/setup/setup.hpp"
#include "mri/files/image_file.hpp"
#include "mri/files/npy_file.hpp"
#include "mri/files/png_file.hpp"
#include "mri/files/volume_writer.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

struct ApplyArguments {
  std::string run, weights, model, checkpoint = "best", in, out, method, mask, maps;
  double lambda = -1;
  std::int64_t tile = Predictor::kDefaultTilePixels;
  std::string device = "auto";
  int threads = 0;
  bool overwrite = false;
};

struct Job {
  fs::path in, out;
};

/// The ending that the output has, by the input's content. An unreadable file keeps its own: it is reported
/// when its turn comes.
std::string output_ending(const fs::path& in) {
  try {
    switch (detect_format(InputFile(in.string()))) {
      case ImageFormat::kPng:
      case ImageFormat::kJpeg:
        return ".png";
      case ImageFormat::kNpy:
        return ".npy";
      case ImageFormat::kUnknown:
        break;
    }
  } catch (const Error&) {
    return in.extension().string();
  }
  return in.extension().string();
}

Job file_job(const fs::path& in, const std::string& out) {
  const std::string ending = output_ending(in);
  std::error_code ignored;
  if (fs::is_directory(out, ignored) || out.ends_with('/')) {
    return {in, fs::path(out) / in.filename().replace_extension(ending)};
  }
  if (fs::path(out).extension() != ending) {
    fail(ErrorKind::kUsage, "--out {}: {} gives a {} file", out, in.string(), ending);
  }
  return {in, out};
}

std::vector<Job> folder_jobs(const std::string& in, const std::string& out) {
  std::error_code ignored;
  if (fs::exists(out, ignored) && !fs::is_directory(out, ignored)) {
    fail(ErrorKind::kUsage, "--out {}: is a file, but --in {} is a folder", out, in);
  }
  const fs::path inside =
      fs::weakly_canonical(out, ignored).lexically_relative(fs::weakly_canonical(in, ignored));
  const bool nested = !inside.empty() && inside != "." && *inside.begin() != "..";
  std::vector<Job> jobs;
  std::map<fs::path, fs::path> taken;
  for (const std::string& name : list_folder(in, true)) {
    if (nested && (name == inside.string() || name.starts_with(inside.string() + "/"))) {
      continue;  // results of an earlier call
    }
    const Job job{fs::path(in) / name,
                  (fs::path(out) / name).replace_extension(output_ending(fs::path(in) / name))};
    const auto [other, is_new] = taken.emplace(job.out, job.in);
    if (!is_new) {
      fail(ErrorKind::kUsage, "{} and {} would both be written to {}", other->second.string(),
           job.in.string(), job.out.string());
    }
    jobs.push_back(job);
  }
  if (jobs.empty()) {
    fail(ErrorKind::kData, "{}: no images found (PNG, JPEG or npy)", in);
  }
  return jobs;
}

std::vector<Job> jobs_of(const ApplyArguments& a) {
  std::error_code ignored;
  if (!fs::exists(a.in, ignored)) {
    fail(ErrorKind::kData, "--in {}: not found", a.in);
  }
  std::vector<Job> jobs =
      fs::is_directory(a.in, ignored) ? folder_jobs(a.in, a.out) : std::vector<Job>{file_job(a.in, a.out)};
  if (!a.overwrite) {
    std::vector<fs::path> outputs;
    for (const Job& job : jobs) {
      outputs.push_back(job.out);
    }
    refuse_existing(outputs);
  }
  return jobs;
}

/// Output pixels of one image, plane by plane.
class Application {
 public:
  explicit Application(TrainedNetwork& network) : network_(network) {
    const Model& model = *network.model;
    if (model.in_channels() != model.out_channels()) {
      fail(ErrorKind::kUsage, "{} has {} input and {} output channels: apply needs equal numbers",
           model.text(), model.in_channels(), model.out_channels());
    }
  }

  std::vector<float> run(const Image& image) {
    const int wanted = network_.model->in_channels();
    if (wanted != 1 && wanted != image.channels) {
      fail(ErrorKind::kData, "{} channel{}, but the network takes {}", image.channels,
           image.channels == 1 ? "" : "s", wanted);
    }
    std::vector<float> output(image.pixels.size());
    const int parts = image.channels / wanted;
    for (int part = 0; part < parts; ++part) {
      const std::int64_t at = part * wanted * image.plane();
      network_.predictor->predict(output.data() + at, image.pixels.data() + at, 1, image.height, image.width);
    }
    per_channel_ = per_channel_ || parts > 1;
    return output;
  }

  [[nodiscard]] bool per_channel() const { return per_channel_; }

 private:
  TrainedNetwork& network_;
  bool per_channel_ = false;  // a gray network met an image of several channels
};

/// The array keeps its shape; its values are taken and given as they are.
void apply_to_array(const Job& job, Application& application) {
  const NpyFile file(job.in.string());
  const NpyImages layout = npy_images(file);
  NpyWriter writer(job.out.string(), NpyType::kF4, file.header().shape);
  std::vector<float> interleaved;
  for (std::int64_t i = 0; i < layout.images; ++i) {
    std::vector<float> output = application.run(read_npy_image(file, i, PixelScale::kRaw));
    if (layout.channels_last) {
      const std::int64_t plane = layout.height * layout.width;
      interleaved.resize(output.size());
      for (std::int64_t k = 0; k < layout.channels * plane; ++k) {
        interleaved[static_cast<std::size_t>(k % plane * layout.channels + k / plane)] =
            output[static_cast<std::size_t>(k)];
      }
      output.swap(interleaved);
    }
    writer.append(std::as_bytes(std::span(output)));
  }
  writer.commit();
}

void apply_to_file(const Job& job, Application& application) {
  const ImageFormat format = detect_format(InputFile(job.in.string()));
  make_folder(job.out.parent_path());
  if (format == ImageFormat::kNpy) {
    apply_to_array(job, application);
    return;
  }
  Image image = read_image(job.in.string(), 0, PixelScale::kUnit);
  image.pixels = application.run(image);
  write_png(job.out.string(), image, image.bits);
}

/// The error with the path in front, unless it says it already.
std::string named(const Error& error, const fs::path& path) {
  const std::string text = error.what();
  return text.find(path.string()) == std::string::npos ? path.string() + ": " + text : text;
}

/// At most one line a second.
class Lines {
 public:
  explicit Lines(std::size_t total) : total_(total) {}
  void show(std::size_t done, const Job& job) {
    const auto now = std::chrono::steady_clock::now();
    if (total_ > 1 && (done == 1 || done == total_ || now - shown_ >= std::chrono::seconds(1))) {
      shown_ = now;
      fmt::print("{}/{}  {}\n", done, total_, job.out.string());
      std::fflush(stdout);
    }
  }

 private:
  std::size_t total_;
  std::chrono::steady_clock::time_point shown_;
};

int apply_to_all(const std::vector<Job>& jobs, Application& application) {
  std::vector<std::string> failed;
  Lines lines(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    try {
      apply_to_file(jobs[i], application);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kData) {
        throw;
      }
      failed.push_back(named(error, jobs[i].in));
      fmt::print(stderr, "selfsame: {}\n", failed.back());
    }
    lines.show(i + 1, jobs[i]);
  }
  if (application.per_channel()) {
    fmt::print("The network takes one channel: the channels of colour images were run one by one.\n");
  }
  const std::size_t written = jobs.size() - failed.size();
  if (written > 0) {
    fmt::print("{} file{} written{}\n", written, written == 1 ? "" : "s",
               jobs.size() == 1 ? ": " + jobs[0].out.string() : "");
  }
  if (failed.empty()) {
    return 0;
  }
  fmt::print(stderr, "selfsame: {} of {} file{} not processed\n", failed.size(), jobs.size(),
             jobs.size() == 1 ? "" : "s");
  return static_cast<int>(ErrorKind::kData);
}

/// k-space is what reconstruction networks and classical methods take.
bool takes_kspace(const ApplyArguments& a) {
  return !a.method.empty() || (!a.run.empty() && is_reconstruction_run(a.run)) ||
         (!a.weights.empty() && is_reconstruction_weights(a.weights, a.model));
}

int apply(const ApplyArguments& a) {
  const int ways = (a.run.empty() ? 0 : 1) + (a.weights.empty() ? 0 : 1) + (a.method.empty() ? 0 : 1);
  if (ways != 1) {
    fail(ErrorKind::kUsage, "give one of --run DIR, --weights FILE and, for k-space, --method NAME");
  }
  if (takes_kspace(a)) {
    return apply_kspace({a.run, a.weights, a.model, a.checkpoint, a.method, a.lambda, a.in, a.out, a.mask,
                         a.maps, a.device, a.threads, a.overwrite});
  }
  if (!a.mask.empty() || !a.maps.empty() || a.lambda >= 0) {
    fail(ErrorKind::kUsage, "--mask, --maps and --lambda belong to k-space: this network takes images");
  }
  if (!a.run.empty() && !a.model.empty()) {
    fail(ErrorKind::kUsage, "--model belongs to --weights: a run knows its network");
  }
  const std::vector<Job> jobs = jobs_of(a);
  Stream stream(device_kind(a.device), a.threads);
  TrainedNetwork network = a.run.empty() ? open_weights(a.weights, a.model, a.tile, stream)
                                         : open_run(a.run, a.checkpoint, a.tile, stream);
  if (!network.warning.empty()) {
    fmt::print(stderr, "warning: {}\n", network.warning);
  }
  fmt::print("{}\n{}\n", network.model->text(), network.text());
  Application application(network);
  return apply_to_all(jobs, application);
}

}  // namespace

void add_apply_command(const CommandContext& context) {
  auto a = std::make_shared<ApplyArguments>();
  CLI::App* command = context.app.add_subcommand("apply", "Run a trained network on image files or arrays");
  command->add_option("--run", a->run, "Run folder of selfsame train")->type_name("DIR");
  command->add_option("--checkpoint", a->checkpoint, "Of the run: best (default), last, or a file")
      ->type_name("best|last|FILE");
  command
      ->add_option("--weights", a->weights,
                   "Instead of a run: a checkpoint, or weights under PyTorch's names (safetensors)")
      ->type_name("FILE");
  command
      ->add_option(
          "--model", a->model,
          "Network of --weights, e.g. '{\"type\": \"unet\", \"channels\": 16, \"pools\": 4}'; a checkpoint "
          "of a run names its own")
      ->type_name("JSON");
  command
      ->add_option("--method", a->method,
                   "Instead of a network, for k-space: zero_filled, cg_sense, tv or wavelet")
      ->type_name("NAME");
  command->add_option("--lambda", a->lambda, "Regularisation of --method; default: its own")
      ->type_name("X")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--mask", a->mask,
                   "For fully sampled k-space: how to undersample it, as /kspace/mask of a configuration "
                   "(default: the run's), or none to take all of it")
      ->type_name("JSON|none");
  command
      ->add_option("--maps", a->maps,
                   "Where coil maps come from, as /kspace/maps of a configuration; default: the run's, or "
                   "ESPIRiT")
      ->type_name("JSON");
  command
      ->add_option(
          "--in", a->in,
          "PNG, JPEG or npy file, or a folder with any of these; for reconstruction: k-space, .h5, .cfl, "
          ".ra or .npy")
      ->type_name("FILE|DIR")
      ->required();
  command->add_option("--out", a->out, "Where the results go; a folder keeps the names below --in")
      ->type_name("FILE|DIR")
      ->required();
  command
      ->add_option(
          "--tile", a->tile,
          "Images of more pixels are cut into overlapping tiles, which bounds memory; default 1048576")
      ->type_name("PIXELS")
      ->check(CLI::PositiveNumber);
  command->add_option("--device", a->device, "auto (a GPU if one answers), cpu, cuda or simulated")
      ->type_name("NAME");
  command->add_option("--threads", a->threads, "CPU threads, 0 = all; results do not depend on it")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--overwrite", a->overwrite, "Replace files that exist");
  command->footer(
      "PNG in, PNG out with as many bits; JPEG in, PNG out; values on the [0, 1] scale, clipped.\n"
      "npy in, npy out: float32 of the same shape, values taken and given as they are, neither scaled nor "
      "clipped.\n"
      "A gray network runs on each channel of a colour image. Files that cannot be used are named, the "
      "others\n"
      "are processed, and the exit code is 3.\n"
      "Example: selfsame apply --run runs/first --in noisy --out denoised\n"
      "k-space is undersampled if its file has a mask or zeros in all coils; then that is what was "
      "measured.\n"
      "A reconstruction is written as " +
      volume_endings() +
      ",\nin a folder as *.h5.\n"
      "Example: selfsame apply --method cg_sense --in scan.h5 --out recon.h5 --mask '{\"type\": "
      "\"random\"}'");
  command->final_callback([a, &body = context.body] { body = [a] { return apply(*a); }; });
}

}  // namespace selfsame
