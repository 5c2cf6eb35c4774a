// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/families/fastmri.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/base/error.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame {
namespace {

std::unique_ptr<MaskFamily> family(std::string_view type, std::int64_t w,
                                   std::vector<double> fractions = {0.08},
                                   std::vector<double> accelerations = {4}) {
  return make_mask_family(
      type, {1, w, ""},
      {{"center_fractions", std::move(fractions)}, {"accelerations", std::move(accelerations)}});
}

std::vector<std::int64_t> first_columns(const SamplingMask& mask, std::size_t count) {
  std::vector<std::int64_t> columns;
  for (std::int64_t j = 0; j < mask.w && columns.size() < count; ++j) {
    if (mask.sampled[static_cast<std::size_t>(j)] != 0) {
      columns.push_back(j);
    }
  }
  return columns;
}

std::int64_t never_sampled(const SamplingLaw& law) {
  return std::count(law.probability.begin(), law.probability.end(), 0.0);
}

struct Golden {
  const char* type;
  const char* file;
  std::int64_t w;
  std::vector<double> fractions, accelerations;
  std::int64_t low, sampled;
  std::vector<std::int64_t> first;
  std::uint32_t crc;
};

TEST(FastMriMasks, HaveThePublishedFingerprints) {
  const char* knee = "file1000000.h5";
  const std::vector<Golden> table{
      {"random", knee, 368, {0.08}, {4}, 29, 88, {4, 9, 10, 14, 23, 24, 28, 29}, 0xfda9b979},
      {"random", knee, 372, {0.08}, {4}, 30, 89, {4, 9, 10, 14, 23, 24, 28, 29}, 0xc1ebc118},
      {"random", knee, 368, {0.08, 0.04}, {4, 8}, 15, 45, {24, 29, 30, 34, 38, 46, 85, 97}, 0xec9d6b24},
      {"random",
       "file_brain_AXT2_200_2000019.h5",
       320,
       {0.08},
       {4},
       26,
       81,
       {2, 8, 18, 29, 32, 36, 37, 39},
       0x58dfb5fd},
      {"equispaced_fraction", knee, 368, {0.08}, {4}, 29, 93, {1, 6, 12, 17, 23, 28, 33, 39}, 0xdb19dc14},
      {"equispaced_fraction", knee, 320, {0.04}, {8}, 13, 40, {9, 20, 32, 43, 54, 66, 77, 89}, 0x3e97ddd2},
      {"equispaced", knee, 368, {0.08}, {4}, 29, 114, {1, 5, 9, 13, 17, 21, 25, 29}, 0x285dc7d4},
  };
  for (const Golden& g : table) {
    SCOPED_TRACE(fmt::format("{} {} {}", g.type, g.file, g.w));
    const DrawnMask drawn = family(g.type, g.w, g.fractions, g.accelerations)->draw_for_file(g.file);
    EXPECT_EQ(drawn.low_frequencies, g.low);
    EXPECT_EQ(drawn.mask.count(), g.sampled);
    EXPECT_EQ(first_columns(drawn.mask, 8), g.first);
    EXPECT_EQ(mask_crc32(drawn.mask), g.crc);
    EXPECT_EQ(drawn.pair, static_cast<std::int64_t>(g.fractions.size()) - 1);
  }
}

TEST(FastMriMasks, EqualThoseDrawnWithNumpy) {
  const auto data = nlohmann::json::parse(std::ifstream(source_root() / "tests/fixtures/masks.json"));
  ASSERT_EQ(data.at("masks").size(), 5u * 4 * 5 * 3);
  for (const auto& m : data.at("masks")) {
    SCOPED_TRACE(m.dump());
    const DrawnMask drawn = family(m.at("type").get<std::string>(), m.at("width"), m.at("center_fractions"),
                                   m.at("accelerations"))
                                ->draw_for_file(m.at("file").get<std::string>());
    EXPECT_EQ(drawn.pair, m.at("pair"));
    EXPECT_EQ(drawn.low_frequencies, m.at("low"));
    EXPECT_EQ(drawn.mask.count(), m.at("sampled"));
    EXPECT_EQ(fmt::format("{:08x}", mask_crc32(drawn.mask)), m.at("crc32"));
  }
}

TEST(FastMriMasks, LeaveColumnsThatNoOffsetSamples) {
  EXPECT_EQ(never_sampled(family("equispaced_fraction", 368)->law(0)), 24);
  EXPECT_EQ(never_sampled(family("equispaced_fraction", 320)->law(0)), 24);
  EXPECT_EQ(never_sampled(family("equispaced_fraction", 640)->law(0)), 44);
  for (const std::int64_t w : {320, 368}) {
    const std::int64_t never = never_sampled(family("equispaced_fraction", w, {0.04}, {8})->law(0));
    EXPECT_GE(never, 11) << w;
    EXPECT_LE(never, 13) << w;
  }
  EXPECT_EQ(never_sampled(family("random", 368)->law(0)), 0);
  EXPECT_EQ(never_sampled(family("equispaced", 368)->law(0)), 0);
  // Offset sampling with an even distance: outside the centre only odd frequencies, each for half the
  // offsets.
  const SamplingLaw magic = family("magic", 368)->law(0);
  std::int64_t even = 0;
  for (std::int64_t j = 0; j < 368; ++j) {
    const bool odd = (j - 184) % 2 != 0;
    if (!magic.always(j)) {
      EXPECT_EQ(magic.probability[static_cast<std::size_t>(j)], odd ? 0.5 : 0.0) << j;
      even += !odd;
    }
  }
  EXPECT_EQ(never_sampled(magic), even);
}

TEST(FastMriMasks, HaveTheirLawsInClosedForm) {
  const SamplingLaw random = family("random", 368)->law(0);
  EXPECT_EQ(random.dependence, SamplingLaw::Dependence::kIndependent);
  EXPECT_EQ(random.probability[0], (368.0 / 4 - 29) / (368 - 29));
  EXPECT_EQ(random.probability[170], 1.0);
  EXPECT_EQ(random.probability[198], 1.0);
  EXPECT_EQ(random.probability[169], random.probability[199]);
  EXPECT_LT(random.probability[199], 1.0);
  const SamplingLaw equispaced = family("equispaced", 368)->law(0);
  EXPECT_EQ(equispaced.dependence, SamplingLaw::Dependence::kOther);
  EXPECT_EQ(equispaced.probability[0], 0.25);
  // The centre alone is more than w / R: nothing beside it, in the law as in fastMRI's masks.
  const auto wide = family("random", 100, {0.3}, {4});
  EXPECT_EQ(wide->law(0).probability[0], 0.0);
  EXPECT_EQ(wide->draw_for_file("a.h5").mask.count(), 30);
}

TEST(FastMriMasks, OfSeveralPairsHaveTheLawOfThePairDrawn) {
  const auto both = family("random", 368, {0.08, 0.04}, {4, 8});
  EXPECT_EQ(both->pairs(), 2);
  const SamplingLaw mixed = mixed_law(*both), first = both->law(0), second = both->law(1);
  EXPECT_EQ(first.probability, family("random", 368)->law(0).probability);
  EXPECT_EQ(second.probability, family("random", 368, {0.04}, {8})->law(0).probability);
  EXPECT_EQ(mixed.dependence, SamplingLaw::Dependence::kOther);
  EXPECT_DOUBLE_EQ(mixed.probability[0], (first.probability[0] + second.probability[0]) / 2);
  EXPECT_EQ(mixed.text, "random, centre 0.08, R = 4 or random, centre 0.04, R = 8");
  EXPECT_EQ(mixed_law(*family("random", 368)).dependence, SamplingLaw::Dependence::kIndependent);
  EXPECT_THROW(static_cast<void>(both->law(2)), Error);
}

TEST(FastMriMasks, RefuseWhatTheGeneratorCannotDraw) {
  EXPECT_THROW(family("equispaced", 368, {0.08}, {4.5}), Error);
  EXPECT_THROW(family("magic", 368, {0.08}, {4.5}), Error);
  EXPECT_NO_THROW(family("random", 368, {0.08}, {4.5}));
  EXPECT_THROW(family("equispaced_fraction", 100, {0.25}, {4}), Error);
  EXPECT_THROW(family("equispaced_fraction", 100, {0.3}, {4}), Error);
  EXPECT_THROW(family("magic_fraction", 100, {0.25}, {4}), Error);
  try {
    family("random", 368, {0.08, 0.04}, {4});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "masks 'random': 2 center_fractions and 1 accelerations; they are pairs");
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  }
}

}  // namespace
}  // namespace selfsame
