// SPDX-License-Identifier: Apache-2.0
// selfsame evaluate --reference --prediction: NMSE, PSNR and SSIM of reconstructed volumes, by named rules.
#include "engine/commands/evaluate_volumes.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <vector>

#include "engine/config/json_value.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"
#include "mri/files/volume_file.hpp"
#include "mri/metrics/center_crop.hpp"
#include "mri/metrics/volume_metrics.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

constexpr std::int64_t kSsimWindow = 7;

struct VolumePair {
  std::string name;
  fs::path reference, prediction, mask;  // mask empty: none
};

struct VolumeRow {
  std::string name;
  VolumeShape shape;  // after the crop
  bool reference_complex = false, prediction_complex = false;
  std::vector<VolumeQuality> values;  // one, or one per slice
};

/// What is measured, in the order of the table.
struct Column {
  const char* name;   // in JSON
  const char* title;  // in the table
  int digits;
  double VolumeQuality::*value;
};
constexpr Column kColumns[] = {{"nmse", "NMSE", 5, &VolumeQuality::nmse},
                               {"psnr", "PSNR", 3, &VolumeQuality::psnr},
                               {"ssim", "SSIM", 4, &VolumeQuality::ssim},
                               {"relative_l1", "rel. L1", 5, &VolumeQuality::relative_l1}};

void require(const fs::path& path, const char* option) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    fail(ErrorKind::kData, "{} {}: not found", option, path.string());
  }
}

/// Every name of one folder that the other has not, in one error.
void require_same_names(const EvaluateVolumesArguments& a, const std::vector<std::string>& references,
                        const std::vector<std::string>& predictions) {
  std::string missing;
  const auto compare = [&](const std::vector<std::string>& these, const std::vector<std::string>& those,
                           const std::string& folder) {
    for (const std::string& name : these) {
      if (!std::binary_search(those.begin(), those.end(), name)) {
        missing += fmt::format("\n  {}: not in {}", name, folder);
      }
    }
  };
  compare(references, predictions, a.prediction);
  compare(predictions, references, a.reference);
  if (!missing.empty()) {
    fail(ErrorKind::kData, "volumes without a partner of the same name:{}", missing);
  }
}

std::vector<VolumePair> pairs_of(const EvaluateVolumesArguments& a) {
  require(a.reference, "--reference");
  require(a.prediction, "--prediction");
  if (!a.mask.empty()) {
    require(a.mask, "--mask");
  }
  std::error_code ignored;
  const bool folders = fs::is_directory(a.reference, ignored);
  if (folders != fs::is_directory(a.prediction, ignored)) {
    fail(ErrorKind::kUsage, "--reference {} and --prediction {}: give two files or two folders", a.reference,
         a.prediction);
  }
  if (!folders) {
    return {{fs::path(a.prediction).filename().string(), a.reference, a.prediction, a.mask}};
  }
  const std::vector<std::string> names = volume_names(a.reference);
  require_same_names(a, names, volume_names(a.prediction));
  const bool mask_folder = !a.mask.empty() && fs::is_directory(a.mask, ignored);
  std::vector<VolumePair> pairs;
  for (const std::string& name : names) {
    const fs::path mask = mask_folder ? fs::path(a.mask) / name : fs::path(a.mask);
    if (mask_folder) {
      require(mask, "--mask");
    }
    pairs.push_back({name, fs::path(a.reference) / name, fs::path(a.prediction) / name, mask});
  }
  return pairs;
}

/// "HxW" as two numbers.
bool read_size(const std::string& text, std::int64_t& h, std::int64_t& w) {
  const std::size_t cross = text.find('x');
  if (cross == std::string::npos) {
    return false;
  }
  const char *begin = text.data(), *middle = begin + cross, *end = begin + text.size();
  const auto first = std::from_chars(begin, middle, h), second = std::from_chars(middle + 1, end, w);
  return first.ec == std::errc() && first.ptr == middle && second.ec == std::errc() && second.ptr == end &&
         h >= kSsimWindow && w >= kSsimWindow;
}

