// SPDX-License-Identifier: Apache-2.0
// bench/classical_recon: coil maps and reconstructions of one slice of multi-coil k-space from .npy files,
// and the time they take. bench/peers/bart_compare.py runs it beside BART.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "mri/coils/espirit.hpp"
#include "mri/coils/lowres_maps.hpp"
#include "mri/files/npy_file.hpp"
#include "mri/files/png_file.hpp"
#include "mri/recon/classical.hpp"
#include "mri/recon/montage.hpp"

namespace selfsame {
namespace {

struct BenchOptions {
  std::string kspace, mask, maps = "espirit", method = "cg_sense", out, maps_out, picture, json;
  std::int64_t calibration = 24;
  EspiritOptions espirit;
  double lambda = 0.01, tolerance = 0, scale = 0;
  int iterations = 30, inner = 10, levels = 0, threads = 2, repeats = 1;
  bool haar = false, no_spinning = false;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// (N, C, H, W) of a complex64 file of three or four dimensions.
ComplexArray read_complex(const std::string& path) {
  const NpyFile file(path);
  const NpyHeader& header = file.header();
  const auto& d = header.shape;
  if (header.type != NpyType::kC8 || d.size() < 3 || d.size() > 4) {
    fail(ErrorKind::kData, "{}: {} of {} dimensions, expected complex64 (coils, rows, columns)", path,
         name_of(header.type), d.size());
  }
  const std::size_t extra = d.size() - 3;
  ComplexArray array({extra == 1 ? d[0] : 1, d[extra], d[extra + 1], d[extra + 2]});
  file.read_raw(std::as_writable_bytes(std::span(array.values)), 0, header.elements);
  return array;
}

SamplingMask read_mask(const std::string& path, ConstComplexView kspace) {
  if (path.empty()) {
    return sampled_where_not_zero(kspace);
  }
  const NpyFile file(path);
  std::vector<float> values(static_cast<std::size_t>(file.header().elements));
  file.read_floats(values, 0, file.header().elements, PixelScale::kRaw);
  const auto& d = file.header().shape;
  SamplingMask mask{d.size() == 2 ? d[0] : 1, d.empty() ? 0 : d.back(), {}};
  for (const float value : values) {
    mask.sampled.push_back(value != 0 ? 1 : 0);
  }
  return mask;
}

void write_complex(const std::string& path, const ComplexArray& array) {
  if (!path.empty()) {
    const Shape4 s = array.shape;
    write_npy<std::complex<float>>(path, array.values, std::array<std::int64_t, 4>{s.n, s.c, s.h, s.w});
  }
}

/// The magnitudes of the sets side by side, white at their largest value.
void write_picture(const std::string& path, const ComplexArray& array) {
  std::vector<std::vector<float>> images;
  std::vector<float> peaks;
  for (std::int64_t n = 0; n < array.shape.n; ++n) {
    std::vector<float>& image = images.emplace_back();
    for (std::int64_t i = 0; i < array.shape.h * array.shape.w; ++i) {
      image.push_back(std::abs(array.plane(n, 0)[i]));
    }
    const float peak = *std::max_element(image.begin(), image.end());
    peaks.push_back(peak > 0 ? peak : 1);
  }
  write_png(path, montage(images, array.shape.h, array.shape.w, array.shape.n, peaks), 8);
}

ClassicalOptions options_of(const BenchOptions& o) {
  if (o.method == "zero_filled") {
    return ZeroFilledOptions{};
  }
  if (o.method == "cg_sense") {
    return CgSenseOptions{o.lambda, o.iterations, o.tolerance};
  }
  if (o.method == "tv") {
    return TvOptions{o.lambda, o.iterations, o.inner, o.tolerance, o.scale};
  }
  return WaveletOptions{o.lambda, o.iterations,   o.haar ? WaveletFamily::kHaar : WaveletFamily::kDaubechies4,
                        o.levels, !o.no_spinning, o.tolerance,
                        o.scale};
}

ComplexArray maps_of(const BenchOptions& o, const ComplexArray& kspace, const SamplingMask& mask,
                     Stream& stream, nlohmann::json& report) {
  if (o.maps != "espirit" && o.maps != "lowres") {
    return read_complex(o.maps);
  }
  const CalibrationRegion region = fully_sampled_centre(mask, kspace.shape.h, o.calibration, o.calibration);
  report["calibration"] = region.text();
  if (o.maps == "lowres") {
    return estimate_lowres_maps(kspace.view(), region, stream).maps;
  }
  EspiritMaps maps = estimate_espirit(kspace.view(), region, o.espirit, stream);
  report["kernels"] = maps.kernels;
  return std::move(maps.maps);
}

void run(const BenchOptions& o) {
  Stream stream(DeviceKind::kCpu, o.threads);
  const ComplexArray kspace = read_complex(o.kspace);
  const SamplingMask mask = read_mask(o.mask, kspace.view());
  nlohmann::json report{{"kspace", kspace.shape.text()}, {"method", o.method}, {"threads", o.threads}};

  ComplexArray maps;
  for (int repeat = 0; repeat < o.repeats; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    maps = maps_of(o, kspace, mask, stream, report);
    report["maps_seconds"].push_back(seconds_since(start));
  }
  write_complex(o.maps_out, maps);

  std::vector<float> weights(mask.sampled.begin(), mask.sampled.end());
  const SenseMeasurement measurement{kspace.view(), maps.view(),
                                     ConstTensorView(weights.data(), DType::kF32, {1, 1, mask.h, mask.w}, 1)};
  ComplexArray image({maps.shape.n, 1, maps.shape.h, maps.shape.w});
  const auto reconstruction = make_classical(options_of(o));
  for (int repeat = 0; repeat < o.repeats; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    nlohmann::json objectives = nlohmann::json::array();
    reconstruction->reconstruct(image.view(), measurement, stream, [&](const ReconstructionProgress& p) {
      objectives.push_back(p.objective);
      return true;
    });
    report["seconds"].push_back(seconds_since(start));
    report["objective"] = objectives;
  }
  report["scale"] = data_scale(measurement, stream);
  write_complex(o.out, image);
  if (!o.picture.empty()) {
    write_picture(o.picture, image);
  }
  if (!o.json.empty()) {
    std::ofstream(o.json) << report.dump(2) << '\n';
  }
  fmt::print("{} of {}: maps {:.3f} s, reconstruction {:.3f} s\n", o.method, kspace.shape.text(),
             report["maps_seconds"].back().get<double>(), report["seconds"].back().get<double>());
}

int main_of(int argc, char** argv) {
  BenchOptions o;
  CLI::App app("Coil maps and classical reconstructions of one slice, with their times");
  app.add_option("--kspace", o.kspace, "complex64 .npy (coils, rows, columns)")->required();
  app.add_option("--mask", o.mask, ".npy (columns) or (rows, columns); default: where k-space is not 0");
  app.add_option("--maps", o.maps, "espirit, lowres, or a complex64 .npy");
  app.add_option("--method", o.method)->check(CLI::IsMember({"zero_filled", "cg_sense", "tv", "wavelet"}));
  app.add_option("--calibration", o.calibration, "largest side of the calibration region");
  app.add_option("--kernel", o.espirit.kernel);
  app.add_option("--threshold", o.espirit.threshold);
  app.add_option("--crop", o.espirit.crop);
  app.add_option("--sets", o.espirit.sets);
  app.add_flag("--soft", o.espirit.soft_crop);
  app.add_option("--lambda", o.lambda);
  app.add_option("--iterations", o.iterations);
  app.add_option("--inner", o.inner, "inner iterations of tv");
  app.add_option("--levels", o.levels, "levels of the wavelet transform");
  app.add_flag("--haar", o.haar);
  app.add_flag("--no-spinning", o.no_spinning);
  app.add_option("--tolerance", o.tolerance);
  app.add_option("--scale", o.scale, "of the data; 0: as BART's pics chooses it");
  app.add_option("--threads", o.threads);
  app.add_option("--repeats", o.repeats)->check(CLI::Range(1, 1000));
  app.add_option("--out", o.out, "image, complex64 .npy");
  app.add_option("--picture", o.picture, "magnitude, .png");
  app.add_option("--maps-out", o.maps_out);
  app.add_option("--json", o.json);
  CLI11_PARSE(app, argc, argv);
  try {
    run(o);
  } catch (const Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return error.exit_code();
  }
  return 0;
}

}  // namespace
}  // namespace selfsame

int main(int argc, char** argv) { return selfsame::main_of(argc, argv); }
