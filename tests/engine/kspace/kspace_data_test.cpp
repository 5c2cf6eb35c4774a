// SPDX-License-Identifier: Apache-2.0
#include "engine/kspace/kspace_data.hpp"

#include <gtest/gtest.h>

#include <set>

#include "engine/kspace/slice_method.hpp"
#include "engine/setup/kspace_setup.hpp"
#include "losses/kspace/registry.hpp"
#include "mri/files/atomic_file.hpp"
#include "mri/files/npy_file.hpp"
#include "tests/support/kspace_files.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_kspace_run.hpp"

namespace selfsame {
namespace {

/// Files 0.npy ... of `slices` slices each with 2 coils of 12x10.
void write_files(const std::filesystem::path& folder, int files, int slices, std::int64_t w = 10) {
  for (int f = 0; f < files; ++f) {
    const std::int64_t shape[] = {slices, 2, 12, w};
    std::vector<std::complex<float>> values(static_cast<std::size_t>(slices * 2 * 12 * w));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = {1.0f + static_cast<float>(i % 7), static_cast<float>(f)};
    }
    NpyWriter writer((folder / fmt::format("{}.npy", f)).string(), NpyType::kC8, shape);
    writer.append(std::as_bytes(std::span(values)));
    writer.commit();
  }
}

TrainConfig config_for(const std::string& path, const std::vector<std::string>& more = {}) {
  std::vector<std::string> all{fmt::format(R"(data={{"train": {{"type": "kspace", "path": "{}"}}}})", path)};
  all.insert(all.end(), more.begin(), more.end());
  return parse_train_config(kTinyKSpaceRun, "tiny", std::filesystem::current_path(), all);
}

TEST(KSpaceRunData, NeverDividesAVolume) {
  const TemporaryFolder folder;
  write_files(folder.path(), 5, 4);
  for (const char* seed : {"data.subset_seed=0", "data.subset_seed=1", "data.subset_seed=2"}) {
    const KSpaceRunData data = open_kspace_run_data(config_for(folder.path().string(), {seed}));
    std::set<std::int64_t> train, held_out;
    for (const std::uint32_t i : data.train_examples) {
      train.insert(data.train->volume(i));
    }
    for (const std::uint32_t i : data.validation_examples) {
      held_out.insert(data.validation->volume(i));
    }
    EXPECT_EQ(train.size() + held_out.size(), 5u);
    for (const std::int64_t v : held_out) {
      EXPECT_EQ(train.count(v), 0u);
    }
    EXPECT_EQ(data.train_examples.size(), 4 * train.size());
  }
}

TEST(KSpaceRunData, SubsetsAreNested) {
  const TemporaryFolder folder;
  write_files(folder.path(), 5, 4);
  std::vector<std::uint32_t> smaller;
  for (const int size : {1, 3, 8, 13}) {
    const KSpaceRunData data =
        open_kspace_run_data(config_for(folder.path().string(), {fmt::format("data.train_size={}", size)}));
    ASSERT_EQ(data.train_examples.size(), static_cast<std::size_t>(size));
    EXPECT_TRUE(std::equal(smaller.begin(), smaller.end(), data.train_examples.begin()));
    smaller = data.train_examples;
  }
  EXPECT_NE(error_text<Error>([&] {
              (void)open_kspace_run_data(config_for(folder.path().string(), {"data.train_size=17"}));
            }).find("17 slices asked for, 16 available"),
            std::string::npos);
}

TEST(KSpaceRunData, OneVolumeCannotBeDivided) {
  const TemporaryFolder folder;
  write_files(folder.path(), 1, 4);
  EXPECT_NE(error_text<Error>([&] {
              (void)open_kspace_run_data(config_for(folder.path().string()));
            }).find("one volume"),
            std::string::npos);
}

TEST(KSpaceRunData, NamesBadFiles) {
  const TemporaryFolder folder;
  write_files(folder.path(), 3, 2);
  write_file_atomically(folder / "1.npy", "this is no array");
  const std::string text =
      error_text<Error>([&] { (void)open_kspace_run_data(config_for(folder.path().string())); });
  EXPECT_NE(text.find("1.npy"), std::string::npos) << text;
  const KSpaceRunData data = open_kspace_run_data(config_for(folder.path().string(), {"data.on_error=skip"}));
  EXPECT_EQ(data.train->count(), 4);
  ASSERT_EQ(data.warnings.size(), 1u);
  EXPECT_NE(data.warnings[0].find("1.npy"), std::string::npos);
}

TEST(KSpaceRunData, KeepsDecodedSlicesInTheCache) {
  const TemporaryFolder folder;
  KSpaceSourceConfig files;
  files.path = kspace_fixture("multi.h5");
  Stream stream(DeviceKind::kCpu, 1);
  std::vector<std::complex<float>> plain;
  try {
    plain = open_kspace_files(files, false).source->load(0, stream).kspace;
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();  // built without libhdf5
  }
  for (int round = 0; round < 2; ++round) {
    const OpenedKSpace cached = open_kspace_files(files, false, folder.path());
    EXPECT_EQ(cached.source->load(0, stream).kspace, plain) << round;
  }
  EXPECT_FALSE(std::filesystem::is_empty(folder.path()));
}

TEST(KSpaceFiles, FindTheMaskOfWhatWasMeasuredUndersampled) {
  const TemporaryFolder folder;
  std::vector<std::complex<float>> values(2 * 12 * 10, {1, 1});
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % 10 == 3 || i % 10 == 8) {
      values[i] = 0;
    }
  }
  const std::int64_t shape[] = {2, 12, 10};
  NpyWriter writer((folder / "columns.npy").string(), NpyType::kC8, shape);
  writer.append(std::as_bytes(std::span(values)));
  writer.commit();
  KSpaceSourceConfig files;
  files.path = folder / "columns.npy";
  Stream stream(DeviceKind::kCpu, 1);
  const RawSlice raw = open_kspace_files(files, false).source->load(0, stream);
  EXPECT_EQ(raw.mask, (std::vector<std::uint8_t>{1, 1, 1, 0, 1, 1, 1, 1, 0, 1}));
}

