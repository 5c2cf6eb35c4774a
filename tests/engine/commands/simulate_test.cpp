// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <complex>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "mri/files/atomic_file.hpp"
#include "mri/files/npy_file.hpp"
#include "mri/files/png_file.hpp"
#include "mri/fourier/fourier.hpp"
#include "mri/metrics/volume_metrics.hpp"
#include "mri/simulation/simulate.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

namespace fs = std::filesystem;
using Numbers = std::vector<std::complex<float>>;

class Simulate : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  ProgramResult run(const std::string& out, std::vector<std::string> more) const {
    std::vector<std::string> arguments{"simulate", "--out", path(out)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return selfsame_program(arguments);
  }
  void must_run(const std::string& out, std::vector<std::string> more) const {
    const ProgramResult result = run(out, std::move(more));
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  Numbers read(const std::string& name, const std::vector<std::int64_t>& shape) const {
    const NpyFile file(path(name));
    EXPECT_EQ(file.header().type, NpyType::kC8);
    EXPECT_EQ(file.header().shape, shape);
    Numbers values(static_cast<std::size_t>(file.header().elements));
    file.read_raw(std::as_writable_bytes(std::span(values)), 0, file.header().elements);
    return values;
  }
  std::string bytes(const std::string& name) const { return read_file(path(name), 1 << 24); }
  void write_images(const std::string& name) const {
    for (int k = 0; k < 2; ++k) {
      Image image;
      image.channels = 1;
      image.height = 9;
      image.width = 12;
      for (int i = 0; i < 108; ++i) {
        image.pixels.push_back(static_cast<float>((i * (7 + k)) % 256) / 255.0f);
      }
      fs::create_directories(path(name));
      write_png(path(name) + "/" + std::to_string(k) + ".png", image, 8);
    }
  }
  TemporaryFolder folder_;
};

TEST_F(Simulate, WritesWhatTheLibraryMakes) {
  write_images("in");
  must_run("out", {"--images", path("in"), "--coils", "3", "--maps", "biot_savart", "--noise", "0.05",
                   "--phase", "0.5", "--seed", "7", "--first", "40"});
  SimulationOptions options;
  options.seed = 7;
  options.maps.kind = CoilMapKind::kBiotSavart;
  options.maps.coils = 3;
  options.noise = 0.05;
  options.phase = 0.5;
  Stream stream(DeviceKind::kCpu, 2);
  for (int k = 0; k < 2; ++k) {
    std::vector<float> pixels;
    for (int i = 0; i < 108; ++i) {
      pixels.push_back(static_cast<float>((i * (7 + k)) % 256) / 255.0f);
    }
    const SimulatedExample made =
        simulate_from_real(pixels, 9, 12, options, static_cast<std::uint32_t>(40 + k), stream);
    const std::string name = "00004" + std::to_string(k) + ".npy";
    EXPECT_EQ(read("out/kspace/" + name, {3, 9, 12}), made.kspace.values);
    EXPECT_EQ(read("out/maps/" + name, {3, 9, 12}), made.maps.values);
    EXPECT_EQ(read("out/images/" + name, {9, 12}), made.image.values);
  }
  const nlohmann::json said = nlohmann::json::parse(bytes("out/simulation.json"));
  EXPECT_EQ(said.at("seed"), "7");
  EXPECT_EQ(said.at("maps").at("type"), "biot_savart");
  EXPECT_EQ(said.at("noise").at("standard_deviation"), 0.05);
  EXPECT_EQ(said.at("phase"), 0.5);
  ASSERT_EQ(said.at("examples").size(), 2u);
  EXPECT_EQ(said.at("examples")[1].at("file"), "000041.npy");
  EXPECT_NE(said.at("examples")[1].at("source").get<std::string>().find("1.png"), std::string::npos);
}

TEST_F(Simulate, ExamplesDoNotDependOnTheirNeighboursOrThreads) {
  must_run("all", {"--phantoms", "3", "--size", "20x16", "--coils", "2", "--noise", "0.1", "--threads", "2"});
  must_run("last", {"--phantoms", "1", "--first", "2", "--size", "20x16", "--coils", "2", "--noise", "0.1",
                    "--threads", "1"});
  for (const char* folder : {"kspace", "maps", "images"}) {
    const std::string name = std::string("/") + folder + "/000002.npy";
    EXPECT_EQ(bytes("all" + name), bytes("last" + name)) << folder;
  }
  EXPECT_NE(bytes("all/kspace/000001.npy"), bytes("all/kspace/000002.npy"));
}

TEST_F(Simulate, TakesComplexImagesMeasuredMapsAndACovariance) {
  Numbers images, maps, covariance{1.0f, {0.0f, 0.5f}, {0.0f, -0.5f}, 1.0f};
  for (int i = 0; i < 2 * 8 * 8; ++i) {
    images.emplace_back(static_cast<float>(i % 11), static_cast<float>(i % 7));
    maps.emplace_back(1.0f + static_cast<float>(i % 5), static_cast<float>(i % 3));
  }
  write_npy<std::complex<float>>(path("z.npy"), images, std::vector<std::int64_t>{2, 8, 8});
  write_npy<std::complex<float>>(path("maps.npy"), maps, std::vector<std::int64_t>{2, 8, 8});
  write_npy<std::complex<float>>(path("cov.npy"), covariance, std::vector<std::int64_t>{2, 2});
  must_run("out", {"--images", path("z.npy"), "--maps", path("maps.npy"), "--raw-maps", "--noise", "1",
                   "--noise-covariance", path("cov.npy")});
  EXPECT_EQ(read("out/maps/000000.npy", {2, 8, 8}), maps);
  const Numbers second = read("out/images/000001.npy", {8, 8});
  EXPECT_TRUE(std::equal(second.begin(), second.end(), images.begin() + 64)) << "the phase is kept";
  const ProgramResult coils =
      run("c", {"--images", path("z.npy"), "--maps", path("maps.npy"), "--coils", "4"});
  EXPECT_EQ(coils.exit_code, 2);
  EXPECT_NE(coils.err.find("has 2 coils"), std::string::npos) << coils.err;
  const ProgramResult wrong = run("c", {"--images", path("z.npy"), "--noise-covariance", path("cov.npy")});
  EXPECT_NE(wrong.err.find("covariance (8, 8)"), std::string::npos) << wrong.err;
}

TEST_F(Simulate, TheTruthIsWhatTheCoilsCombineTo) {
  write_images("in");
  must_run("out", {"--images", path("in"), "--coils", "4", "--phase", "0"});
  ComplexStack coils(4, 9, 12);
  coils.values = read("out/kspace/000000.npy", {4, 9, 12});
  const Numbers maps = read("out/maps/000000.npy", {4, 9, 12}),
                image = read("out/images/000000.npy", {9, 12});
  Stream stream(DeviceKind::kCpu, 1);
  stream.reserve_workspace(prepare_fourier(coils.view().shape, DType::kF32, FourierAxes::kBoth, stream));
  fourier(coils.view(), coils.view(), FourierAxes::kBoth, FourierDirection::kInverse, stream);
  Numbers combined(image.size());
  for (std::size_t i = 0; i < coils.values.size(); ++i) {
    combined[i % 108] += std::conj(maps[i]) * coils.values[i];
  }
  // Normalised maps, no noise: a few roundings.
  EXPECT_LT(complex_nrmse<float>(image, combined), 16 * 0x1p-24);
  for (const std::complex<float>& value : image) {
    EXPECT_EQ(value.imag(), 0.0f) << "phase 0: real images stay real";
  }
}

TEST_F(Simulate, RefusesToOverwriteAndSaysWhy) {
  must_run("out", {"--phantoms", "1", "--size", "16x16", "--coils", "1"});
  const std::string before = bytes("out/kspace/000000.npy");
  const ProgramResult again =
      run("out", {"--phantoms", "1", "--size", "16x16", "--coils", "1", "--seed", "1"});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_NE(again.err.find("simulation.json"), std::string::npos) << again.err;
  EXPECT_EQ(bytes("out/kspace/000000.npy"), before);
  must_run("out", {"--phantoms", "1", "--size", "16x16", "--coils", "1", "--seed", "1", "--overwrite"});
  EXPECT_NE(bytes("out/kspace/000000.npy"), before);
}

TEST_F(Simulate, NamesArgumentsThatAreWrong) {
  const auto refused = [&](std::vector<std::string> more, int code) {
    const ProgramResult result = run("bad", std::move(more));
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_FALSE(fs::exists(path("bad"))) << "nothing is left behind";
    return result.err;
  };
  EXPECT_NE(refused({}, 2).find("either --images PATH or --phantoms N"), std::string::npos);
  EXPECT_NE(refused({"--phantoms", "1", "--size", "16"}, 2).find("--size 16"), std::string::npos);
  EXPECT_NE(refused({"--phantoms", "1", "--size", "4x16"}, 2).find("8 to 4096"), std::string::npos);
  EXPECT_NE(refused({"--phantoms", "1", "--maps", "loops"}, 2).find("biot_savart or a file"),
            std::string::npos);
  EXPECT_NE(refused({"--phantoms", "1", "--noise", "-1"}, 2).find("at least 0, got -1"), std::string::npos);
  EXPECT_NE(refused({"--phantoms", "1", "--variation", "2"}, 2).find("variation 2"), std::string::npos);
  EXPECT_NE(refused({"--images", path("absent")}, 3).find("absent"), std::string::npos);
  const std::vector<float> real(64, 1.0f);
  write_npy<float>(path("real.npy"), real, std::vector<std::int64_t>{1, 8, 8});
  EXPECT_NE(refused({"--phantoms", "1", "--maps", path("real.npy")}, 3).find("expected complex coil maps"),
            std::string::npos);
  std::vector<float> nan = real;
  nan[9] = std::numeric_limits<float>::quiet_NaN();
  write_npy<float>(path("nan.npy"), nan, std::vector<std::int64_t>{8, 8});
  const std::string text = refused({"--images", path("nan.npy")}, 3);
  EXPECT_NE(text.find("nan.npy"), std::string::npos) << text;
  EXPECT_NE(text.find("row 1, column 1"), std::string::npos) << text;
}

}  // namespace
}  // namespace selfsame
