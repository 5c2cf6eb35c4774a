// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "kernels/base/error.hpp"
#include "mri/masks/density.hpp"
#include "mri/masks/families/fastmri.hpp"

namespace selfsame {
namespace {

/// Every R-th column from a random offset.
class Equispaced final : public OffsetFamily {
 public:
  Equispaced(const MaskSite& site, const MaskOptions& options) : OffsetFamily("equispaced", site.w, options) {
    check_pairs();
  }

 private:
  [[nodiscard]] std::int64_t offsets(const Pair& pair) const override {
    return whole_acceleration(name_, pair.acceleration);
  }
  void sample(std::span<std::uint8_t> sampled, const Pair& pair, std::int64_t offset) const override {
    for (std::int64_t j = offset; j < w_; j += offsets(pair)) {
      sampled[static_cast<std::size_t>(j)] = 1;
    }
  }
};

/// Columns at a distance that makes w / R columns with the centre, rounded to whole columns: not quite
/// equally spaced, and some columns are sampled by no offset.
class EquispacedFraction final : public OffsetFamily {
 public:
  EquispacedFraction(const MaskSite& site, const MaskOptions& options)
      : OffsetFamily("equispaced_fraction", site.w, options) {
    check_pairs();
  }

 private:
  [[nodiscard]] double spacing(const Pair& pair) const {
    const auto w = static_cast<double>(w_), low = static_cast<double>(pair.low);
    return pair.acceleration * (low - w) / (low * pair.acceleration - w);
  }
  [[nodiscard]] std::int64_t offsets(const Pair& pair) const override {
    const double distance = spacing(pair);
    if (!(distance >= 1 && distance <= static_cast<double>(w_))) {
      fail(ErrorKind::kUsage,
           "masks '{}': a centre of {} columns leaves no whole line outside it for R = {} at width {}", name_,
           pair.low, pair.acceleration, w_);
    }
    return round_half_even(distance);
  }
  /// The positions are numpy.arange's: start + i * ((start + step) - start), below w - 1.
  void sample(std::span<std::uint8_t> sampled, const Pair& pair, std::int64_t offset) const override {
    const double start = static_cast<double>(offset), step = spacing(pair);
    const double delta = (start + step) - start;
    const auto count = static_cast<std::int64_t>(std::ceil((static_cast<double>(w_ - 1) - start) / step));
    for (std::int64_t i = 0; i < count; ++i) {
      sampled[static_cast<std::size_t>(round_half_even(start + static_cast<double>(i) * delta))] = 1;
    }
  }
};

SELFSAME_REGISTER_MASK_FAMILY(equispaced, {"equispaced",
                                           "fastMRI's equispaced columns: offset, offset + R, ... beside the "
                                           "centre, P = 1 / R; more columns than w / R",
                                           fastmri_options(), false, true,
                                           [](const MaskSite& site,
                                              const MaskOptions& options) -> std::unique_ptr<MaskFamily> {
                                             return std::make_unique<Equispaced>(site, options);
                                           }});

SELFSAME_REGISTER_MASK_FAMILY(equispaced_fraction,
                              {"equispaced_fraction",
                               "fastMRI's equispaced columns at the distance R (w - low) / (w - R low), "
                               "rounded: w / R columns on average. P "
                               "by counting the offsets; some columns are never sampled",
                               fastmri_options(), false, true,
                               [](const MaskSite& site,
                                  const MaskOptions& options) -> std::unique_ptr<MaskFamily> {
                                 return std::make_unique<EquispacedFraction>(site, options);
                               }});

}  // namespace
}  // namespace selfsame
