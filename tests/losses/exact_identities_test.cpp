// SPDX-License-Identifier: Apache-2.0
// What holds between objectives draw by draw, or for means that a finite sum gives exactly: no statistics but
// where it is said.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "tests/losses/objective_cases.hpp"

namespace selfsame {
namespace {

using Kind = TinyNetwork::Kind;

NoiseModel gaussian(double sigma) {
  NoiseModel noise;
  noise.type = NoiseType::kGaussian;
  noise.sigma = static_cast<float>(sigma);
  return noise;
}

double largest(const std::vector<double>& v) {
  double size = 0;
  for (const double x : v) {
    size = std::max(size, std::abs(x));
  }
  return size;
}

/// The network h seen as g(z) = (h(z) - (1 - a) z) / a: the reconstruction of Noisier2Noise.
class Corrected : public NetworkHandle {
 public:
  Corrected(NetworkHandle& network, double a) : network_(network), a_(a) {}
  ConstTensorView forward(ConstTensorView input, Stream& stream) override {
    const ConstTensorView h = network_.forward(input, stream);
    values_.resize(static_cast<std::size_t>(h.shape.count()));
    for (std::size_t i = 0; i < values_.size(); ++i) {
      values_[i] = (h.as<double>()[i] - (1 - a_) * input.as<double>()[i]) / a_;
    }
    return {values_.data(), DType::kF64, h.shape, 1};
  }
  void backward(ConstTensorView d, Stream& stream) override {
    std::vector<double> dh(d.as<double>(), d.as<double>() + d.shape.count());
    for (double& v : dh) {
      v /= a_;
    }
    network_.backward({dh.data(), DType::kF64, d.shape, 1}, stream);
  }

