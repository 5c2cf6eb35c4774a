// SPDX-License-Identifier: Apache-2.0
// Every family of the registry: draws have the probabilities of its law, exactly where they are 0 or 1.
#include "mri/masks/mask_family.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "kernels/base/error.hpp"
#include "mri/files/npy_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

RandomStream stream(std::uint32_t example, std::uint32_t epoch = 0) {
  return {17, RandomPurpose::kMask, epoch, example};
}

/// One family to draw from: its default options, or those given.
struct Case {
  std::string type;
  MaskSite site;
  MaskOptions options;
};

std::vector<Case> cases(const TemporaryFolder& folder) {
  const std::vector<std::uint8_t> values{1, 0, 0, 1, 1, 1, 0, 1};
  const std::array<std::int64_t, 2> shape{1, 8};
  write_npy<std::uint8_t>((folder / "fixed.npy").string(), values, shape);
  std::vector<Case> list;
  const auto add = [&list](std::string_view type, std::int64_t h, std::int64_t w, const MaskOptions& options,
                           const std::string& file = {}) {
    Case c;
    c.type = type;
    c.site.h = h;
    c.site.w = w;
    c.site.file = file;
    c.options = options;
    list.push_back(std::move(c));
  };
  for (const MaskFamilyInfo& info : mask_families()) {
    if (info.name == "fixed") {
      add(info.name, 6, 8, {}, (folder / "fixed.npy").string());
    } else {
      add(info.name, 16, info.planes ? 20 : 48, {});
    }
  }
  add("equispaced_fraction", 1, 50, {{"center_fractions", {0.04}}, {"accelerations", {3}}});
  add("magic", 1, 51, {{"center_fractions", {0.04}}, {"accelerations", {5}}});
  add("random_count", 1, 7, {{"center_fraction", {0}}, {"acceleration", {2}}});
  add("variable_density", 1, 33, {{"width", {0.4}}, {"floor", {0.1}}});
  add("variable_density_2d", 9, 11, {{"width", {0.5}}, {"acceleration", {3}}});
  add("poisson_disc", 7, 10, {{"center_fraction", {0.3}}, {"acceleration", {3}}});
  add("poisson_disc", 5, 4, {{"center_fraction", {0}}, {"acceleration", {1.25}}});
  return list;
}

TEST(MaskFamilies, DrawWithTheProbabilitiesOfTheirLaws) {
  const TemporaryFolder folder;
  constexpr std::uint32_t kDraws = 4000;
  for (const Case& c : cases(folder)) {
    SCOPED_TRACE(c.type);
    const auto family = make_mask_family(c.type, c.site, c.options);
    ASSERT_EQ(family->pairs(), 1);
    const SamplingLaw law = family->law(0);
    ASSERT_EQ(std::ssize(law.probability), law.size());
    EXPECT_NE(law.text.find(c.type), std::string::npos) << law.text;
    std::vector<double> seen(law.probability.size(), 0.0);
    double count_sum = 0, count_squares = 0, expected = 0, variance = 0;
    for (std::uint32_t i = 0; i < kDraws; ++i) {
      const DrawnMask drawn = family->draw(stream(i));
      ASSERT_EQ(drawn.mask.h, law.h);
      ASSERT_EQ(drawn.mask.w, law.w);
      ASSERT_EQ(drawn.mask.sampled.size(), seen.size());
      for (std::size_t j = 0; j < seen.size(); ++j) {
        seen[j] += drawn.mask.sampled[j];
      }
      const auto count = static_cast<double>(drawn.mask.count());
      count_sum += count;
      count_squares += count * count;
    }
    for (std::size_t j = 0; j < seen.size(); ++j) {
      const double p = law.probability[j];
      expected += p;
      variance += p * (1 - p);
      // Six standard deviations of a binomial: 2e-9 each for a normal; below 0.02 its skew would matter, and
      // no law here is there. Of 0 and 1 exactly.
      EXPECT_TRUE(p == 0 || p >= 0.02) << p;
      EXPECT_NEAR(seen[j], kDraws * p, 6 * std::sqrt(kDraws * p * (1 - p))) << "frequency " << j;
    }
    const double mean = count_sum / kDraws, spread = count_squares / kDraws - mean * mean;
    if (law.dependence == SamplingLaw::Dependence::kIndependent) {
      // The variance of the count says that frequencies are drawn each by itself. An estimate from n draws
      // has the relative deviation sqrt((kurtosis - 1) / n), kurtosis <= 3 + 1 / variance; six of them.
      const double deviation = variance > 0 ? std::sqrt((2 + 1 / variance) / kDraws) : 0;
      EXPECT_NEAR(spread, variance, 6 * variance * deviation + 1e-9 * mean * mean);
    } else if (law.dependence == SamplingLaw::Dependence::kFixedSize) {
      EXPECT_EQ(mean, std::round(expected));
      EXPECT_EQ(spread, 0.0);
    }
  }
}

