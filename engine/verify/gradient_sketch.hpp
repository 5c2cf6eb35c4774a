// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace selfsame {

/// One tensor of the parameters: where its gradient lies in the flat array of one lane. What lies between
/// tensors (padding for alignment) is never read.
struct GradientTensor {
  std::string name;
  std::int64_t offset = 0, count = 0;
};

/// Random projection of a gradient by feature hashing: coordinate i has a fixed random bucket h(i) and sign
/// s(i),
///
///   sketch[k] = scale * sum over i with h(i) = k of s(i) g[i],    k < buckets
///
/// which is linear, and E <sketch(a), sketch(b)> = <a, b> over the choice of h and s, with variance about
/// (|a|^2 |b|^2 + <a, b>^2) / buckets. Behind it lie the sketches of the single tensors ("layers") with
/// min(layer_buckets, count) buckets each; a tensor that fits is copied. Sums of buckets with equal k mod n
/// are again such a sketch, with n buckets (n a power of two).
///
/// Random: Philox, addressed by the seed and the coordinate, so the projections of a network are always the
/// same. Cost:   one addition per coordinate and two bytes of table. Source: Charikar, Chen, Farach-Colton
/// 2002; Weinberger et al. 2009 (inner products).
class GradientSketch {
 public:
  struct Options {
    int buckets = 1024;     ///< power of two, at most 32768
    int layer_buckets = 8;  ///< power of two, at most `buckets`
    std::uint64_t seed = 0;
  };

  /// Errors: Error(kInternal) for no tensors, empty or overlapping ones, or sizes that are not powers of two.
  explicit GradientSketch(std::vector<GradientTensor> tensors)
      : GradientSketch(std::move(tensors), Options()) {}
  GradientSketch(std::vector<GradientTensor> tensors, const Options& options);

  [[nodiscard]] std::span<const GradientTensor> tensors() const { return tensors_; }
  [[nodiscard]] int buckets() const { return buckets_; }
  [[nodiscard]] std::int64_t parameters() const { return parameters_; }  ///< without padding
  [[nodiscard]] std::int64_t extent() const { return extent_; }          ///< floats that a gradient must have
  [[nodiscard]] int size() const { return size_; }  ///< floats of a sketch, layers included
  /// Where layer l lies in a sketch.
  [[nodiscard]] int layer_offset(int layer) const { return layer_offset_[static_cast<std::size_t>(layer)]; }
  [[nodiscard]] int layer_size(int layer) const;

  /// out += scale * sketch(gradient).
  /// @param gradient  extent() floats
  /// @param out       size() floats
  void add(const float* gradient, float scale, float* out) const;

  /// For code that walks over the coordinates itself: entry j of tensor `layer` is bucket (low 15 bits) and
  /// sign (top bit, set = minus).
  [[nodiscard]] const std::uint16_t* table(int layer) const {
    return table_.data() + table_offset_[static_cast<std::size_t>(layer)];
  }
  /// out += the layer's `count` values summed by bucket (`in_buckets`, buckets() doubles, spaced by
  /// `stride`), into the buckets of the whole and, unless the tensor fits, of the layer.
  void fold(int layer, const double* in_buckets, int stride, float scale, float* out) const;

 private:
  std::vector<GradientTensor> tensors_;
  std::vector<std::uint16_t> table_;  // tensors one after the other, without padding
  std::vector<std::int64_t> table_offset_;
  std::vector<int> layer_offset_;
  int buckets_, layer_buckets_, size_ = 0;
  std::int64_t parameters_ = 0, extent_ = 0;
};

}  // namespace selfsame