 private:
  NetworkHandle& network_;
  double a_;
  std::vector<double> values_;
};

// With the same draws: not on average, but loss by loss and gradient by gradient.
TEST(ExactIdentity, Noisier2NoiseIsR2ROfTheCorrectedOutputUpToItsFactor) {
  const Shape4 shape{2, 1, 4, 4};
  for (const double alpha : {0.5, 1.0, 2.0}) {  // 1 / a and 1 - 1 / a are floats
    const double a = alpha * alpha / (1 + alpha * alpha);
    ObjectiveRunner r2r({"r2r", "", {{"alpha", alpha}}, gaussian(0.2)}, shape);
    ObjectiveRunner noisier({"noisier2noise", "", {{"alpha", alpha}}, gaussian(0.2)}, shape);
    ObjectiveBatch batch(shape);
    for (std::uint32_t draw = 1; draw <= 5; ++draw) {
      r2r.draw(batch, draw);
      TinyNetwork h(1, shape, *noisier.objective, Kind::kSmooth),
          same(1, shape, *r2r.objective, Kind::kSmooth);
      Corrected g(same, a);
      const double loss = noisier.run(batch, 1, h);
      EXPECT_NEAR(loss, a * a * r2r.run(batch, 1, g), 1e-13 * loss) << alpha;
      // Sums of 32 terms, each of at most the largest gradient's size times 1 / a.
      const double rounding = 32 * 2.3e-16 / a * largest(h.gradients);
      for (std::size_t i = 0; i < h.gradients.size(); ++i) {
        ASSERT_NEAR(h.gradients[i], a * a * same.gradients[i], rounding) << "alpha " << alpha << ", " << i;
      }
    }
  }
}

/// Mean and standard error.
struct Sample {
  double sum = 0, squares = 0;
  int count = 0;
  void add(double v) {
    sum += v;
    squares += v * v;
    ++count;
  }
  [[nodiscard]] double mean() const { return sum / count; }
  [[nodiscard]] double error() const {
    return std::sqrt(std::max(0.0, squares / count - mean() * mean()) / count);
  }
};

// At one measurement, over probes. The forward difference adds tau/2 times third moments of the probe, which
// are zero for both, and O(tau^2).
TEST(ExactIdentity, MonteCarloSureHasTheMeanOfTheExactDivergence) {
  const Shape4 shape{1, 1, 4, 4};
  const NoiseModel noise = gaussian(0.25);
  for (const char* probe : {"normal", "signs"}) {
    ObjectiveRunner drawn({"sure", "", {{"probe", std::string(probe)}, {"tau", 1.0 / 1024}}, noise}, shape);
    ObjectiveRunner exact({"sure", "", {{"divergence", std::string("exact")}, {"tau", 1e-4}}, noise}, shape);
    ObjectiveBatch batch(shape);
    drawn.draw(batch, 1);
    TinyNetwork network(1, shape, *drawn.objective, Kind::kSmooth);
    for (std::size_t i = 0; i < 16; ++i) {  // near the identity, as denoisers are: of large divergence
      network.weights[17 * i] += 1;
      network.weights[256 + 17 * i] += 1;
    }
    const double want = exact.run(batch, 1, network);
    const std::vector<double> gradient = network.gradients;
    Sample loss, along;
    for (std::uint32_t k = 0; k < 4000; ++k) {
      batch.origins[0].draw = k;  // the measurement stays
      std::fill(network.gradients.begin(), network.gradients.end(), 0.0);
      loss.add(drawn.run(batch, 1, network));
      double product = 0;
      for (std::size_t i = 0; i < gradient.size(); ++i) {
        product += network.gradients[i] * gradient[i];
      }
      along.add(product);
    }
    double square = 0;
    for (const double g : gradient) {
      square += g * g;
    }
    // Five standard errors: by chance once in a million seeds.
    EXPECT_LT(std::abs(loss.mean() - want), 5 * loss.error()) << probe;
    EXPECT_LT(std::abs(along.mean() - square), 5 * along.error()) << probe;
    // A divergence that is wrong by a tenth would be seen: without the term, the loss would be |f - y|^2 / n
    // - sigma^2.
    double error = -0.0625;
    const double* f = network.forward(batch.view(batch.noisy), drawn.stream).as<double>();
    for (std::size_t i = 0; i < batch.noisy.size(); ++i) {
      error += (f[i] - batch.noisy[i]) * (f[i] - batch.noisy[i]) / 16;
    }
    EXPECT_GT(0.1 * std::abs(want - error), 5 * loss.error()) << probe;
  }
}

/// Mean gradients over Gaussian noise of a linear network, what the objective draws held fixed: squared
/// errors are of degree 2 in the noise, and the 2D points +- sqrt(D) sigma e_i have its moments up to
/// degree 3.
struct PairOfMeans {
  std::vector<double> objective, risk;
};
PairOfMeans means_over_noise(ObjectiveRunner& runner, std::size_t claim, std::uint32_t draw) {
  const Shape4 shape{1, 1, 4, 4};
  constexpr int kPixels = 16;
  ObjectiveBatch batch(shape);
  batch.origins[0].draw = batch.origins[0].epoch = draw;
  TinyNetwork objective(1, shape, *runner.objective, Kind::kLinear), risk = objective;
  for (int point = 0; point < 2 * kPixels; ++point) {
    batch.noisy = batch.clean;
    batch.noisy[static_cast<std::size_t>(point / 2)] +=
        (point % 2 == 0 ? 1 : -1) * std::sqrt(static_cast<double>(kPixels)) * 0.3;
    runner.run(batch, 1, objective);
    runner.run_risk(claim, batch, 1, risk);
  }
  for (std::vector<double>* sum : {&objective.gradients, &risk.gradients}) {
    for (double& g : *sum) {
      g /= 2 * kPixels;
    }
  }
  return {objective.gradients, risk.gradients};
}

TEST(ExactIdentity, GivenItsDrawTheMeanOverNoiseOfAHalvedOrBlindObjectiveIsThatOfItsRisk) {
  const std::vector<ObjectiveCase> cases{{"noise2self", "", {{"spacing", 2.0}}, gaussian(0.3)},
                                         {"noise2void", "", {{"spacing", 2.0}}, gaussian(0.3)},
                                         {"neighbor2neighbor", "", {{"lambda", 0.0}}, gaussian(0.3)}};
  for (const ObjectiveCase& c : cases) {
    ObjectiveRunner runner(c, {1, 1, 4, 4});
    std::set<double> different;
    for (std::uint32_t draw = 0; draw < 20; ++draw) {
      const PairOfMeans means = means_over_noise(runner, 0, draw);
      for (std::size_t i = 0; i < means.risk.size(); ++i) {
        ASSERT_NEAR(means.objective[i], means.risk[i], 1e-10) << c.text() << ", draw " << draw << ", " << i;
      }
      different.insert(std::accumulate(means.risk.begin(), means.risk.end(), 0.0));
      const PairOfMeans other = means_over_noise(runner, 1, draw);  // the risk of which it is not
      double distance = 0;
      for (std::size_t i = 0; i < other.risk.size(); ++i) {
        distance = std::max(distance, std::abs(other.objective[i] - other.risk[i]));
      }
      EXPECT_GT(distance, 1e-3) << c.text();
    }
    EXPECT_GT(different.size(), 3u) << c.text() << ": the draws are all the same";
  }
}

/// The sum of pmf(k; mean) over all k up to `most`, by which means over photons are finite sums.
std::vector<double> poisson_probabilities(double mean, int most) {
  std::vector<double> p;
  for (int k = 0; k <= most; ++k) {
    p.push_back(std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0)));
  }
  return p;
}

