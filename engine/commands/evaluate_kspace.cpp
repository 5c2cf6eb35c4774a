// SPDX-License-Identifier: Apache-2.0
// selfsame evaluate for runs of accelerated MRI: the network beside what needs no training.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "engine/commands/command_files.hpp"
#include "engine/commands/kspace_commands.hpp"
#include "engine/commands/trained_reconstruction.hpp"
#include "engine/config/json_value.hpp"
#include "engine/kspace/kspace_data.hpp"
#include "engine/kspace/slice_method.hpp"
#include "engine/setup/kspace_setup.hpp"
#include "engine/setup/setup.hpp"
#include "mri/files/atomic_file.hpp"
#include "mri/files/png_file.hpp"
#include "mri/files/preview.hpp"
#include "mri/metrics/volume_metrics.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

constexpr std::size_t kBudget = std::size_t{1} << 30;

struct MethodRow {
  std::string name, note;
  std::vector<VolumeQuality> scores;
};

/// By the paper's rules, slice by slice.
VolumeQuality quality_of(const std::vector<float>& reference, const std::vector<float>& image, std::int64_t h,
                         std::int64_t w) {
  return volume_quality(reference, image, {1, h, w}, {MetricRules::kPaper}).at(0);
}

/// A test slice as every method sees it.
struct TestSlice {
  std::string name;
  std::shared_ptr<const KSpaceExample> example;
  SampleMasks masks;
};

class Evaluation {
 public:
  Evaluation(const KSpaceEvaluateArguments& a, TrainedReconstruction& trained, Stream& stream)
      : trained_(trained),
        config_(*trained.config),
        host_(DeviceKind::kCpu, stream.pool().threads()),
        sampler_(config_.kspace->mask, *trained.objective),
        network_(*trained.reconstructor, trained.objective.get(), sampler_) {
    PreparationOptions options = preparation_options(config_, *trained.model, *trained.objective);
    options.needs_maps = true;  // of the classical methods
    std::shared_ptr<const KSpaceSource> source;
    std::vector<std::uint32_t> indices;
    if (a.data.empty()) {
      const KSpaceRunData data = open_kspace_run_data(config_);
      source = data.validation;
      indices = data.validation_examples;
      text_ = "the run's validation slices";
    } else {
      KSpaceSourceConfig files;
      files.path = a.data;
      source = open_kspace_files(files, false).source;
      for (std::int64_t i = 0; i < source->count(); ++i) {
        indices.push_back(static_cast<std::uint32_t>(i));
      }
      text_ = a.data;
    }
    const TestMasks test_masks(config_.kspace->test_mask);
    PreparedSlices prepared(source, sampler_, options, kBudget, stream.pool().threads());
    for (const std::uint32_t index : indices) {
      TestSlice slice{source->name(index), prepared.get(index), {}};
      if (slice.example->reference.empty()) {
        fail(ErrorKind::kData,
             "{}: was measured undersampled: there is nothing to compare with (selfsame "
             "apply reconstructs it)",
             slice.name);
      }
      const auto seed = static_cast<std::uint64_t>(config_.data.subset_seed);
      slice.masks = validation_masks(sampler_, seed, *source, index, *slice.example);
      test_masks.replace(slice.masks, seed, *source, index, *slice.example);
      slices_.push_back(std::move(slice));
    }
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<TestSlice>& slices() const { return slices_; }

  MethodRow network(const fs::path& save) {
    MethodRow row{"network", trained_.model->text(), {}};
    run(row, save, [&](const TestSlice& s) { return network_.magnitude(*s.example, s.masks, host_); });
    return row;
  }

  /// The paper's second variant: what was measured is put back into the prediction's k-space.
  MethodRow consistent(const fs::path& save) {
    MethodRow row{"network_dc", "with data consistency", {}};
    run(row, save,
        [&](const TestSlice& s) { return network_.consistent_magnitude(*s.example, s.masks, host_); });
    return row;
  }

  MethodRow classical(const char* name, const ClassicalOptions& options, const std::string& note,
                      const fs::path& save) {
    const std::unique_ptr<ClassicalReconstruction> method = make_classical(options);
    MethodRow row{name, note, {}};
    run(row, save, [&](const TestSlice& s) {
      return classical_magnitude(*method, *s.example, test_mask(trained_.objective.get(), s.masks), host_);
    });
    return row;
  }

  void save_references(const fs::path& folder) const {
    for (std::size_t i = 0; i < slices_.size() && !folder.empty(); ++i) {
      save_picture(folder, i, "reference", slices_[i].example->reference);
    }
  }

 private:
  template <typename F>
  void run(MethodRow& row, const fs::path& save, F&& reconstruct) {
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      const TestSlice& slice = slices_[i];
      const std::vector<float> image = reconstruct(slice);
      row.scores.push_back(quality_of(slice.example->reference, image, slice.example->h, slice.example->w));
      if (!save.empty()) {
        save_picture(save, i, row.name.c_str(), image);
      }
      if (isatty(STDERR_FILENO) != 0) {
        fmt::print(stderr, "\r{} {}/{} ", row.name, i + 1, slices_.size());
      }
    }
    if (isatty(STDERR_FILENO) != 0) {
      fmt::print(stderr, "\r\033[K");
    }
  }
  void save_picture(const fs::path& folder, std::size_t i, const char* what,
                    const std::vector<float>& pixels) const {
    const KSpaceExample& e = *slices_[i].example;
    const float peak = *std::max_element(e.reference.begin(), e.reference.end());
    write_png((folder / fmt::format("{:04}-{}.png", i, what)).string(),
              preview_image(pixels, e.h, e.w, {0, peak}), 8);
  }

