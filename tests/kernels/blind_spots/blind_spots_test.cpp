// SPDX-License-Identifier: Apache-2.0
#include "kernels/blind_spots/blind_spots.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "tests/support/device_values.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;
using contract::Values;
using Kind = BlindSpotRule::Kind;

std::vector<SampleOrigin> origins_of(std::int64_t count) {
  std::vector<SampleOrigin> origins;
  for (std::uint32_t n = 0; n < count; ++n) {
    origins.push_back({17 + n / 5, n, n % 5, 64, 64, 0, 0, static_cast<int>(n % 8), n % 5});
  }
  return origins;
}

struct Form {
  Shape4 shape;
  BlindSpotRule rule;
};
/// Boxes and windows that the border cuts, down to a last box of one pixel; windows wider than the image.
const std::vector<Form> kForms = {
    {{2, 1, 2, 2}, {Kind::kGrid, 2, 1, -1}},       {{3, 2, 13, 10}, {Kind::kGrid, 4, 1, -1}},
    {{2, 1, 9, 3}, {Kind::kGrid, 3, 1, 5}},        {{3, 2, 13, 10}, {Kind::kStratified, 4, 2, -1}},
    {{8, 1, 3, 3}, {Kind::kStratified, 2, 1, -1}}, {{2, 3, 7, 1}, {Kind::kStratified, 2, 5, -1}},
    {{4, 1, 1, 2}, {Kind::kStratified, 5, 1, -1}}, {{2, 1, 17, 21}, {Kind::kStratified, 5, 3, -1}}};

OpCase spots_case(const Form& f, std::vector<SampleOrigin> origins) {
  OpCase c;
  c.op = "blind_spots";
  c.tensor("masked", Role::kOutput, f.shape, 1, 0, 3)
      .tensor("mask", Role::kOutput, {f.shape.n, 1, f.shape.h, f.shape.w}, 1)
      .tensor("image", Role::kInput, f.shape, 1, 0, 5);
  c.call = [rule = f.rule, device = contract::DeviceValues(std::move(origins))](const Arguments& a,
                                                                                Stream& s) {
    blind_spots(a.tensor("masked"), a.tensor("mask"), a.tensor("image"), device.on(s), rule, s);
  };
  return c.randomize(29);
}
OpCase spots_case(const Form& f) { return spots_case(f, origins_of(f.shape.n)); }

std::vector<std::string> names() {
  return contract::supported_names(blind_spots_implementations(), DType::kF32);
}

/// Element i of an image (N, C, H, W) is in J.
bool hidden(const std::vector<double>& mask, const Shape4& s, std::size_t i) {
  const auto plane = static_cast<std::size_t>(s.h * s.w);
  return mask[i / (plane * static_cast<std::size_t>(s.c)) * plane + i % plane] == 1;
}

/// Calls f(y, x) for the pixels of the image within `radius` of (i, j), itself excluded.
template <typename F>
void for_window(const Shape4& s, std::int64_t i, std::int64_t j, std::int64_t radius, F&& f) {
  for (std::int64_t y = std::max<std::int64_t>(i - radius, 0); y <= std::min(i + radius, s.h - 1); ++y) {
    for (std::int64_t x = std::max<std::int64_t>(j - radius, 0); x <= std::min(j + radius, s.w - 1); ++x) {
      if (y != i || x != j) {
        f(y, x);
      }
    }
  }
}

// A chi-square variable with d degrees of freedom exceeds this less than once in 10^5.
double chi_square_bound(double d) { return d + 5 * std::sqrt(2 * d) + 10; }

double chi_square(const std::vector<double>& counts) {
  double total = 0, sum = 0;
  for (const double count : counts) {
    total += count;
  }
  const double expected = total / static_cast<double>(counts.size());
  for (const double count : counts) {
    sum += (count - expected) * (count - expected) / expected;
  }
  return sum;
}

