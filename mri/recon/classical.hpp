// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "kernels/device/complex_view.hpp"
#include "kernels/device/stream.hpp"
#include "mri/recon/wavelet.hpp"

namespace selfsame {

/// One undersampled multi-coil slice: y = A x + noise with A = D F S (mri/sense/sense.hpp). Host memory, all
/// of one type, float or double.
///
/// With M > 1 sets of maps (soft SENSE, EspiritOptions::sets) the image has M parts, and A x is the sum of
/// D F S_m x_m over them.
struct SenseMeasurement {
  ConstComplexView kspace;  ///< (1, C, H, W); what the mask leaves out is not read as data
  ConstComplexView maps;    ///< (M, C, H, W)
  ConstTensorView mask;     ///< (1, 1, H or 1, W), 1 or 0
};

struct ReconstructionProgress {
  int iteration, iterations;  ///< finished, at most
  double objective;           ///< the function that is minimised, of the scaled data
  double change;              ///< conjugate gradients: ||residual|| / ||A^H y||; others: ||step|| / ||x||
};
/// Called after every iteration; false stops, and the image so far is the result.
using ReconstructionCallback = std::function<bool(const ReconstructionProgress&)>;

// Regularisation weights mean what they mean to BART's `pics`: the data are first divided by a scale that
// brings the bright part of the image to about 1 (data_scale below), and the image is multiplied by it at the
// end (BART does that last step with -S only). `scale` > 0 is used instead: 1 = the data as they are, as
// BART's -w 1.

/// x = A^H y: what was not measured is zero. No parameters.
struct ZeroFilledOptions {};

/// Conjugate gradients for (A^H A + lambda) x = A^H y, from x = 0: minimises 1/2 ||A x - y||^2 +
/// lambda/2 ||x||^2. BART: `pics -l2 -r lambda -i iterations`. Few iterations regularise by themselves.
/// Source: Pruessmann, Weiger, Boernert, Boesiger, MRM 46, 2001; Hestenes, Stiefel, 1952.
struct CgSenseOptions {
  double lambda = 0.01;  ///< >= 0; of no dimension: A^H A is at most 1 for normalised maps
  int iterations = 30;
  double tolerance = 1e-6;  ///< ends when ||residual|| <= tolerance ||A^H y||; 0: after `iterations`
};

/// Minimises 1/2 ||A x - y||^2 + lambda sum_r sqrt(|x(r) - x(r - e_y)|^2 + |x(r) - x(r - e_x)|^2), isotropic
/// total variation with differences that go round the edges (as BART's `pics -R T:6:0:lambda`), by MFISTA:
/// the objective never grows. The proximal step is solved by accelerated projected gradients of its dual,
/// which starts from the last solution.
/// Source: Rudin, Osher, Fatemi, 1992; Beck, Teboulle, IEEE TIP 18(11), 2009; Lustig et al., MRM 58, 2007.
struct TvOptions {
  double lambda = 0.005;
  int iterations = 100;
  int inner_iterations = 10;
  double tolerance = 1e-5;  ///< ends when ||step|| <= tolerance ||x||; 0: after `iterations`
  double scale = 0;         ///< 0: data_scale
};

/// Minimises 1/2 ||A x - y||^2 + lambda sum |details of the orthonormal wavelet transform of x| by FISTA;
/// coarse coefficients are not thresholded. With cycle spinning the transform is shifted by another vector in
/// every iteration, which removes the grid of the blocks; the objective then is a moving one, and FISTA runs
/// plain; without, it is MFISTA: the objective never grows. BART: `pics -l1 -r lambda` (random shifts; ours
/// follow a fixed sequence that covers the shifts evenly, so that runs repeat).
/// Source: Beck, Teboulle, SIAM J. Imaging Sci. 2(1), 2009; Coifman, Donoho, 1995; Lustig et al. 2007.
struct WaveletOptions {
  double lambda = 0.005;
  int iterations = 100;
  WaveletFamily family = WaveletFamily::kDaubechies4;
  int levels = 0;  ///< 0: until the coarse image would be smaller than 16
  bool cycle_spinning = true;
  double tolerance = 1e-5;
  double scale = 0;
};

using ClassicalOptions = std::variant<ZeroFilledOptions, CgSenseOptions, TvOptions, WaveletOptions>;

/// A reconstruction without learning.
class ClassicalReconstruction {
 public:
  virtual ~ClassicalReconstruction() = default;
  /// "zero_filled", "cg_sense", "tv", "wavelet".
  [[nodiscard]] virtual const char* name() const = 0;
  /// Writes the image, (M, 1, H, W), in the units of the data. It takes memory as it needs it, and enough
  /// workspace of the stream.
  /// Errors: Error(kInternal) if shapes or types do not fit; Error(kData) for a mask that is not 0 or 1, or
  ///         whose centre is not sampled where the scale is found from it, and for data that are not finite.
  /// Exact:  does not depend on the number of threads.
  virtual void reconstruct(ComplexView image, const SenseMeasurement& measurement, Stream& stream,
                           const ReconstructionCallback& callback = {}) const = 0;
};

/// Errors: Error(kUsage) for options out of range; the message names them.
[[nodiscard]] std::unique_ptr<ClassicalReconstruction> make_classical(const ClassicalOptions& options);

/// The scale of `pics`: of the root sum of squares of the low-resolution image from the sampled centre, at
/// most 32 x 32, with its 90th percentile p90, median and maximum: p90 if maximum - p90 < 2 (p90 - median),
/// else the maximum; in the units of the image of all of k-space. 1 for data that are zero. Source: behaviour
/// of BART 0.8.
[[nodiscard]] double data_scale(const SenseMeasurement& measurement, Stream& stream);

}  // namespace selfsame
