// SPDX-License-Identifier: Apache-2.0
// House rules that a compiler does not check: licence lines, length, and a test for every source.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/support/source_tree.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kLongestFile = 400;
constexpr const char* kLicence = "SPDX-License-Identifier: Apache-2.0";

/// Sources without a test of their own name, and the test that covers them instead.
const std::map<std::string, std::string>& covered_elsewhere() {
  static const std::map<std::string, std::string> table{
      // Commands are run as a user runs them.
      {"engine/main.cpp", "tests/engine/commands/commands_test.cpp"},
      {"engine/commands/check.cpp", "tests/engine/commands/commands_test.cpp"},
      {"engine/commands/command_files.cpp", "tests/engine/commands/apply_test.cpp"},
      {"engine/commands/convert.cpp", "tests/engine/commands/commands_test.cpp"},
      {"engine/commands/evaluate.cpp", "tests/engine/commands/commands_test.cpp"},
      {"engine/commands/list.cpp", "tests/engine/commands/commands_test.cpp"},
      {"engine/commands/study.cpp", "tests/engine/commands/study_command_test.cpp"},
      {"engine/study/figure1_values.cpp", "tests/engine/study/subspace_study_test.cpp"},
      {"engine/study/subspace_report.cpp", "tests/engine/study/subspace_study_test.cpp"},
      {"engine/study/subspace_results.cpp", "tests/engine/study/subspace_study_test.cpp"},
      {"engine/config/config_help.cpp", "tests/engine/config/train_config_test.cpp"},
      {"engine/commands/mask.cpp", "tests/engine/commands/mask_command_test.cpp"},
      {"engine/commands/apply_kspace.cpp", "tests/engine/commands/kspace_commands_test.cpp"},
      {"engine/commands/evaluate_kspace.cpp", "tests/engine/commands/kspace_commands_test.cpp"},
      {"engine/commands/trained_reconstruction.cpp", "tests/engine/commands/kspace_commands_test.cpp"},
      {"engine/config/config_checks_kspace.cpp", "tests/engine/config/config_checks_test.cpp"},
      {"engine/config/config_tables_kspace.cpp", "tests/engine/config/config_reader_test.cpp"},
      {"engine/config/config_tables_objectives.cpp", "tests/engine/config/train_config_test.cpp"},
      // Runs of accelerated MRI.
      {"engine/kspace/fill_sample.cpp", "tests/engine/kspace/kspace_task_test.cpp"},
      {"engine/kspace/kspace_files.cpp", "tests/engine/kspace/kspace_data_test.cpp"},
      {"engine/kspace/kspace_pass.cpp", "tests/engine/kspace/kspace_task_test.cpp"},
      {"engine/kspace/kspace_sampler.cpp", "tests/engine/kspace/kspace_task_test.cpp"},
      {"engine/kspace/kspace_source.cpp", "tests/engine/kspace/kspace_data_test.cpp"},
      {"engine/kspace/reconstructor.cpp", "tests/engine/kspace/kspace_task_test.cpp"},
      {"engine/kspace/simulated_source.cpp", "tests/engine/commands/kspace_commands_test.cpp"},
      {"engine/kspace/slice_method.cpp", "tests/engine/commands/kspace_commands_test.cpp"},
      {"engine/setup/kspace_setup.cpp", "tests/engine/kspace/kspace_task_test.cpp"},
      {"engine/training/training_task.cpp", "tests/engine/kspace/kspace_task_test.cpp"},
      {"engine/commands/report.cpp", "tests/engine/commands/commands_test.cpp"},
      {"engine/commands/run_session.cpp", "tests/engine/commands/commands_test.cpp"},
      {"engine/commands/simulate_examples.cpp", "tests/engine/commands/simulate_test.cpp"},
      {"engine/commands/train.cpp", "tests/engine/commands/commands_test.cpp"},
      {"engine/commands/trained_network.cpp", "tests/engine/commands/apply_test.cpp"},
      // The verdict: the test and the draws on which its level is measured.
      {"engine/verify/bias_test.cpp", "tests/engine/verify/calibration_test.cpp"},
      {"engine/verify/synthetic_gradients.cpp", "tests/engine/verify/calibration_test.cpp"},
      // Tables and types of the configuration reader: every key is read, refused and written there.
      {"engine/config/config_tables_data.cpp", "tests/engine/config/train_config_test.cpp"},
      {"engine/config/config_tables_training.cpp", "tests/engine/config/train_config_test.cpp"},
      {"engine/config/diagnostics.cpp", "tests/engine/config/config_reader_test.cpp"},
      {"engine/config/field_table.cpp", "tests/engine/config/field_text_test.cpp"},
      {"engine/config/json_value.cpp", "tests/engine/config/json_parse_test.cpp"},
      {"engine/config/utf8.cpp", "tests/engine/config/json_parse_test.cpp"},
      // Helper programs are run by those who ask them.
      {"mri/files/hdf5/main_hdf5.cpp", "tests/mri/files/hdf5/h5_file_test.cpp"},
      {"mri/files/hdf5/requests_hdf5.cpp", "tests/mri/files/hdf5/h5_file_test.cpp"},
      {"mri/files/ismrmrd/images_ismrmrd.cpp", "tests/mri/files/ismrmrd/mrd_writer_test.cpp"},
      {"mri/files/ismrmrd/main_ismrmrd.cpp", "tests/mri/files/ismrmrd/mrd_writer_test.cpp"},
      // Whole-run tests.
      {"engine/training/denoising_pass.cpp", "tests/engine/training/lanes_test.cpp"},
      {"engine/training/denoising_task.cpp", "tests/engine/training/trainer_test.cpp"},
      {"engine/training/training_step.cpp", "tests/engine/training/trainer_test.cpp"},
      {"engine/training/validation.cpp", "tests/engine/training/trainer_test.cpp"},
      // The simulator's parts: kernels that must be reported, and kernels that must run.
      {"kernels/device/sim/device_memory.cpp", "tests/kernels/device/sim/simulated_device_test.cpp"},
      {"kernels/device/sim/fault_handler.cpp", "tests/kernels/device/sim/bad_memory_test.cu"},
      {"kernels/device/sim/fiber.cpp", "tests/kernels/device/sim/good_kernels_test.cu"},
      {"kernels/device/sim/fiber_stacks.cpp", "tests/kernels/device/sim/good_kernels_test.cu"},
      {"kernels/device/sim/mapping.cpp", "tests/kernels/device/sim/simulated_device_test.cpp"},
      {"kernels/device/sim/pending_copies.cpp", "tests/kernels/device/sim/bad_memory_test.cu"},
      {"kernels/device/sim/scheduler.cpp", "tests/kernels/device/sim/bad_kernels_test.cu"},
      {"kernels/device/sim/shared_memory.cpp", "tests/kernels/device/sim/bad_memory_test.cu"},
      {"kernels/device/sim/sim_report.cpp", "tests/kernels/device/sim/bad_kernels_test.cu"},
      {"kernels/device/sim/thread_order.cpp", "tests/kernels/device/sim/order_test.cu"},
      {"kernels/device/sim/access_hooks.cpp", "tests/kernels/device/sim/traffic_test.cpp"},
      {"kernels/device/sim/warp_words.cpp", "tests/kernels/device/sim/matrix_words_test.cu"},
      // Used by every op's test.
      {"kernels/device/cuda/cuda_device.cpp", "tests/kernels/device/device_test.cpp"},
      {"kernels/device/isa.cpp", "tests/kernels/conv2d/conv2d_test.cpp"},
      {"kernels/conv2d/tiled.cpp", "tests/kernels/conv2d/conv2d_bf16_test.cpp"},
      {"kernels/conv2d/tiles_emulated.cpp", "tests/kernels/conv2d/conv2d_bf16_test.cpp"},
      {"kernels/conv2d/widen_simd.cpp", "tests/kernels/conv2d/conv2d_bf16_test.cpp"},
      {"kernels/conv2d/widened.cpp", "tests/kernels/conv2d/conv2d_bf16_test.cpp"},
      {"kernels/device/tensor.cpp", "tests/kernels/layout/layout_test.cpp"},
      {"kernels/noise/poisson.cpp", "tests/kernels/noise/noise_test.cpp"},
      {"kernels/norm_plane/norm_gpu.cpp", "tests/kernels/instance_norm/instance_norm_test.cpp"},
      {"kernels/norm_plane/norm_plane_simd.cpp", "tests/kernels/instance_norm/instance_norm_test.cpp"},
      {"mri/recon/data_scale.cpp", "tests/mri/recon/classical_test.cpp"},
      {"mri/recon/sense_system.cpp", "tests/mri/recon/proximal_test.cpp"},
      // Registered: the contract tests iterate over the registry. Formulas and exact means besides.
      {"losses/kspace/kspace_loss.cpp", "tests/losses/kspace/kspace_contract_test.cpp"},
      {"losses/kspace/kspace_objective.cpp", "tests/losses/kspace/kspace_contract_test.cpp"},
      {"losses/kspace/noisier2noise_kspace.cpp", "tests/losses/kspace/unbiasedness_test.cpp"},
      {"losses/kspace/paper_options.cpp", "tests/losses/kspace/unbiasedness_test.cpp"},
      {"losses/kspace/paper_split.cpp", "tests/losses/kspace/unbiasedness_test.cpp"},
      {"losses/kspace/paper_split_normalized.cpp", "tests/losses/kspace/unbiasedness_test.cpp"},
      {"losses/kspace/robust_ssdu.cpp", "tests/losses/kspace/unbiasedness_test.cpp"},
      {"losses/kspace/ssdu.cpp", "tests/losses/kspace/unbiasedness_test.cpp"},
      {"losses/kspace/ssdu_original.cpp", "tests/losses/kspace/unbiasedness_test.cpp"},
      {"losses/kspace/supervised_image.cpp", "tests/losses/kspace/kspace_contract_test.cpp"},
      {"losses/kspace/supervised_kspace.cpp", "tests/losses/kspace/kspace_contract_test.cpp"},
      {"losses/kspace/weighted_ssdu.cpp", "tests/losses/kspace/unbiasedness_test.cpp"},
      {"losses/noise2noise.cpp", "tests/losses/objective_contract_test.cpp"},
      {"losses/supervised.cpp", "tests/losses/objective_contract_test.cpp"},
      {"losses/blind_spot.cpp", "tests/losses/objective_values_test.cpp"},
      {"losses/divergence.cpp", "tests/losses/exact_identities_test.cpp"},
      {"losses/neighbor2neighbor.cpp", "tests/losses/objective_values_test.cpp"},
      {"losses/noise2noise_l1.cpp", "tests/losses/objective_values_test.cpp"},
      {"losses/noise2noise_normalized.cpp", "tests/losses/objective_values_test.cpp"},
      {"losses/noise2self.cpp", "tests/losses/predict_test.cpp"},
      {"losses/noise2void.cpp", "tests/losses/objective_values_test.cpp"},
      {"losses/noisier2noise.cpp", "tests/losses/exact_identities_test.cpp"},
      {"losses/r2r.cpp", "tests/losses/linear_expectations_test.cpp"},
      {"losses/sure.cpp", "tests/losses/linear_expectations_test.cpp"},
      {"losses/sure_poisson.cpp", "tests/losses/exact_identities_test.cpp"},
      {"losses/sure_poisson_gaussian.cpp", "tests/losses/objective_values_test.cpp"},
      {"losses/target_objective.cpp", "tests/losses/objective_contract_test.cpp"},
      {"losses/unsure.cpp", "tests/losses/objective_values_test.cpp"},
      // The loops of four ops; and what each op's versions are compared with.
      {"mri/coils/coil_ops_simd.cpp", "tests/mri/coils/coil_maps_test.cpp"},
      {"mri/fourier/fourier_cufft.cpp", "tests/mri/fourier/fourier_gpu_test.cpp"},
      {"mri/coils/coil_magnitude_reference.cpp", "tests/mri/coils/coil_magnitude_test.cpp"},
      {"mri/coils/coil_maps_reference.cpp", "tests/mri/coils/coil_maps_test.cpp"},
      {"mri/coils/complex_planes_reference.cpp", "tests/mri/coils/complex_planes_test.cpp"},
      {"mri/coils/data_consistency_reference.cpp", "tests/mri/coils/data_consistency_test.cpp"},
      // Registered: the tests iterate over the registry and compare draws with laws.
      {"mri/masks/families/bernoulli.cpp", "tests/mri/masks/mask_family_test.cpp"},
      {"mri/masks/families/centre.cpp", "tests/mri/masks/mask_family_test.cpp"},
      {"mri/masks/families/fastmri_equispaced.cpp", "tests/mri/masks/families/fastmri_test.cpp"},
      {"mri/masks/families/fastmri_magic.cpp", "tests/mri/masks/families/fastmri_test.cpp"},
      {"mri/masks/families/fastmri_random.cpp", "tests/mri/masks/families/fastmri_test.cpp"},
      {"mri/masks/families/fixed.cpp", "tests/mri/masks/mask_family_test.cpp"},
      {"mri/masks/families/poisson_disc.cpp", "tests/mri/masks/mask_family_test.cpp"},
      {"mri/masks/families/random_count.cpp", "tests/mri/masks/mask_family_test.cpp"},
      {"mri/masks/families/variable_density.cpp", "tests/mri/masks/mask_family_test.cpp"},
      {"models/common/parameters.cpp", "tests/models/fixture_test.cpp"},
      {"models/dncnn/dncnn.cpp", "tests/models/fixture_test.cpp"},
      {"models/network.cpp", "tests/models/fixture_test.cpp"},
      {"models/recon/image_unets.cpp", "tests/models/recon/reconstruction_test.cpp"},
      {"models/recon/last_stage.cpp", "tests/models/recon/reconstruction_test.cpp"},
      {"models/recon/norm_unet.cpp", "tests/models/recon/reconstruction_test.cpp"},
      {"models/recon/sensitivity.cpp", "tests/models/recon/reconstruction_test.cpp"},
      {"models/recon/varnet.cpp", "tests/models/recon/reconstruction_test.cpp"},
      {"models/unet/unet.cpp", "tests/models/fixture_test.cpp"},
      {"models/unet/unet_network.cpp", "tests/models/fixture_test.cpp"},
      {"models/unet/unet_plan.cpp", "tests/models/fixture_test.cpp"},
  };
  return table;
}