TEST(BlindSpots, EveryVersionOnEveryDeviceMatchesTheReference) {
  contract::expect_ran_at_least(names(), 2);
  for (const Form& f : kForms) {
    // A mean is rounded once: 2^-24 of itself.
    contract::expect_parity(spots_case(f), names(), {{"mask", {0, 0}}, {"masked", {6e-8, 6e-8}}});
    Stream cpu(DeviceKind::kCpu, 1);
    const Values want = contract::run_case(spots_case(f), DType::kF32, cpu);
    for (const std::string& name : names()) {
      contract::expect_bitwise(contract::run_case(spots_case(f), DType::kF32, name), want, name);
    }
  }
}

// What makes the loss exact: nothing of J is in the input. The contract refuses NaN in results.
TEST(BlindSpots, OnEveryDeviceTheInputIsAFunctionOfPixelsOutsideTheSetAlone) {
  for (const Form& f : kForms) {
    for (const std::string& name : names()) {
      OpCase c = spots_case(f);
      const Values want = contract::run_case(c, DType::kF32, name);
      std::vector<double>& image = c.operand("image").values;
      std::size_t changed = 0;
      for (std::size_t i = 0; i < image.size(); ++i) {
        if (hidden(want.at("mask"), f.shape, i)) {
          image[i] = std::nan("");
          ++changed;
        }
      }
      EXPECT_GT(changed, 0u);
      contract::expect_bitwise(contract::run_case(c, DType::kF32, name), want, name);
    }
  }
}

TEST(BlindSpots, OnEveryDeviceHiddenPixelsHoldWhatTheRuleSaysAndOthersAreKept) {
  for (const Form& f : kForms) {
    OpCase c = spots_case(f);
    const Shape4 s = f.shape;
    const auto at = [&](std::int64_t n, std::int64_t ch, std::int64_t i, std::int64_t j) {
      return static_cast<std::size_t>(((n * s.c + ch) * s.h + i) * s.w + j);
    };
    const std::vector<double>& image = c.operand("image").values;
    for (const std::string& name : names()) {
      const Values got = contract::run_case(c, DType::kF32, name);
      const std::vector<double>&mask = got.at("mask"), &masked = got.at("masked");
      for (std::int64_t i = 0; i < s.count(); ++i) {
        const std::int64_t n = i / (s.c * s.h * s.w), ch = i / (s.h * s.w) % s.c, y = i / s.w % s.h,
                           x = i % s.w;
        const std::size_t here = at(n, ch, y, x);
        if (!hidden(mask, s, here)) {
          ASSERT_EQ(masked[here], image[here]);
        } else if (f.rule.kind == Kind::kGrid) {
          double sum = 0, weights = 0;
          for_window(s, y, x, 1, [&](auto yy, auto xx) {
            const double weight = yy == y || xx == x ? 1.0 : 0.5;
            ASSERT_FALSE(hidden(mask, s, at(n, ch, yy, xx)));
            sum += weight * image[at(n, ch, yy, xx)];
            weights += weight;
          });
          ASSERT_EQ(masked[here], static_cast<double>(static_cast<float>(sum / weights)));
        } else {
          bool found = false;  // normals: no two pixels are equal
          for_window(s, y, x, f.rule.radius, [&](auto yy, auto xx) {
            if (masked[here] == image[at(n, ch, yy, xx)] && !hidden(mask, s, at(n, ch, yy, xx))) {
              found = true;
              for (std::int64_t other = 0; other < s.c; ++other) {  // every channel takes the same pixel
                ASSERT_EQ(masked[at(n, other, y, x)], image[at(n, other, yy, xx)]);
              }
            }
          });
          ASSERT_TRUE(found) << name << " sample " << n << " pixel " << y << ", " << x;
        }
      }
    }
  }
}

