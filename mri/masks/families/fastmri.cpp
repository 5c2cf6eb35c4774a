// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/families/fastmri.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/error.hpp"
#include "mri/masks/density.hpp"

namespace selfsame {

std::vector<MaskOption> fastmri_options() {
  return {
      {"center_fractions",
       "part of the columns that is fully sampled around DC; several: one pair is drawn per mask",
       {0.08},
       0.0,
       1.0,
       true},
      {"accelerations",
       "columns per sampled column, one for each centre fraction",
       {4.0},
       1.0,
       65536.0,
       true},
  };
}

std::int64_t whole_acceleration(std::string_view family, double acceleration) {
  if (acceleration != std::floor(acceleration)) {
    fail(ErrorKind::kUsage, "masks '{}' sample every n-th column: accelerations {} must be whole", family,
         acceleration);
  }
  return static_cast<std::int64_t>(acceleration);
}

FastMriFamily::FastMriFamily(std::string_view name, std::int64_t w, const MaskOptions& options)
    : name_(name), w_(w) {
  const std::vector<double>&fractions = options.at("center_fractions"),
        &accelerations = options.at("accelerations");
  if (fractions.size() != accelerations.size()) {
    fail(ErrorKind::kUsage, "masks '{}': {} center_fractions and {} accelerations; they are pairs", name,
         fractions.size(), accelerations.size());
  }
  for (std::size_t i = 0; i < fractions.size(); ++i) {
    pairs_.push_back(
        {fractions[i], accelerations[i], round_half_even(static_cast<double>(w) * fractions[i])});
  }
}

DrawnMask FastMriFamily::draw(const RandomStream& random) const {
  const Philox::Counter words = random.words(0);
  return draw(LegacyRandom(words));
}

DrawnMask FastMriFamily::draw_for_file(std::string_view name) const {
  return draw(LegacyRandom(name_seed(name)));
}

DrawnMask FastMriFamily::draw(LegacyRandom random) const {
  DrawnMask drawn;
  drawn.pair = random.below(static_cast<std::uint32_t>(pairs_.size()));
  const Pair& pair = pairs_[static_cast<std::size_t>(drawn.pair)];
  drawn.low_frequencies = pair.low;
  drawn.mask.w = w_;
  drawn.mask.sampled.assign(static_cast<std::size_t>(w_), 0);
  accelerate(drawn.mask.sampled, pair, random);
  std::fill_n(drawn.mask.sampled.begin() + (w_ - pair.low + 1) / 2, pair.low, std::uint8_t{1});
  return drawn;
}

SamplingLaw FastMriFamily::law(std::int64_t index) const {
  SELFSAME_CHECK(index >= 0 && index < pairs(), "pair {} of {}", index, pairs());
  const Pair& pair = pairs_[static_cast<std::size_t>(index)];
  SamplingLaw law;
  law.w = w_;
  law.probability = probability(pair);
  law.dependence = dependence();
  law.text = fmt::format("{}, centre {}, R = {}", name_, pair.centre_fraction, pair.acceleration);
  std::fill_n(law.probability.begin() + (w_ - pair.low + 1) / 2, pair.low, 1.0);
  return law;
}

void OffsetFamily::check_pairs() const {
  for (const Pair& pair : pairs_) {
    static_cast<void>(offsets(pair));
  }
}

void OffsetFamily::accelerate(std::span<std::uint8_t> sampled, const Pair& pair, LegacyRandom& random) const {
  sample(sampled, pair, random.below(static_cast<std::uint32_t>(offsets(pair))));
}

std::vector<double> OffsetFamily::probability(const Pair& pair) const {
  const std::int64_t count = offsets(pair);
  std::vector<std::int64_t> times(static_cast<std::size_t>(w_), 0);
  std::vector<std::uint8_t> sampled(static_cast<std::size_t>(w_));
  for (std::int64_t offset = 0; offset < count; ++offset) {
    std::fill(sampled.begin(), sampled.end(), std::uint8_t{0});
    sample(sampled, pair, offset);
    for (std::size_t j = 0; j < sampled.size(); ++j) {
      times[j] += sampled[j];
    }
  }
  std::vector<double> probability;
  for (const std::int64_t n : times) {
    probability.push_back(static_cast<double>(n) / static_cast<double>(count));
  }
  return probability;
}

}  // namespace selfsame