/// The part of every image that is compared.
class Crop {
 public:
  Crop(const std::string& text, MetricRules rules)
      : text_(!text.empty()                    ? text
              : rules == MetricRules::kFastMri ? "square"
                                               : "none") {
    if (text_ != "none" && text_ != "square" && !read_size(text_, h_, w_)) {
      fail(ErrorKind::kUsage, "--crop {}: expected none, square or HxW with sides of at least {}", text_,
           kSsimWindow);
    }
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] CropWindow window(std::int64_t h, std::int64_t w) const {
    if (text_ == "none") {
      return {0, 0, h, w};
    }
    // evaluate.py takes the square of the width, and refuses what is wider than high: that stays as it is.
    return text_ == "square" ? center_window(h, w, std::min(h, w), w) : center_window(h, w, h_, w_);
  }

 private:
  std::string text_;
  std::int64_t h_ = 0, w_ = 0;
};

std::string shape_text(const Volume& v) { return fmt::format("({}, {}, {})", v.slices, v.h, v.w); }

/// The mask as 0 and 1 for every value of the volume; one slice serves all.
std::vector<std::uint8_t> read_mask(const fs::path& path, const Volume& volume, const CropWindow& window) {
  const Volume mask = read_volume(path);
  if (mask.h != volume.h || mask.w != volume.w || (mask.slices != 1 && mask.slices != volume.slices)) {
    fail(ErrorKind::kData, "{}: a mask {} does not fit volumes {}", path.string(), shape_text(mask),
         shape_text(volume));
  }
  const std::vector<float> values = crop_planes<float>(mask.values, mask.h, mask.w, window);
  std::vector<std::uint8_t> bits;
  for (std::int64_t s = 0; s < volume.slices; ++s) {
    const std::int64_t plane = window.h * window.w, first = mask.slices == 1 ? 0 : s * plane;
    for (std::int64_t i = 0; i < plane; ++i) {
      const float value = values[static_cast<std::size_t>(first + i)];
      if (value != 0.0f && value != 1.0f) {
        fail(ErrorKind::kData, "{}: a mask holds 0 and 1, not {}", path.string(), value);
      }
      bits.push_back(value != 0.0f ? 1 : 0);
    }
  }
  return bits;
}

VolumeRow evaluate_pair(const VolumePair& pair, MetricRules rules, const Crop& crop) {
  const Volume reference = read_volume(pair.reference), prediction = read_volume(pair.prediction);
  if (reference.slices != prediction.slices || reference.h != prediction.h || reference.w != prediction.w) {
    fail(ErrorKind::kData, "{} has the shape {}, {} the shape {}", pair.reference.string(),
         shape_text(reference), pair.prediction.string(), shape_text(prediction));
  }
  try {
    const CropWindow window = crop.window(reference.h, reference.w);
    if (window.h < kSsimWindow || window.w < kSsimWindow) {
      fail(ErrorKind::kData, "images of {} x {} are below the {}x{} pixels that SSIM needs", window.h,
           window.w, kSsimWindow, kSsimWindow);
    }
    const std::vector<float> r = crop_planes<float>(reference.values, reference.h, reference.w, window);
    const std::vector<float> p = crop_planes<float>(prediction.values, prediction.h, prediction.w, window);
    const std::vector<std::uint8_t> mask =
        pair.mask.empty() ? std::vector<std::uint8_t>{} : read_mask(pair.mask, reference, window);
    const VolumeShape shape{reference.slices, window.h, window.w};
    VolumeMetricOptions options;
    options.rules = rules;
    options.mask = mask;
    return {pair.name, shape, reference.was_complex, prediction.was_complex,
            volume_quality(r, p, shape, options)};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData) {
      throw;
    }
    fail(ErrorKind::kData, "{} against {}: {}", pair.prediction.string(), pair.reference.string(),
         error.what());
  }
}

