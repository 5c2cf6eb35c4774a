// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/device/philox.hpp"
#include "mri/masks/sampling.hpp"

namespace selfsame {

/// One mask, and what was drawn before it.
struct DrawnMask {
  SamplingMask mask;
  std::int64_t pair = 0;  ///< which (centre fraction, acceleration) it was drawn with: its law is law(pair)
  std::int64_t low_frequencies = 0;  ///< fully sampled frequencies around DC: columns, or rows * columns
};

/// How masks of one kind and size are drawn, and their probabilities. One file per family in
/// mri/masks/families/. Const and thread-safe.
class MaskFamily {
 public:
  virtual ~MaskFamily() = default;
  /// Number of (centre fraction, acceleration) pairs, of which each mask draws one uniformly.
  [[nodiscard]] virtual std::int64_t pairs() const { return 1; }
  /// The mask of a stream: the same key gives the same mask. By convention (seed, kMask; epoch or 0,
  /// example).
  [[nodiscard]] virtual DrawnMask draw(const RandomStream& random) const = 0;
  /// The mask that fastMRI's tools give the file of this name (ending included). Errors: Error(kUsage) for
  /// families that are not fastMRI's.
  [[nodiscard]] virtual DrawnMask draw_for_file(std::string_view name) const;
  /// P(sampled) of masks drawn with this pair. Weights made from it are exact for those masks, whatever the
  /// other pairs are.
  [[nodiscard]] virtual SamplingLaw law(std::int64_t pair) const = 0;
};

/// P(sampled) over all pairs: the mean of their laws, kOther if there are several.
[[nodiscard]] SamplingLaw mixed_law(const MaskFamily& family);

/// Option values by name; numbers, one or several.
using MaskOptions = std::map<std::string, std::vector<double>>;

struct MaskOption {
  std::string_view name, doc;
  std::vector<double> default_value;  ///< empty: may stay absent, the doc says what that means
  double min, max;                    ///< of every number; the ends are allowed
  bool list = false;                  ///< several numbers are allowed
};

/// What a family is asked for: (h, w) frequencies, DC at (h / 2, w / 2). Families of columns need no h.
struct MaskSite {
  std::int64_t h = 1, w = 0;
  std::string file;  ///< `fixed`: where its mask is
};

/// What is known of a family before one is made. Text lives as long as the program.
struct MaskFamilyInfo {
  std::string_view name;  ///< as in the configuration
  std::string_view doc;   ///< what is sampled, in a sentence or two, with the probabilities
  std::vector<MaskOption> options;
  bool planes = false;   ///< masks are (h, w), not (1, w)
  bool fastmri = false;  ///< draw_for_file gives fastMRI's mask
  /// Gets the options completed by the defaults.
  std::unique_ptr<MaskFamily> (*make)(const MaskSite&, const MaskOptions&);
};

/// Every family of the program, sorted by name.
[[nodiscard]] std::vector<MaskFamilyInfo> mask_families();

/// Errors: Error(kUsage) for an unknown name, an unknown option, a value out of range, a missing size, or
/// options that no mask can meet; the message lists what is known. Error(kData) for a damaged mask file.
[[nodiscard]] std::unique_ptr<MaskFamily> make_mask_family(std::string_view name, const MaskSite& site,
                                                           const MaskOptions& options);

/// The family `fixed` of a mask at hand, e.g. the one that a k-space file carries; `text` names it in
/// messages.
[[nodiscard]] std::unique_ptr<MaskFamily> fixed_mask_family(SamplingMask mask, std::string text);

/// Adds a family. Throws Error(kInternal) if the name is taken. Called by the macro below.
bool register_mask_family(const MaskFamilyInfo& info);

}  // namespace selfsame

/// At namespace scope of mri/masks/families/NAME.cpp: a new family is one new file and no other edit.
#define SELFSAME_REGISTER_MASK_FAMILY(name, ...) \
  [[maybe_unused]] const bool registered_mask_##name = ::selfsame::register_mask_family(__VA_ARGS__)