TEST(BlindSpots, OnEveryDeviceThePhasesOfAGridHideEveryPixelOnce) {
  for (const int s : {2, 3, 5}) {
    const Shape4 shape{1, 1, 11, 7};
    for (const std::string& name : names()) {
      std::vector<double> times(77, 0.0);
      for (int phase = 0; phase < s * s; ++phase) {
        const Values got =
            contract::run_case(spots_case({shape, {Kind::kGrid, s, 1, phase}}), DType::kF32, name);
        for (std::size_t i = 0; i < times.size(); ++i) {
          times[i] += got.at("mask")[i];
          EXPECT_EQ(got.at("mask")[i],
                    static_cast<int>(i / 7) % s == phase / s && static_cast<int>(i % 7) % s == phase % s);
        }
      }
      EXPECT_EQ(times, std::vector<double>(77, 1.0));
    }
  }
}

TEST(BlindSpots, PhasesOfAGridAreUniform) {
  constexpr int kS = 3, kSamples = 9000;
  const Form f{{kSamples, 1, kS, kS}, {Kind::kGrid, kS, 1, -1}};
  const Values got = contract::run_case(spots_case(f), DType::kF32, "");
  std::vector<double> counts(kS * kS, 0.0);
  for (std::size_t i = 0; i < got.at("mask").size(); ++i) {
    counts[i % (kS * kS)] += got.at("mask")[i];
  }
  EXPECT_LT(chi_square(counts), chi_square_bound(kS * kS - 1));
}

TEST(BlindSpots, OnEveryDeviceABoxHidesOnePixel) {
  for (const Form& f : kForms) {
    if (f.rule.kind == Kind::kGrid) {
      continue;
    }
    const std::int64_t s = f.rule.spacing, h = f.shape.h, w = f.shape.w;
    for (const std::string& name : names()) {
      const Values got = contract::run_case(spots_case(f), DType::kF32, name);
      std::map<std::array<std::int64_t, 3>, double> of_box, pixels;
      for (std::int64_t i = 0; i < f.shape.n * h * w; ++i) {
        const std::array<std::int64_t, 3> box{i / (h * w), i / w % h / s, i % w / s};
        of_box[box] += got.at("mask")[static_cast<std::size_t>(i)];
        pixels[box] += 1;
      }
      for (const auto& [box, count] : of_box) {
        ASSERT_EQ(count, pixels[box] > 1 ? 1 : 0) << name;
      }
    }
  }
}

TEST(BlindSpots, HiddenPixelsAreUniformInTheirBoxAndReplacementsAmongWhatMayBeCopied) {
  // Whole boxes, and boxes cut to 4 x 1: by the place in the box.
  const Form f{{6000, 1, 4, 9}, {Kind::kStratified, 4, 2, -1}};
  OpCase c = spots_case(f);
  const Values got = contract::run_case(c, DType::kF32, "");
  const std::vector<double>&mask = got.at("mask"), &masked = got.at("masked"),
        &image = c.operand("image").values;
  std::vector<double> left(16, 0.0), right(16, 0.0), cut(4, 0.0);
  std::map<std::size_t, std::vector<double>> ranks;  // number of candidates -> the rank of that chosen
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const std::int64_t y = static_cast<std::int64_t>(i) / 9 % 4, x = static_cast<std::int64_t>(i) % 9;
    if (mask[i] == 0) {
      continue;
    }
    const auto place = static_cast<std::size_t>(4 * y + x % 4);
    (x == 8 ? cut[static_cast<std::size_t>(y)] : x >= 4 ? right[place] : left[place]) += 1;
    std::size_t candidates = 0, rank = 0;
    for_window(f.shape, y, x, 2, [&](auto yy, auto xx) {
      const std::size_t other = i / 36 * 36 + static_cast<std::size_t>(9 * yy + xx);
      if (mask[other] == 0) {
        rank = masked[i] == image[other] ? candidates : rank;
        ++candidates;
      }
    });
    std::vector<double>& counts = ranks[candidates];
    counts.resize(candidates);
    counts[rank] += 1;
  }
  EXPECT_LT(chi_square(left), chi_square_bound(15));
  EXPECT_LT(chi_square(right), chi_square_bound(15));
  EXPECT_LT(chi_square(cut), chi_square_bound(3));
  int judged = 0;
  for (const auto& [candidates, counts] : ranks) {
    double total = 0;
    for (const double count : counts) {
      total += count;
    }
    if (total >= 10 * static_cast<double>(candidates)) {
      EXPECT_LT(chi_square(counts), chi_square_bound(static_cast<double>(candidates) - 1)) << candidates;
      ++judged;
    }
  }
  EXPECT_GE(judged, 5);
}