TEST(MaskFamilies, GiveTheSameMaskForTheSameKeyAndOthersForOthers) {
  const TemporaryFolder folder;
  for (const Case& c : cases(folder)) {
    const auto family = make_mask_family(c.type, c.site, c.options);
    int equal = 0;
    for (std::uint32_t i = 0; i < 20; ++i) {
      EXPECT_EQ(family->draw(stream(i)).mask.sampled, family->draw(stream(i)).mask.sampled);
      equal += family->draw(stream(i)).mask.sampled == family->draw(stream(i, 1)).mask.sampled;
    }
    if (c.type == "fixed") {
      EXPECT_EQ(equal, 20);
    } else {
      EXPECT_LT(equal, 20) << c.type;  // there are at least three masks of every family: (1/3)^20
    }
  }
}

TEST(MaskFamilies, SampleTheAskedNumberOnAverage) {
  const auto expected = [](const char* type, const MaskSite& site, const MaskOptions& options) {
    double sum = 0;
    for (const double p : make_mask_family(type, site, options)->law(0).probability) {
      sum += p;
    }
    return sum;
  };
  EXPECT_NEAR(expected("random", {1, 368, ""}, {}), 92, 1e-11);
  EXPECT_NEAR(expected("variable_density", {1, 368, ""}, {}), 92, 1e-11);
  EXPECT_NEAR(expected("variable_density", {1, 368, ""}, {{"width", {0.3}}}), 92, 1e-11);
  EXPECT_NEAR(expected("variable_density_2d", {64, 80, ""}, {{"acceleration", {6}}}), 64 * 80 / 6.0, 1e-9);
  // The discs' number is whole: half of one, outside the centre of 5 x 6.
  EXPECT_NEAR(expected("poisson_disc", {64, 80, ""}, {}), 64 * 80 / 8.0, 0.5);
  EXPECT_NEAR(expected("bernoulli", {1, 100, ""}, {{"probability", {0.5}}}), 8 + 46, 1e-11);
  EXPECT_NEAR(expected("random_count", {1, 320, ""}, {{"acceleration", {3}}}), 26 + 81, 1e-11);
}

TEST(MaskFamilies, OfDensitiesFallFromTheCentreToTheFloor) {
  const SamplingLaw law = make_mask_family("variable_density", {1, 100, ""}, {{"floor", {0.03}}})->law(0);
  for (std::size_t j = 51; j < 100; ++j) {
    EXPECT_LE(law.probability[j], law.probability[j - 1]);
    if (j > 54) {  // the centre is columns 46 to 53: one more on the left
      EXPECT_EQ(law.probability[100 - j], law.probability[j]) << j;
    }
  }
  EXPECT_EQ(law.probability[0], 0.03);
}

TEST(PoissonDiscs, KeepADistance) {
  const auto family =
      make_mask_family("poisson_disc", {48, 48, ""}, {{"center_fraction", {0}}, {"acceleration", {9}}});
  const SamplingMask mask = family->draw(stream(0)).mask;
  EXPECT_EQ(mask.count(), 256);
  std::int64_t nearest = 48 * 48;
  for (std::int64_t a = 0; a < 48 * 48; ++a) {
    for (std::int64_t b = 0; b < a; ++b) {
      if (mask.sampled[static_cast<std::size_t>(a)] != 0 && mask.sampled[static_cast<std::size_t>(b)] != 0) {
        const std::int64_t y = std::abs(a / 48 - b / 48), x = std::abs(a % 48 - b % 48);
        const std::int64_t dy = std::min(y, 48 - y), dx = std::min(x, 48 - x);
        nearest = std::min(nearest, dy * dy + dx * dx);
      }
    }
  }
  // Independent draws have neighbours almost surely: 256 points, 1/9 of all places, 8 places around each.
  // Dart throwing fills the plane to about 0.55 of its area with discs of half the distance (Renyi; 0.907 at
  // most), so a distance of sqrt(4 / pi * 0.45 * 9) = 2.27 and more is always reached.
  EXPECT_GE(nearest, 5);
}

std::string message_of(std::string_view type, const MaskSite& site, const MaskOptions& options,
                       ErrorKind kind = ErrorKind::kUsage) {
  try {
    static_cast<void>(make_mask_family(type, site, options));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    return error.what();
  }
  return "no error";
}