TEST(PreparedSlices, KeepWithinTheBudgetAndGiveTheSame) {
  const TrainConfig config = parse_train_config(kTinyKSpaceRun, "tiny");
  const KSpaceRunData data = open_kspace_run_data(config);
  const std::unique_ptr<KSpaceObjective> objective = make_kspace_objective(config);
  const KSpaceSampler sampler(config.kspace->mask, *objective);
  PreparationOptions options;
  options.maps = config.kspace->maps;
  PreparedSlices roomy(data.train, sampler, options, 1 << 30, 1);
  const std::size_t one = roomy.get(0)->bytes();
  PreparedSlices narrow(data.train, sampler, options, 2 * one, 2);
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t i = 0; i < 6; ++i) {
      EXPECT_EQ(narrow.get(i)->kspace, roomy.get(i)->kspace);
      EXPECT_EQ(narrow.get(i)->maps, roomy.get(i)->maps);
      EXPECT_LE(narrow.bytes(), 2 * one);
    }
  }
  EXPECT_EQ(roomy.bytes(), 6 * one);
}

TEST(HeldOutError, LooksAtNothingThatWasNotMeasuredOrThatTheNetworkSaw) {
  KSpaceExample e;
  e.coils = 2;
  e.h = 2;
  e.w = 4;
  e.kspace.assign(16, {1, 2});
  SampleMasks masks;
  masks.w = 4;
  masks.sampled = {1, 1, 1, 0};
  masks.input = {0, 1, 0, 0};
  masks.weight = {2, 3, 0, 5};  // weights outside the held-out samples, as robust_ssdu's and noisier2noise's
  std::vector<float> predicted(32, 0.0f);
  // Column 0 alone counts: 4 numbers of error 5, weight 2, per 16.
  EXPECT_DOUBLE_EQ(held_out_error(predicted, e, masks), 4 * 2 * 5.0 / 16);
  for (std::size_t i = 0; i < e.kspace.size(); ++i) {
    if (i % 4 == 1 || i % 4 == 3) {
      e.kspace[i] = {1e6f, -1e6f};
    }
  }
  EXPECT_DOUBLE_EQ(held_out_error(predicted, e, masks), 4 * 2 * 5.0 / 16);
}

TEST(KSpaceSampler, KnowsTheCentreOfAllPairs) {
  MaskConfig mask = MaskConfig::make("random");
  mask.options["center_fractions"] = {0.3, 0.1};
  mask.options["accelerations"] = {2, 4};
  const std::unique_ptr<KSpaceObjective> objective = make_kspace_objective("supervised_kspace", {});
  const KSpaceSampler sampler(mask, *objective);
  const CalibrationRegion both = always_sampled(sampler.law(24, 40), 24, 0);
  EXPECT_EQ(both.columns, 4) << "the smaller of the two centres";
  for (std::uint32_t example = 0; example < 50; ++example) {
    const SampleMasks drawn = sampler.draw(24, 40, {}, {}, 1, 0, example);
    for (std::int64_t x = both.column; x < both.column + both.columns; ++x) {
      EXPECT_EQ(drawn.sampled[static_cast<std::size_t>(x)], 1.0f) << example;
    }
    EXPECT_LT(drawn.pair, 2);
  }
}

}  // namespace
}  // namespace selfsame
