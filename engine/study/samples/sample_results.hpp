// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

/// What a study of training sizes has found so far: risk against the number of training examples, for
/// trainings with and without ground truth. Plain numbers; a partial study is one with fewer runs.
namespace selfsame {

/// One test image under the network of one run.
struct SampleScore {
  double mse = 0;                                          ///< mean squared error: the risk
  double psnr = std::numeric_limits<double>::quiet_NaN();  ///< dB
  double ssim = std::numeric_limits<double>::quiet_NaN();  ///< NaN where it is not measured
};

/// One validation of a run.
struct SampleCurvePoint {
  std::int64_t step = 0;
  double loss = 0;        ///< training loss, mean over the steps since the last validation
  double validation = 0;  ///< the metric by which the best weights are chosen
};

/// One training: a method, a number of examples and a seed.
struct SampleRun {
  std::size_t method = 0;  ///< index into SampleResults::methods
  std::size_t size = 0;    ///< index into SampleResults::sizes
  std::int64_t seed = 0;
  std::string failure;  ///< empty, or why it has no scores (a training that diverged)
  std::string end;      ///< what ended it: "length", "schedule", "early stopping"
  std::int64_t steps = 0, best_step = 0;
  double best_validation = 0;
  std::vector<SampleCurvePoint> curve;
  std::vector<SampleScore> scores;  ///< by test image, of the weights that validated best
};

/// A test image as PNG files, before and after networks.
struct SamplePicture {
  std::string image;
  std::string noisy, clean;  ///< PNG bytes; clean may be empty
  double noisy_psnr = 0;
  struct Output {
    std::size_t method = 0, size = 0;
    std::string output, error;  ///< PNG bytes; error: magnitude of output - clean, brightened, may be empty
    double psnr = 0;
  };
  std::vector<Output> outputs;
};

/// How noisy one example's gradient is under a method, relative to the first method, at the same weights.
struct SampleVariance {
  std::size_t method = 0;
  std::string weights;                                 ///< "supervised, N = 160, seed 0"
  double ratio = 0, low = 0, high = 0;                 ///< tr Cov g / tr Cov g_first with its 95 % interval
  double factor = 0, factor_low = 0, factor_high = 0;  ///< of extra examples, as it follows
  std::int64_t draws = 0;
  /// |g_i - g|^2 / |g|^2 of every draw, g the mean gradient of the first method: under the method, and under
  /// the first.
  std::vector<double> spread{}, first_spread{};
};

struct SampleResults {
  std::string name;
  std::vector<std::string> methods;  ///< labels; the first is the one that others are compared with
  std::vector<std::int64_t> sizes;   ///< numbers of training examples, rising
  std::vector<std::int64_t> seeds;
  std::vector<std::string> images;  ///< of the test set
  std::string metric;               ///< of the validation: "psnr", "ssim" or "loss"
  std::int64_t planned = 0;         ///< runs of the whole study
  std::vector<SampleRun> runs;      ///< those that are done, by method, then size, then seed
  std::vector<SampleVariance> variances;
  std::vector<SamplePicture> pictures;
};

}  // namespace selfsame
