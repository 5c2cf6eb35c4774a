// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>

#include "kernels/device/mirrored_buffer.hpp"
#include "models/subspace/subspace.hpp"

namespace selfsame {

/// All that training of the linear denoiser sees of N examples, for L repeats as lanes. With Y (n, N) the
/// inputs, C (d, N) the signals' coordinates and E (n, N) target noise of sigma' = 1:
///
///   gram = Y Y^T (L, n, n),   signal = C Y^T (L, d, n),   noise = E Y^T (L, n, n)
///   Y' Y^T = U signal + sigma' noise
///
/// The same E serves every sigma', so differences between levels of target noise are paired.
class SubspaceMoments {
 public:
  SubspaceMoments(const SubspaceProblem& problem, std::int64_t lanes, Stream& stream);

  /// Draws `examples` examples of repeats first_repeat ... first_repeat + lanes - 1 and sums them up with
  /// `gemm` on the stream's device, a block of examples at a time. An example is a function of (seed,
  /// examples, repeat, its number): the numbers of a lane do not depend on the others, on threads or on the
  /// device's kind of memory. Results are on the host when it returns.
  void draw(std::span<const double> basis, std::int64_t examples, std::int64_t first_repeat,
            std::uint64_t seed, Stream& stream);

  [[nodiscard]] const SubspaceProblem& problem() const { return problem_; }
  [[nodiscard]] std::int64_t lanes() const { return lanes_; }
  [[nodiscard]] const MirroredBuffer& gram() const { return gram_; }
  [[nodiscard]] const MirroredBuffer& signal() const { return signal_; }
  [[nodiscard]] const MirroredBuffer& noise() const { return noise_; }
  /// Y' Y^T of one lane for this target noise, (n, n), on the host.
  void cross(std::int64_t lane, std::span<const double> basis, double target_sigma,
             std::span<double> result) const;

 private:
  static constexpr std::int64_t kBlock =
      128;  ///< examples at a time: what a lane reads again and again stays in cache

  SubspaceProblem problem_;
  std::int64_t lanes_;
  MirroredBuffer basis_;  // (n, d)
  MirroredBuffer gram_, signal_, noise_;
  MirroredBuffer y_, c_, e_;  // (L, block, n), (L, block, d), (L, block, n): an example is a row
};

}  // namespace selfsame
