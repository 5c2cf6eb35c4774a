// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <initializer_list>
#include <string>

#include "models/recon/reconstruction.hpp"

// How the parts of a reconstruction network plan their tensors. Private to this folder.

namespace selfsame::recon {

/// The site with the words of a plan: steps, tensors that are born in a step, and those that are read in it.
/// A null tensor stands for one that lies outside the plan.
class ReconPlan {
 public:
  explicit ReconPlan(const ReconstructionSite& site) : site_(site) {}

  [[nodiscard]] const ReconstructionSite& site() const { return site_; }
  [[nodiscard]] MemoryPlan& memory() const { return site_.network.plan; }
  [[nodiscard]] bool training() const { return site_.network.mode == PassMode::kTraining; }
  /// Of everything but the blocked activations inside U-Nets.
  [[nodiscard]] DType dtype() const { return parameter_type(site_.network.dtype); }
  /// Complex numbers, one for every pixel.
  [[nodiscard]] Shape4 coils() const { return {site_.network.samples, site_.coils, height(), width()}; }
  [[nodiscard]] Shape4 image() const { return {site_.network.samples, 1, height(), width()}; }
  [[nodiscard]] std::int64_t height() const { return site_.network.h; }
  [[nodiscard]] std::int64_t width() const { return site_.network.w; }

  void step() const { memory().next_tick(); }
  [[nodiscard]] TensorView* real(const std::string& name, const Shape4& shape) const {
    return memory().activation(name, shape, dtype(), 1, memory().tick(), memory().tick());
  }
  [[nodiscard]] TensorView* complex(const std::string& name, const Shape4& shape) const {
    return real(name, {shape.n, shape.c, shape.h, 2 * shape.w});
  }
  void use(std::initializer_list<const TensorView*> tensors) const {
    for (const TensorView* t : tensors) {
      if (t != nullptr) {
        memory().extend(t, memory().tick());
      }
    }
  }
  void keep(const TensorView* t) const { memory().extend(t, MemoryPlan::kForever); }
  void need_workspace(std::size_t bytes) const { memory().need_workspace(bytes); }

 private:
  ReconstructionSite site_;
};

}  // namespace selfsame::recon