  TrainedReconstruction& trained_;
  const TrainConfig& config_;
  Stream host_;
  KSpaceSampler sampler_;
  NetworkMethod network_;
  std::string text_;
  std::vector<TestSlice> slices_;
};

/// The row of the best weight in a grid, by mean PSNR on the test slices themselves.
template <typename Options>
MethodRow best_of(Evaluation& evaluation, const char* name, std::span<const double> grid) {
  MethodRow best;
  for (const double lambda : grid) {
    Options options;
    options.lambda = lambda;
    MethodRow row = evaluation.classical(
        name, options, fmt::format("lambda {:g}, the best of {} on these slices", lambda, grid.size()), {});
    if (best.scores.empty() || summary_of(row.scores, &VolumeQuality::psnr).mean >
                                   summary_of(best.scores, &VolumeQuality::psnr).mean) {
      best = std::move(row);
    }
  }
  return best;
}

std::vector<MethodRow> all_methods(Evaluation& evaluation, bool image_network,
                                   const KSpaceEvaluateArguments& a) {
  constexpr double kCgGrid[] = {0.0003, 0.001, 0.003, 0.01, 0.03, 0.1};
  constexpr double kTvGrid[] = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02};
  std::vector<MethodRow> rows{evaluation.network(a.save)};
  if (image_network) {
    rows.push_back(evaluation.consistent(a.save));
  }
  rows.push_back(evaluation.classical("zero_filled", ZeroFilledOptions{}, "", a.save));
  if (a.tune) {
    rows.push_back(best_of<CgSenseOptions>(evaluation, "cg_sense", kCgGrid));
    rows.push_back(best_of<TvOptions>(evaluation, "tv", kTvGrid));
  } else {
    const CgSenseOptions cg;
    const TvOptions tv;
    rows.push_back(evaluation.classical("cg_sense", cg, fmt::format("lambda {:g}", cg.lambda), a.save));
    rows.push_back(evaluation.classical("tv", tv, fmt::format("lambda {:g}", tv.lambda), a.save));
  }
  evaluation.save_references(a.save);
  return rows;
}

