// SPDX-License-Identifier: Apache-2.0
#include "mri/masks/mask_family.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/base/registry.hpp"

namespace selfsame {
namespace {

/// A function's static: registration runs before main.
Registry<MaskFamilyInfo>& registry() {
  static Registry<MaskFamilyInfo> families_by_name("mask type", "masks", "have");
  return families_by_name;
}

void check_option(const MaskFamilyInfo& info, const std::string& name, const std::vector<double>& values) {
  const MaskOption& known = registry().option(info, name);
  if (values.empty() || (values.size() > 1 && !known.list)) {
    fail(ErrorKind::kUsage, "masks '{}': {} takes {}, got {} numbers", info.name, name,
         known.list ? "one or more numbers" : "one number", values.size());
  }
  for (const double value : values) {
    if (!(value >= known.min && value <= known.max)) {
      fail(ErrorKind::kUsage, "masks '{}': {} {} must be from {} to {}", info.name, name, value, known.min,
           known.max);
    }
  }
}

}  // namespace

DrawnMask MaskFamily::draw_for_file(std::string_view name) const {
  fail(ErrorKind::kUsage, "only fastMRI's mask types are seeded by the name of a file ({}); give a seed",
       name);
}

SamplingLaw mixed_law(const MaskFamily& family) {
  SamplingLaw mixed = family.law(0);
  if (family.pairs() == 1) {
    return mixed;
  }
  const auto count = static_cast<double>(family.pairs());
  mixed.dependence = SamplingLaw::Dependence::kOther;
  for (std::int64_t pair = 1; pair < family.pairs(); ++pair) {
    const SamplingLaw law = family.law(pair);
    mixed.text += " or " + law.text;
    for (std::size_t j = 0; j < law.probability.size(); ++j) {
      mixed.probability[j] += law.probability[j];
    }
  }
  for (double& p : mixed.probability) {
    p /= count;
  }
  return mixed;
}

bool register_mask_family(const MaskFamilyInfo& info) { return registry().add(info); }

std::vector<MaskFamilyInfo> mask_families() { return registry().all(); }

std::unique_ptr<MaskFamily> make_mask_family(std::string_view name, const MaskSite& site,
                                             const MaskOptions& options) {
  const MaskFamilyInfo& info = registry().find(name);
  for (const auto& [option, values] : options) {
    check_option(info, option, values);
  }
  constexpr std::int64_t kLargest = 1 << 16, kLargestPlane = 1 << 24;
  if (site.w < 1 || site.w > kLargest || site.h < 1 || site.h > kLargest) {
    fail(ErrorKind::kUsage, "masks '{}' of {}x{} (height x width): sizes are from 1 to {}", name, site.h,
         site.w, kLargest);
  }
  if (info.planes && site.h * site.w > kLargestPlane) {
    fail(ErrorKind::kUsage, "masks '{}' of {}x{} frequencies: at most {}", name, site.h, site.w,
         kLargestPlane);
  }
  if (info.planes && site.h == 1) {
    fail(ErrorKind::kUsage, "masks '{}' are planes: give their height too", name);
  }
  MaskOptions complete = options;
  for (const MaskOption& option : info.options) {
    if (!option.default_value.empty()) {
      complete.try_emplace(std::string(option.name), option.default_value);
    }
  }
  return info.make(site, complete);
}

}  // namespace selfsame