TEST(BlindSpots, OnEveryDeviceDrawsBelongToSeedDrawAndExample) {
  for (const Kind kind : {Kind::kGrid, Kind::kStratified}) {
    const Form one{{1, 1, 24, 24}, {kind, 6, 2, -1}};
    for (const std::string& name : names()) {
      const auto mask = [&](const SampleOrigin& origin) {
        return contract::run_case(spots_case(one, {origin}), DType::kF32, name).at("mask");
      };
      const auto base = mask({3, 1, 2, 32, 32, 0, 0, 0, 2});
      EXPECT_EQ(mask({3, 1, 0, 90, 80, 7, 5, 6, 2}), base);  // nothing but seed, example, draw
      // Of 36 phases one in 36 repeats: among these none does.
      EXPECT_NE(mask({4, 1, 2, 32, 32, 0, 0, 0, 2}), base);
      EXPECT_NE(mask({3, 2, 2, 32, 32, 0, 0, 0, 2}), base);
      EXPECT_NE(mask({3, 1, 3, 32, 32, 0, 0, 0, 3}), base);
      const Form two{{2, 1, 24, 24}, one.rule};  // among others as alone
      const auto among = contract::run_case(
          spots_case(two, {{9, 9, 9, 32, 32, 0, 0, 0, 9}, {3, 1, 2, 32, 32, 0, 0, 0, 2}}), DType::kF32, name);
      EXPECT_EQ(std::vector<double>(among.at("mask").begin() + 576, among.at("mask").end()), base);
    }
  }
}

TEST(BlindSpots, ResultsOnEveryDeviceDoNotDependOnThreads) {
  for (const Form& f : kForms) {
    contract::expect_repeatable(spots_case(f), names());
  }
}

TEST(BlindSpots, RulesThatDoNotFitTheImageAreErrors) {
  Stream stream(DeviceKind::kCpu, 1);
  const auto run = [&](const Shape4& shape, const BlindSpotRule& rule) {
    contract::run_case(spots_case({shape, rule}), DType::kF32, stream);
  };
  run({1, 1, 4, 5}, {Kind::kGrid, 4, 1, 15});
  EXPECT_THROW(run({1, 1, 4, 5}, {Kind::kGrid, 4, 1, 16}), Error);
  EXPECT_THROW(run({1, 1, 4, 5}, {Kind::kGrid, 4, 1, -2}), Error);
  EXPECT_THROW(run({1, 1, 4, 5}, {Kind::kGrid, 5, 1, -1}), Error);  // some phases would hide nothing
  EXPECT_THROW(run({1, 1, 4, 5}, {Kind::kGrid, 1, 1, -1}), Error);
  EXPECT_THROW(run({1, 1, 4, 5}, {Kind::kStratified, 1, 1, -1}), Error);
  EXPECT_THROW(run({1, 1, 4, 5}, {Kind::kStratified, 2, 0, -1}), Error);
  EXPECT_THROW(run({1, 1, 1, 1}, {Kind::kStratified, 2, 1, -1}), Error);
  OpCase wrong = spots_case(kForms[3]);
  wrong.operand("mask").shape.c = 2;
  EXPECT_THROW(contract::run_case(wrong, DType::kF32, stream), Error);
  EXPECT_THROW(contract::run_case(spots_case(kForms[3], origins_of(2)), DType::kF32, stream), Error);
}

}  // namespace
}  // namespace selfsame