std::string table_of_rows(const std::vector<MethodRow>& rows) {
  std::string text = fmt::format("\n{:<12}  {:>8} {:>7}  {:>7} {:>7}  {:>9} {:>9}\n", "method", "PSNR",
                                 "s.e.", "SSIM", "s.e.", "NMSE", "s.e.");
  for (const MethodRow& row : rows) {
    const MetricSummary p = summary_of(row.scores, &VolumeQuality::psnr),
                        s = summary_of(row.scores, &VolumeQuality::ssim),
                        e = summary_of(row.scores, &VolumeQuality::nmse);
    text +=
        fmt::format("{:<12}  {:>8.3f} {:>7.3f}  {:>7.4f} {:>7.4f}  {:>9.5f} {:>9.5f}  {}\n", row.name, p.mean,
                    p.standard_error(), s.mean, s.standard_error(), e.mean, e.standard_error(), row.note);
  }
  return text;
}

std::string json_of_rows(const TrainedReconstruction& trained, const Evaluation& evaluation,
                         const std::string& rules, const std::vector<MethodRow>& rows) {
  const auto number = [](double value) {
    return std::isfinite(value) ? JsonValue::of(value) : JsonValue::null();
  };
  JsonValue root = JsonValue::object();
  root.add("network", JsonValue::of(trained.model->text()));
  root.add("weights", JsonValue::of(trained.text));
  root.add("data", JsonValue::of(evaluation.text()));
  root.add("rules", JsonValue::of(rules));
  root.add("slices", JsonValue::of(static_cast<std::int64_t>(evaluation.slices().size())));
  JsonValue& methods = root.add("methods", JsonValue::array());
  for (const MethodRow& row : rows) {
    JsonValue method = JsonValue::object();
    method.add("name", JsonValue::of(row.name));
    method.add("note", JsonValue::of(row.note));
    for (const auto& [name, value] :
         {std::pair{"psnr", &VolumeQuality::psnr}, std::pair{"ssim", &VolumeQuality::ssim},
          std::pair{"nmse", &VolumeQuality::nmse}}) {
      const MetricSummary mean = summary_of(row.scores, value);
      method.add(name, number(mean.mean));
      method.add(fmt::format("{}_standard_error", name), number(mean.standard_error()));
    }
    JsonValue& slices = method.add("slices", JsonValue::array());
    for (std::size_t i = 0; i < row.scores.size(); ++i) {
      JsonValue slice = JsonValue::object();
      slice.add("name", JsonValue::of(evaluation.slices()[i].name));
      slice.add("psnr", number(row.scores[i].psnr));
      slice.add("ssim", number(row.scores[i].ssim));
      slice.add("nmse", number(row.scores[i].nmse));
      slices.items.push_back(std::move(slice));
    }
    methods.items.push_back(std::move(method));
  }
  return json_text(root) + "\n";
}

}  // namespace

int evaluate_kspace(const KSpaceEvaluateArguments& a) {
  Stream stream(device_kind(a.device), a.threads);
  TrainedReconstruction trained = open_reconstruction_run(a.run, a.checkpoint, stream);
  if (!trained.warning.empty()) {
    fmt::print(stderr, "warning: {}\n", trained.warning);
  }
  if (!a.save.empty()) {
    make_folder(a.save);
  }
  Evaluation evaluation(a, trained, stream);
  const MetricDefinitions rules_of = definitions_of(MetricRules::kPaper);
  const std::string rules = fmt::format(
      "against the {} of the fully sampled k-space. PSNR: {}. SSIM: {}. NMSE: {}.",
      reference_of(*trained.model) == ReferenceImage::kSense ? "SENSE combination" : "root sum of squares",
      rules_of.psnr, rules_of.ssim, rules_of.nmse);
  const bool only_json = a.json == "-";
  if (!only_json) {
    fmt::print("{}\n{}\n{} slices: {}\n{}\n", trained.model->text(), trained.text, evaluation.slices().size(),
               evaluation.text(), rules);
  }
  const std::vector<MethodRow> rows =
      all_methods(evaluation, trained.model->output() == ReconstructionOutput::kImage, a);
  const std::string json = json_of_rows(trained, evaluation, rules, rows);
  if (only_json) {
    fmt::print("{}", json);
    return 0;
  }
  fmt::print("{}", table_of_rows(rows));
  if (!a.json.empty()) {
    write_file_atomically(a.json, json);
  }
  return 0;
}

}  // namespace selfsame
