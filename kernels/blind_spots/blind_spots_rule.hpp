// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/blind_spots/blind_spots.hpp"
#include "kernels/device/bf16.hpp"
#include "kernels/device/philox.hpp"

// The draws of kernels/blind_spots/blind_spots.hpp, on the host and on GPUs. Whether a pixel is hidden can be
// asked of any pixel by itself. Private to this folder.

namespace selfsame::blind_spots_rule {

/// Uniform in {0 .. n-1}, n < 2^31: each has a probability within 2^-32 of 1/n.
SELFSAME_HOST_DEVICE inline int below(std::uint32_t word, int n) {
  return static_cast<int>((std::uint64_t{word} * static_cast<std::uint32_t>(n)) >> 32);
}

struct Pixel {
  int row, column;
};

/// Rows [top, bottom) and columns [left, right).
struct Box {
  int top, left, bottom, right;
  [[nodiscard]] SELFSAME_HOST_DEVICE int width() const { return right - left; }
  [[nodiscard]] SELFSAME_HOST_DEVICE int count() const { return (bottom - top) * width(); }
};

/// The set J of one sample of h x w pixels.
class HiddenPixels {
 public:
  SELFSAME_HOST_DEVICE HiddenPixels(const SampleOrigin& origin, const BlindSpotRule& rule, int h, int w)
      : random_(random_stream(origin, RandomPurpose::kObjective)),
        h_(h),
        w_(w),
        s_(rule.spacing),
        radius_(rule.radius),
        boxes_in_row_((w + s_ - 1) / s_),
        grid_(rule.kind == BlindSpotRule::Kind::kGrid) {
    if (grid_) {
      const Philox::Counter words = random_.words(0);
      phase_row_ = rule.phase >= 0 ? rule.phase / s_ : below(words[0], s_);
      phase_column_ = rule.phase >= 0 ? rule.phase % s_ : below(words[1], s_);
    }
  }

  [[nodiscard]] SELFSAME_HOST_DEVICE bool grid() const { return grid_; }
  [[nodiscard]] SELFSAME_HOST_DEVICE int phase_row() const { return phase_row_; }
  [[nodiscard]] SELFSAME_HOST_DEVICE int phase_column() const { return phase_column_; }

  [[nodiscard]] SELFSAME_HOST_DEVICE bool has(Pixel p) const {
    if (grid_) {
      return p.row % s_ == phase_row_ && p.column % s_ == phase_column_;
    }
    const Pixel hidden = of_box(p.row / s_, p.column / s_);
    return hidden.row == p.row && hidden.column == p.column;
  }

  /// Of the stratified kind: the pixel of a box that is hidden; (-1, -1) if the box has a single pixel.
  [[nodiscard]] SELFSAME_HOST_DEVICE Pixel of_box(int box_row, int box_column) const {
    const int top = box_row * s_, left = box_column * s_;
    const Box box{top, left, top + s_ < h_ ? top + s_ : h_, left + s_ < w_ ? left + s_ : w_};
    if (box.count() < 2) {
      return {-1, -1};
    }
    const int drawn = below(random_.word(number(box_row, box_column)), box.count());
    return {top + drawn / box.width(), left + drawn % box.width()};
  }

  /// Of the stratified kind: the pixel that is copied to the hidden pixel p. A box of two pixels or more has
  /// one beside p that is not hidden, so that the draws come to an end.
  [[nodiscard]] SELFSAME_HOST_DEVICE Pixel replacement(Pixel p) const {
    const int r = radius_;
    const Box window{p.row > r ? p.row - r : 0, p.column > r ? p.column - r : 0,
                     p.row + r + 1 < h_ ? p.row + r + 1 : h_, p.column + r + 1 < w_ ? p.column + r + 1 : w_};
    // Groups of the box's own, behind those of the draws of boxes.
    std::uint64_t group = (std::uint64_t{1} << 62) | (number(p.row / s_, p.column / s_) << 20);
    while (true) {
      const Philox::Counter words = random_.words(group++);
      for (int i = 0; i < 4; ++i) {
        const int drawn = below(words[static_cast<std::size_t>(i)], window.count());
        const Pixel q{window.top + drawn / window.width(), window.left + drawn % window.width()};
        if (!has(q)) {  // p itself is hidden
          return q;
        }
      }
    }
  }

 private:
  [[nodiscard]] SELFSAME_HOST_DEVICE std::uint64_t number(int box_row, int box_column) const {
    return static_cast<std::uint64_t>(box_row) * static_cast<std::uint64_t>(boxes_in_row_) +
           static_cast<std::uint64_t>(box_column);
  }

  RandomStream random_;
  int h_, w_, s_, radius_, boxes_in_row_;
  bool grid_;
  int phase_row_ = 0, phase_column_ = 0;
};

/// The weighted mean of the neighbours of p in a plane of h x w pixels. Sums of halves of floats: the
/// products are exact, so that a fused multiply-add changes nothing.
template <typename Real>
SELFSAME_HOST_DEVICE inline Real mean_around(const Real* plane, int h, int w, Pixel p) {
  double sum = 0, weights = 0;
  for (int i = p.row > 0 ? p.row - 1 : 0; i <= p.row + 1 && i < h; ++i) {
    for (int j = p.column > 0 ? p.column - 1 : 0; j <= p.column + 1 && j < w; ++j) {
      if (i != p.row || j != p.column) {
        const double weight = i == p.row || j == p.column ? 1.0 : 0.5;
        sum += weight * static_cast<double>(plane[std::int64_t{i} * w + j]);
        weights += weight;
      }
    }
  }
  return static_cast<Real>(sum / weights);
}

}  // namespace selfsame::blind_spots_rule