std::vector<VolumeQuality> all_values(const std::vector<VolumeRow>& rows) {
  std::vector<VolumeQuality> all;
  for (const VolumeRow& row : rows) {
    all.insert(all.end(), row.values.begin(), row.values.end());
  }
  return all;
}

JsonValue number(double value) { return std::isfinite(value) ? JsonValue::of(value) : JsonValue::null(); }

JsonValue json_of(const VolumeQuality& quality) {
  JsonValue v = JsonValue::object();
  for (const Column& column : kColumns) {
    v.add(column.name, number(quality.*column.value));
  }
  return v;
}

JsonValue json_of_volume(const VolumeRow& row, MetricRules rules) {
  JsonValue v = JsonValue::object();
  v.add("name", JsonValue::of(row.name));
  v.add("slices", JsonValue::of(row.shape.slices));
  v.add("height", JsonValue::of(row.shape.h));
  v.add("width", JsonValue::of(row.shape.w));
  v.add("reference_complex", JsonValue::of(row.reference_complex));
  v.add("prediction_complex", JsonValue::of(row.prediction_complex));
  for (const Column& column : kColumns) {
    v.add(column.name, number(summary_of(row.values, column.value).mean));
  }
  if (rules == MetricRules::kPaper) {
    JsonValue& slices = v.add("slice_values", JsonValue::array());
    for (const VolumeQuality& quality : row.values) {
      slices.items.push_back(json_of(quality));
    }
  }
  return v;
}

std::string json_text_of(const EvaluateVolumesArguments& a, MetricRules rules, const Crop& crop,
                         const std::vector<VolumeRow>& rows) {
  const std::vector<VolumeQuality> all = all_values(rows);
  const MetricDefinitions said = definitions_of(rules);
  JsonValue root = JsonValue::object();
  root.add("reference", JsonValue::of(a.reference));
  root.add("prediction", JsonValue::of(a.prediction));
  root.add("rules", JsonValue::of(std::string(name_of(rules))));
  root.add("crop", JsonValue::of(crop.text()));
  root.add("mask", a.mask.empty() ? JsonValue::null() : JsonValue::of(a.mask));
  JsonValue& definitions = root.add("definitions", JsonValue::object());
  definitions.add("nmse", JsonValue::of(said.nmse));
  definitions.add("psnr", JsonValue::of(said.psnr));
  definitions.add("ssim", JsonValue::of(said.ssim));
  definitions.add("relative_l1", JsonValue::of(said.relative_l1));
  definitions.add("mean", JsonValue::of(said.mean));
  definitions.add("interval", JsonValue::of("mean - 2 sd to mean + 2 sd, sample standard deviation"));
  JsonValue& mean = root.add("mean", JsonValue::object());
  mean.add("of", JsonValue::of(std::string(unit_of(rules)) + "s"));
  mean.add("n", JsonValue::of(static_cast<std::int64_t>(all.size())));
  for (const Column& column : kColumns) {
    const MetricSummary summary = summary_of(all, column.value);
    JsonValue& v = mean.add(column.name, JsonValue::object());
    v.add("mean", number(summary.mean));
    v.add("standard_deviation", number(summary.deviation));
    v.add("standard_error", number(summary.standard_error()));
    JsonValue& interval = v.add("interval", JsonValue::array());
    interval.items = {number(summary.low()), number(summary.high())};
  }
  JsonValue& volumes = root.add("volumes", JsonValue::array());
  for (const VolumeRow& row : rows) {
    volumes.items.push_back(json_of_volume(row, rules));
  }
  return json_text(root) + "\n";
}

void print_line(const std::string& name, std::size_t width, const std::string& size,
                const std::vector<double>& values) {
  fmt::print("{:<{}}  {:>13}", name, width, size);
  for (std::size_t i = 0; i < values.size(); ++i) {
    // Infinite PSNRs have no deviation.
    fmt::print("  {:>9}",
               std::isnan(values[i]) ? "n/a" : fmt::format("{:.{}f}", values[i], kColumns[i].digits));
  }
  fmt::print("\n");
}