TEST(MaskFamilies, RefuseWrongRequestsWithWhatIsKnown) {
  const MaskSite site{1, 368, ""};
  EXPECT_EQ(message_of("randon", site, {}),
            "no mask type 'randon'; known: bernoulli, equispaced, equispaced_fraction, fixed, magic, "
            "magic_fraction, "
            "poisson_disc, random, random_count, variable_density, variable_density_2d");
  EXPECT_EQ(message_of("random", site, {{"acceleration", {4}}}),
            "masks 'random' have no option 'acceleration'; known: center_fractions, accelerations");
  EXPECT_EQ(message_of("random", site, {{"accelerations", {0.5}}}),
            "masks 'random': accelerations 0.5 must be from 1 to 65536");
  EXPECT_EQ(message_of("random", site, {{"accelerations", {std::nan("")}}}),
            "masks 'random': accelerations nan must be from 1 to 65536");
  EXPECT_EQ(message_of("bernoulli", site, {{"probability", {0.1, 0.2}}}),
            "masks 'bernoulli': probability takes one number, got 2 numbers");
  EXPECT_EQ(message_of("random", {1, 0, ""}, {}),
            "masks 'random' of 1x0 (height x width): sizes are from 1 to 65536");
  EXPECT_EQ(message_of("poisson_disc", {8192, 8192, ""}, {}),
            "masks 'poisson_disc' of 8192x8192 frequencies: at most 16777216");
  EXPECT_EQ(message_of("poisson_disc", site, {}), "masks 'poisson_disc' are planes: give their height too");
  EXPECT_EQ(message_of("variable_density", site, {{"acceleration", {16}}, {"center_fraction", {0.04}}}),
            "masks 'variable_density': P of at least 0.05 for 353 frequencies is more than the 8 that an "
            "acceleration "
            "of 16 samples outside the centre; lower the floor");
  EXPECT_EQ(message_of("variable_density", site, {{"center_fraction", {0.3}}}),
            "masks 'variable_density': a centre of 110 of 368 frequencies leaves nothing to sample outside "
            "it for an "
            "acceleration of 4");
  EXPECT_EQ(message_of("random_count", site, {{"center_fraction", {0.3}}}),
            "masks 'random_count': acceleration 4 with a centre of 110 of 368 columns asks for -18 of the "
            "258 columns "
            "outside it");
  EXPECT_EQ(message_of("fixed", site, {}),
            "masks 'fixed' need a mask file (.npy with the shape (w), (1, w) or (h, w))");
  try {
    static_cast<void>(make_mask_family("bernoulli", site, {})->draw_for_file("a.h5"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "only fastMRI's mask types are seeded by the name of a file (a.h5); give a seed");
  }
}

TEST(FixedMasks, AreReadAndChecked) {
  const TemporaryFolder folder;
  const std::string path = (folder / "m.npy").string();
  const auto write = [&](const std::vector<float>& values, const std::vector<std::int64_t>& shape) {
    write_npy<float>(path, values, shape);
  };
  const MaskSite site{2, 3, path};
  write({0, 1, 1}, {3});
  const auto columns = make_mask_family("fixed", site, {});
  EXPECT_EQ(columns->draw(stream(0)).mask.sampled, (std::vector<std::uint8_t>{0, 1, 1}));
  EXPECT_EQ(columns->draw(stream(0)).low_frequencies, 0);  // nothing left of DC
  EXPECT_EQ(columns->law(0).probability, (std::vector<double>{0, 1, 1}));
  write({1, 0, 0, 1, 1, 1}, {2, 3});
  EXPECT_EQ(make_mask_family("fixed", site, {})->draw(stream(0)).mask.h, 2);
  write({0, 0.5, 1}, {3});
  EXPECT_EQ(message_of("fixed", site, {}, ErrorKind::kData),
            path + ": entry 1 of the mask is 0.5; masks are 0 and 1");
  write({0, 0, 0}, {1, 3});
  EXPECT_EQ(message_of("fixed", site, {}, ErrorKind::kData), path + ": the mask samples nothing");
  write({1, 1, 1, 1}, {4});
  EXPECT_EQ(message_of("fixed", site, {}, ErrorKind::kData),
            path + ": a mask of shape (4) does not fit k-space of 2 rows and 3 columns");
  write({1, 1, 1}, {3, 1});
  EXPECT_EQ(message_of("fixed", site, {}, ErrorKind::kData),
            path + ": a mask of shape (3, 1) does not fit k-space of 2 rows and 3 columns");
  const auto given = fixed_mask_family({1, 9, {1, 0, 1, 1, 1, 1, 0, 0, 1}}, "the mask of scan.h5");
  EXPECT_EQ(given->draw(stream(0)).low_frequencies, 4);  // two to both sides: columns 2, 3 and 4, 5
  EXPECT_EQ(given->law(0).text, "the mask of scan.h5");
}

}  // namespace
}  // namespace selfsame