bool exists(const std::string& path) { return std::filesystem::is_regular_file(source_root() / path); }

/// Where the test of a source may stand: under its own name, or, for a version or part of an op
/// (conv2d/conv2d_simd.cpp), under the op's.
std::vector<std::string> mirrors(const std::string& source) {
  const std::filesystem::path path(source);
  const std::string stem = path.stem().string();
  const std::string folder = path.parent_path().filename().string();
  const std::string tests = "tests/" + path.parent_path().generic_string() + "/";
  std::vector<std::string> names{tests + stem + "_test.cpp"};
  if (stem.starts_with(folder + "_")) {
    names.push_back(tests + folder + "_test.cpp");
  }
  return names;
}

std::vector<SourceFile> all_sources() {
  return source_files({"kernels", "mri", "losses", "models", "engine", "bench", "tests"},
                      {".hpp", ".cpp", ".cu", ".cuh"});
}

TEST(Sources, BeginWithTheLicence) {
  std::vector<SourceFile> files = all_sources();
  for (SourceFile& file : source_files({"scripts", "cmake", "CMakeLists.txt", "bench", "tests", ".ci/run"},
                                       {".sh", ".py", ".cmake", "CMakeLists.txt"})) {
    files.push_back(std::move(file));
  }
  ASSERT_GT(files.size(), 200u);
  for (const SourceFile& file : files) {
    const auto end =
        file.lines.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(2, file.lines.size()));
    EXPECT_TRUE(std::any_of(file.lines.begin(), end,
                            [](const std::string& line) { return line.find(kLicence) != std::string::npos; }))
        << file.path << ": no \"" << kLicence << "\" in the first two lines";
  }
}

