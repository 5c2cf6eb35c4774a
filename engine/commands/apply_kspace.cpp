// SPDX-License-Identifier: Apache-2.0
// selfsame apply for k-space files: a trained network or a classical method, slice by slice.
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "engine/commands/command_files.hpp"
#include "engine/commands/kspace_commands.hpp"
#include "engine/commands/trained_reconstruction.hpp"
#include "engine/kspace/kspace_data.hpp"
#include "engine/kspace/slice_method.hpp"
#include "engine/setup/kspace_setup.hpp"
#include "engine/setup/setup.hpp"
#include "losses/kspace/registry.hpp"
#include "mri/files/kspace_file.hpp"
#include "mri/files/volume_writer.hpp"
#include "mri/metrics/center_crop.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

ClassicalOptions classical_options(const KSpaceApplyArguments& a) {
  const auto with_lambda = [&](auto options) {
    options.lambda = a.lambda >= 0 ? a.lambda : options.lambda;
    return ClassicalOptions(options);
  };
  if (a.method == "zero_filled") {
    return ZeroFilledOptions{};
  }
  if (a.method == "cg_sense") {
    return with_lambda(CgSenseOptions{});
  }
  if (a.method == "tv") {
    return with_lambda(TvOptions{});
  }
  if (a.method == "wavelet") {
    return with_lambda(WaveletOptions{});
  }
  fail(ErrorKind::kUsage, "--method {}: expected zero_filled, cg_sense, tv or wavelet", a.method);
}

/// What is sampled and where maps come from: the command line's, else the run's, else the defaults.
KSpaceConfig kspace_config(const KSpaceApplyArguments& a, const TrainedReconstruction* trained) {
  KSpaceConfig config;
  if (trained != nullptr && trained->config && trained->config->kspace) {
    config = *trained->config->kspace;
  }
  if (!a.mask.empty() && a.mask != "none") {
    config.mask = parse_mask_config(a.mask, "--mask");
  }
  if (!a.maps.empty()) {
    config.maps = parse_coil_maps_config(a.maps, "--maps");
  }
  return config;
}

/// Everything that stays the same from file to file.
class Reconstruction {
 public:
  Reconstruction(const KSpaceApplyArguments& a, TrainedReconstruction* trained, Stream& stream)
      : trained_(trained),
        whole_(a.mask == "none"),
        host_(DeviceKind::kCpu, stream.pool().threads()),
        config_(kspace_config(a, trained)),
        objective_(trained != nullptr && trained->objective != nullptr
                       ? nullptr
                       : make_kspace_objective("supervised_kspace", {})),
        sampler_(config_.mask, objective()) {
    if (trained == nullptr) {
      classical_ = make_classical(classical_options(a));
    } else {
      network_ = std::make_unique<NetworkMethod>(*trained->reconstructor, trained->objective.get(), sampler_);
    }
  }

  Volume run(const fs::path& in) {
    KSpaceSourceConfig files;
    files.path = in;
    const std::shared_ptr<const KSpaceSource> source = open_kspace_files(files, false).source;
    const KSpaceHeader header = open_kspace(in)->header();
    const std::int64_t recon_h = header.recon_h, recon_w = header.recon_w;
    Volume volume;
    volume.slices = source->count();
    volume.scan = header.scan;
    for (std::int64_t i = 0; i < source->count(); ++i) {
      std::int64_t h = 0, w = 0;
      std::vector<float> image = slice(*source, i, h, w);
      const CropWindow window =
          center_window(h, w, recon_h > 0 ? std::min(recon_h, h) : h, recon_w > 0 ? std::min(recon_w, w) : w);
      image = crop_planes<float>(image, h, w, window);
      volume.values.insert(volume.values.end(), image.begin(), image.end());
      volume.h = window.h;
      volume.w = window.w;
      if (isatty(STDERR_FILENO) != 0 && source->count() > 1) {
        fmt::print(stderr, "\r{} slice {}/{}", in.filename().string(), i + 1, source->count());
      }
    }
    if (isatty(STDERR_FILENO) != 0 && source->count() > 1) {
      fmt::print(stderr, "\r\033[K");
    }
    return volume;
  }

 private:
  [[nodiscard]] const KSpaceObjective& objective() const {
    return objective_ != nullptr ? *objective_ : *trained_->objective;
  }