/// The largest difference of the two exact means over photons, and the size of the risk's gradient.
std::pair<double, double> photon_bias(const ObjectiveOptions& options) {
  constexpr int kMost = 40;
  const Shape4 shape{1, 1, 1, 2};
  NoiseModel noise;
  noise.type = NoiseType::kPoisson;
  noise.peak = 4.0f;  // gain 1/4, a float
  ObjectiveRunner runner({"sure_poisson", "", options, noise}, shape);
  ObjectiveBatch batch(shape);
  batch.clean = {0.5, 0.8};
  const std::vector<double> first = poisson_probabilities(2.0, kMost),
                            second = poisson_probabilities(3.2, kMost);
  TinyNetwork network(1, shape, *runner.objective, Kind::kSmooth);
  std::vector<double> difference(network.gradients.size()), risk = difference;
  for (int i = 0; i <= kMost; ++i) {
    for (int j = 0; j <= kMost; ++j) {
      const double p = first[static_cast<std::size_t>(i)] * second[static_cast<std::size_t>(j)];
      batch.noisy = {i / 4.0, j / 4.0};
      batch.origins[0].draw = static_cast<std::uint32_t>(i * 100 + j);
      for (const bool of_risk : {false, true}) {
        std::fill(network.gradients.begin(), network.gradients.end(), 0.0);
        static_cast<void>(of_risk ? runner.run_risk(0, batch, 1, network) : runner.run(batch, 1, network));
        for (std::size_t k = 0; k < risk.size(); ++k) {
          difference[k] += (of_risk ? -p : p) * network.gradients[k];
          risk[k] += of_risk ? p * network.gradients[k] : 0.0;
        }
      }
    }
  }
  return {largest(difference), largest(risk)};
}

// Every count of photons of two pixels; what is left out has a probability below 1e-28. The network is smooth
// and not linear.
TEST(ExactIdentity, PoissonSureOverAllPhotonCountsIsTheSupervisedGradient) {
  const auto [bias, size] = photon_bias({{"divergence", std::string("exact")}});
  EXPECT_GT(size, 0.1);
  EXPECT_LT(bias, 1e-13 * size);
  const auto [first_order, same] = photon_bias({{"tau", 1e-3}, {"probe", std::string("signs")}});
  EXPECT_GT(first_order, 1e-3 * same) << "of two or three photons the first order is not enough";
}

}  // namespace
}  // namespace selfsame