void print_table(const EvaluateVolumesArguments& a, MetricRules rules, const Crop& crop,
                 const std::vector<VolumeRow>& rows) {
  const MetricDefinitions said = definitions_of(rules);
  fmt::print("{} against {}\nRules: {}; crop: {}{}\n", a.prediction, a.reference, name_of(rules), crop.text(),
             a.mask.empty() ? "" : "; predictions times mask " + a.mask);
  fmt::print("NMSE: {}\nPSNR: {}\nSSIM: {}\nrel. L1: {}\nMean: {}\n", said.nmse, said.psnr, said.ssim,
             said.relative_l1, said.mean);
  const bool complex = std::any_of(rows.begin(), rows.end(), [](const VolumeRow& row) {
    return row.reference_complex || row.prediction_complex;
  });
  fmt::print("{}\n", complex ? "Complex files are compared by their magnitudes.\n" : "");
  std::size_t width = 14;
  for (const VolumeRow& row : rows) {
    width = std::max(width, row.name.size());
  }
  fmt::print("{:<{}}  {:>13}", "volume", width, "size");
  for (const Column& column : kColumns) {
    fmt::print("  {:>9}", column.title);
  }
  fmt::print("\n");
  const auto values_of = [](std::span<const VolumeQuality> values, auto&& part) {
    std::vector<double> numbers;
    for (const Column& column : kColumns) {
      numbers.push_back(part(summary_of(values, column.value)));
    }
    return numbers;
  };
  const auto mean = [](const MetricSummary& s) { return s.mean; };
  for (const VolumeRow& row : rows) {
    print_line(row.name, width, fmt::format("{}x{}x{}", row.shape.slices, row.shape.h, row.shape.w),
               values_of(row.values, mean));
  }
  const std::vector<VolumeQuality> all = all_values(rows);
  print_line("mean", width, fmt::format("{} {}{}", all.size(), unit_of(rules), all.size() == 1 ? "" : "s"),
             values_of(all, mean));
  if (all.size() > 1) {
    print_line("+- 2 sd", width, "", values_of(all, [](const MetricSummary& s) { return 2 * s.deviation; }));
    print_line("standard error", width, "",
               values_of(all, [](const MetricSummary& s) { return s.standard_error(); }));
  }
}

}  // namespace

void add_volume_options(CLI::App& group, EvaluateVolumesArguments& a) {
  group.add_option("--reference", a.reference, "The truth: a file, or a folder")->type_name("FILE|DIR");
  group.add_option("--prediction", a.prediction, "What is judged: a file, or a folder with the same names")
      ->type_name("FILE|DIR");
  group
      .add_option("--rules", a.rules,
                  "fastmri (default): volume maximum, mean over volumes; slice_max: each slice's own; paper: "
                  "each slice's own, mean over all slices")
      ->type_name("NAME");
  group
      .add_option("--crop", a.crop,
                  "Central part that is compared: none, square (of the width; default for fastmri), or HxW")
      ->type_name("CROP");
  group.add_option("--mask", a.mask, "0/1 file, or folder of the same names: predictions are 0 outside")
      ->type_name("FILE|DIR");
}

int evaluate_volumes(const EvaluateVolumesArguments& a) {
  if (a.reference.empty() || a.prediction.empty()) {
    fail(ErrorKind::kUsage, "--reference and --prediction belong together");
  }
  const MetricRules rules = metric_rules(a.rules);
  const Crop crop(a.crop, rules);
  std::vector<VolumeRow> rows;
  for (const VolumePair& pair : pairs_of(a)) {
    rows.push_back(evaluate_pair(pair, rules, crop));
  }
  const std::string json = json_text_of(a, rules, crop, rows);
  if (a.json == "-") {
    fmt::print("{}", json);
    return 0;
  }
  print_table(a, rules, crop, rows);
  if (!a.json.empty()) {
    write_file_atomically(a.json, json);
  }
  return 0;
}

}  // namespace selfsame
