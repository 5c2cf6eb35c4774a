// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/base/error.hpp"
#include "mri/masks/density.hpp"
#include "mri/masks/families/fastmri.hpp"

namespace selfsame {
namespace {

/// Every n-th column on both sides of DC, with offsets of the two sides chosen so that a column and its
/// mirror image are not both sampled: the conjugate of one stands in for the other. Source: Defazio, "Offset
/// sampling improves deep learning based accelerated MRI reconstructions by exploiting symmetry", 2019,
/// arXiv:1912.01101.
class Magic : public OffsetFamily {
 public:
  Magic(const MaskSite& site, const MaskOptions& options) : Magic("magic", site, options) { check_pairs(); }

 protected:
  Magic(std::string_view name, const MaskSite& site, const MaskOptions& options)
      : OffsetFamily(name, site.w, options) {}
  /// Distance of the columns on each side.
  [[nodiscard]] virtual std::int64_t distance(const Pair& pair) const {
    return whole_acceleration(name_, pair.acceleration);
  }

 private:
  [[nodiscard]] std::int64_t offsets(const Pair& pair) const override { return distance(pair); }
  /// Column w / 2 + k is frequency k >= 0 and column w / 2 - 1 - k is frequency -1 - k.
  void sample(std::span<std::uint8_t> sampled, const Pair& pair, std::int64_t offset) const override {
    const bool even = offset % 2 == 0;
    const std::int64_t step = distance(pair), dc = w_ / 2;
    for (std::int64_t k = even ? offset + 1 : offset + 2; dc + k < w_; k += step) {
      sampled[static_cast<std::size_t>(dc + k)] = 1;
    }
    for (std::int64_t k = even ? offset + 2 : offset - 1; k < dc; k += step) {
      sampled[static_cast<std::size_t>(dc - 1 - k)] = 1;
    }
  }
};

/// The same at the distance that leaves w / R columns with the centre, which is made narrower if it is too
/// wide.
class MagicFraction final : public Magic {
 public:
  MagicFraction(const MaskSite& site, const MaskOptions& options) : Magic("magic_fraction", site, options) {
    for (Pair& pair : pairs_) {
      pair.low = std::max<std::int64_t>(std::min(pair.low, target(pair)), 1);
    }
    check_pairs();
  }

 private:
  [[nodiscard]] std::int64_t target(const Pair& pair) const {
    return round_half_even(static_cast<double>(w_) / pair.acceleration);
  }
  [[nodiscard]] std::int64_t distance(const Pair& pair) const override {
    const std::int64_t outside = target(pair) - pair.low;
    if (outside < 1) {
      fail(ErrorKind::kUsage,
           "masks '{}': a centre of {} columns leaves no column outside it for R = {} at width {}", name_,
           pair.low, pair.acceleration, w_);
    }
    return round_half_even(static_cast<double>(w_) / static_cast<double>(outside));
  }
};

SELFSAME_REGISTER_MASK_FAMILY(magic, {"magic",
                                      "fastMRI's offset sampling: every R-th column on both sides of DC, "
                                      "with offsets that avoid mirror images. P by "
                                      "counting the offsets",
                                      fastmri_options(), false, true,
                                      [](const MaskSite& site,
                                         const MaskOptions& options) -> std::unique_ptr<MaskFamily> {
                                        return std::make_unique<Magic>(site, options);
                                      }});

SELFSAME_REGISTER_MASK_FAMILY(magic_fraction, {"magic_fraction",
                                               "fastMRI's offset sampling at the distance w / (w / R - low), "
                                               "rounded: about w / R columns. P by counting the "
                                               "offsets",
                                               fastmri_options(), false, true,
                                               [](const MaskSite& site,
                                                  const MaskOptions& options) -> std::unique_ptr<MaskFamily> {
                                                 return std::make_unique<MagicFraction>(site, options);
                                               }});

}  // namespace
}  // namespace selfsame