  /// The image (h, w) in the units of the file.
  std::vector<float> slice(const KSpaceSource& source, std::int64_t i, std::int64_t& h, std::int64_t& w) {
    RawSlice raw = source.load(i, host_);
    if (whole_) {
      raw.mask.assign(static_cast<std::size_t>(raw.w), 1);
    }
    const SamplingLaw law = sampler_.law(raw.h, raw.w);
    PreparationOptions options;
    options.maps = config_.maps;
    options.readout = config_.readout;
    options.virtual_coils = config_.virtual_coils;
    options.needs_maps = network_ == nullptr ||
                         trained_->model->needs_maps(ReconstructionDomain::kMagnitude) ||
                         trained_->model->needs_maps(ReconstructionDomain::kKSpace);
    options.reference = ReferenceImage::kRootSumOfSquares;
    const KSpaceExample e = prepare_slice(raw, source.name(i), law, options, host_);
    SampleMasks masks = mask_of(source, i, e);
    std::vector<float> image = network_ != nullptr
                                   ? network_->magnitude(e, masks, host_)
                                   : classical_magnitude(*classical_, e, masks.sampled, host_);
    for (float& value : image) {
      value /= e.scale;  // back to the units of the file
    }
    h = e.h;
    w = e.w;
    return image;
  }

  SampleMasks mask_of(const KSpaceSource& source, std::int64_t i, const KSpaceExample& e) {
    if (e.measured.sampled.empty()) {
      return validation_masks(sampler_, 0, source, static_cast<std::uint32_t>(i), e);
    }
    // What was measured is what the network gets, whole: no split of it is needed.
    SampleMasks masks;
    masks.h = e.measured.h;
    masks.w = e.measured.w;
    for (const std::uint8_t s : e.measured.sampled) {
      masks.sampled.push_back(s != 0 ? 1.0f : 0.0f);
    }
    masks.input = masks.sampled;
    return masks;
  }

  TrainedReconstruction* trained_;
  bool whole_;
  Stream host_;
  KSpaceConfig config_;
  std::unique_ptr<KSpaceObjective> objective_;  // only where the run brings none
  KSpaceSampler sampler_;
  std::unique_ptr<ClassicalReconstruction> classical_;
  std::unique_ptr<NetworkMethod> network_;
};

struct Job {
  fs::path in, out;
};

std::vector<Job> jobs_of(const KSpaceApplyArguments& a) {
  std::error_code ignored;
  const std::vector<fs::path> inputs = kspace_paths(a.in);
  const bool many = fs::is_directory(a.in, ignored);
  std::vector<Job> jobs;
  std::vector<fs::path> outputs;
  for (const fs::path& in : inputs) {
    fs::path out = a.out;
    if (many || fs::is_directory(a.out, ignored) || a.out.ends_with('/')) {
      out = fs::path(a.out) / in.filename().replace_extension(".h5");
    }
    if (!has_volume_ending(out)) {
      fail(ErrorKind::kUsage, "--out {}: expected a file named {}, or a folder", out.string(),
           volume_endings());
    }
    require_volume_format(out);
    jobs.push_back({in, out});
    outputs.push_back(out);
  }
  if (jobs.empty()) {
    fail(ErrorKind::kData, "--in {}: no k-space found (.h5, .cfl, .ra or complex .npy)", a.in);
  }
  if (!a.overwrite) {
    refuse_existing(outputs);
  }
  return jobs;
}

}  // namespace

int apply_kspace(const KSpaceApplyArguments& a) {
  const std::vector<Job> jobs = jobs_of(a);
  Stream stream(device_kind(a.device), a.threads);
  std::optional<TrainedReconstruction> trained;
  if (a.method.empty()) {
    trained = a.run.empty() ? open_reconstruction_weights(a.weights, a.model, stream)
                            : open_reconstruction_run(a.run, a.checkpoint, stream);
    if (!trained->warning.empty()) {
      fmt::print(stderr, "warning: {}\n", trained->warning);
    }
    fmt::print("{}\n{}\n", trained->model->text(), trained->text);
  }
  Reconstruction reconstruction(a, trained ? &*trained : nullptr, stream);
  std::size_t failed = 0;
  for (const Job& job : jobs) {
    try {
      const Volume volume = reconstruction.run(job.in);
      make_folder(job.out.parent_path());
      write_volume(job.out, volume);
      fmt::print("{}: {} slices of {}x{}\n", job.out.string(), volume.slices, volume.h, volume.w);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kData) {
        throw;
      }
      ++failed;
      fmt::print(stderr, "selfsame: {}\n", error.what());
    }
  }
  if (failed > 0) {
    fmt::print(stderr, "selfsame: {} of {} files not processed\n", failed, jobs.size());
    return static_cast<int>(ErrorKind::kData);
  }
  return 0;
}

}  // namespace selfsame
