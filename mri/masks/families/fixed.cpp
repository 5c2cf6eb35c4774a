// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/base/error.hpp"
#include "mri/files/npy_file.hpp"
#include "mri/masks/mask_family.hpp"

namespace selfsame {
namespace {

/// Errors: Error(kData) with the path unless the array is a mask of the site.
SamplingMask read_mask(const MaskSite& site) {
  if (site.file.empty()) {
    fail(ErrorKind::kUsage, "masks 'fixed' need a mask file (.npy with the shape (w), (1, w) or (h, w))");
  }
  const NpyFile file(site.file);
  SamplingMask mask;
  const std::vector<std::int64_t>& shape = file.header().shape;
  mask.w = shape.empty() ? 0 : shape.back();
  mask.h = shape.size() == 2 ? shape[0] : 1;
  if (shape.empty() || shape.size() > 2 || mask.w != site.w || (mask.h != 1 && mask.h != site.h)) {
    std::string text;
    for (const std::int64_t n : shape) {
      text += (text.empty() ? "" : ", ") + std::to_string(n);
    }
    fail(ErrorKind::kData, "{}: a mask of shape ({}) does not fit k-space of {} rows and {} columns",
         site.file, text, site.h, site.w);
  }
  std::vector<float> values(static_cast<std::size_t>(mask.h * mask.w));
  file.read_floats(values, 0, std::ssize(values), PixelScale::kRaw);
  for (std::size_t j = 0; j < values.size(); ++j) {
    if (values[j] != 0.0f && values[j] != 1.0f) {
      fail(ErrorKind::kData, "{}: entry {} of the mask is {}; masks are 0 and 1", site.file, j, values[j]);
    }
    mask.sampled.push_back(values[j] == 1.0f);
  }
  if (mask.count() == 0) {
    fail(ErrorKind::kData, "{}: the mask samples nothing", site.file);
  }
  return mask;
}

/// One mask, the same for every example: P is 0 or 1, and no splitting weight sees what it never samples.
class FixedMask final : public MaskFamily {
 public:
  FixedMask(SamplingMask mask, std::string text) : mask_(std::move(mask)), text_(std::move(text)) {}

  [[nodiscard]] DrawnMask draw(const RandomStream& /*random*/) const override {
    return {mask_, 0, low_frequencies()};
  }
  [[nodiscard]] SamplingLaw law(std::int64_t pair) const override {
    SELFSAME_CHECK(pair == 0, "pair {} of 1", pair);
    SamplingLaw law{mask_.h, mask_.w, {}, SamplingLaw::Dependence::kIndependent, text_};
    law.probability.assign(mask_.sampled.begin(), mask_.sampled.end());
    return law;
  }

 private:
  /// Of a mask of columns twice the shorter of the runs to both sides of DC, as fastMRI's networks take it
  /// when a file does not say. Of a plane 0: not known.
  [[nodiscard]] std::int64_t low_frequencies() const {
    const std::int64_t dc = mask_.w / 2;
    std::int64_t left = 0, right = 0;
    while (mask_.h == 1 && left < dc && mask_.sampled[static_cast<std::size_t>(dc - 1 - left)] != 0) {
      ++left;
    }
    while (mask_.h == 1 && dc + right < mask_.w && mask_.sampled[static_cast<std::size_t>(dc + right)] != 0) {
      ++right;
    }
    return 2 * std::min(left, right);
  }

  SamplingMask mask_;
  std::string text_;
};

std::unique_ptr<MaskFamily> make_fixed(const MaskSite& site, const MaskOptions& /*options*/) {
  return fixed_mask_family(read_mask(site), fmt::format("the fixed mask {}", site.file));
}

SELFSAME_REGISTER_MASK_FAMILY(
    fixed, {"fixed",
            "one mask from a .npy file of 0 and 1, shape (w), (1, w) or (h, w): the same for every example",
            {},
            false,
            false,
            make_fixed});

}  // namespace

std::unique_ptr<MaskFamily> fixed_mask_family(SamplingMask mask, std::string text) {
  SELFSAME_CHECK(std::ssize(mask.sampled) == mask.h * mask.w, "{} entries of {}x{}", mask.sampled.size(),
                 mask.h, mask.w);
  return std::make_unique<FixedMask>(std::move(mask), std::move(text));
}

}  // namespace selfsame