TEST(Sources, FitInFourHundredLines) {
  for (const SourceFile& file : all_sources()) {
    EXPECT_LE(file.lines.size(), kLongestFile) << file.path;
  }
}

TEST(Sources, HeadersHaveTheirGuard) {
  for (const SourceFile& file :
       source_files({"kernels", "mri", "losses", "models", "engine", "tests"}, {".hpp"})) {
    EXPECT_NE(std::find(file.lines.begin(), file.lines.end(), "#pragma once"), file.lines.end()) << file.path;
  }
}

TEST(Sources, HaveATestOfTheirName) {
  const std::vector<SourceFile> files =
      source_files({"kernels", "mri", "losses", "models", "engine"}, {".cpp"});
  ASSERT_GT(files.size(), 100u);
  std::size_t mirrored = 0;
  for (const SourceFile& file : files) {
    const std::vector<std::string> names = mirrors(file.path);
    if (std::any_of(names.begin(), names.end(), exists)) {
      ++mirrored;
      continue;
    }
    const auto other = covered_elsewhere().find(file.path);
    if (other == covered_elsewhere().end()) {
      ADD_FAILURE() << file.path << ": no " << names[0] << ", and not listed as covered elsewhere";
    } else {
      EXPECT_TRUE(exists(other->second)) << file.path << ": " << other->second << " is not there";
    }
  }
  EXPECT_GT(mirrored, files.size() / 2);
}

TEST(Sources, OfAnOpAreMirroredByTheTestOfTheOp) {
  EXPECT_EQ(mirrors("kernels/conv2d/conv2d_simd.cpp"),
            (std::vector<std::string>{"tests/kernels/conv2d/conv2d_simd_test.cpp",
                                      "tests/kernels/conv2d/conv2d_test.cpp"}));
  EXPECT_EQ(mirrors("engine/run/duration.cpp"),
            std::vector<std::string>{"tests/engine/run/duration_test.cpp"});
}

}  // namespace
}  // namespace selfsame
