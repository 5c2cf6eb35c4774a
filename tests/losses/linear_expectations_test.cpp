// SPDX-License-Identifier: Apache-2.0
// For a linear network f(y) = W y the gradient of every squared error is a polynomial of degree 2 in the
// noise of measurement, target and objective. Its mean is computed here from the objectives' own gradients
// without sampling error (gaussian_cubature.hpp) and compared with closed forms: E e = 0, E e e^T = sigma^2
// I. Options are such that the coefficients which objectives hand to ops as float have no rounding error.
#include <gtest/gtest.h>

#include <cmath>

#include "losses/registry.hpp"
#include "tests/losses/gaussian_cubature.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kPixels = 4;
using Matrix = std::vector<double>;  // kPixels x kPixels

Matrix times(double factor, Matrix m) {
  for (double& v : m) {
    v *= factor;
  }
  return m;
}
Matrix operator+(Matrix a, const Matrix& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] += b[i];
  }
  return a;
}
Matrix operator*(const Matrix& a, const Matrix& b) {
  Matrix c(kPixels * kPixels);
  for (std::size_t i = 0; i < c.size(); ++i) {
    for (std::size_t k = 0; k < kPixels; ++k) {
      c[i] += a[i / kPixels * kPixels + k] * b[k * kPixels + i % kPixels];
    }
  }
  return c;
}
Matrix identity() {
  Matrix m(kPixels * kPixels);
  for (std::size_t i = 0; i < kPixels; ++i) {
    m[i * kPixels + i] = 1;
  }
  return m;
}
double squares(const Matrix& m) {
  double sum = 0;
  for (const double v : m) {
    sum += v * v;
  }
  return sum;
}

const std::vector<double> kImage{0.6, -0.2, 0.9, 0.35};
/// Some W, far from anything special.
const Matrix kW{0.7, -0.3, 0.2, 0.1, 0.4, 0.5, -0.6, 0.3, -0.1, 0.25, 0.8, 0.15, 0.05, -0.45, 0.35, 1.1};

Matrix image_squared() {  // x x^T
  Matrix m;
  for (const double a : kImage) {
    for (const double b : kImage) {
      m.push_back(a * b);
    }
  }
  return m;
}

/// Gradient and value of E|V (x + v) - x|^2 / n, v of mean 0 and variance `variance` I:
/// (|(V - I) x|^2 + variance |V|^2) / n.
Matrix risk_gradient(const Matrix& v, double variance) {
  return times(2.0 / kPixels, (v + times(-1, identity())) * image_squared() + times(variance, v));
}
double risk_value(const Matrix& v, double variance) {
  const Matrix error = (v + times(-1, identity())) * image_squared();
  double trace = 0;  // of (V - I) x x^T (V - I)^T
  const Matrix product = error * [&] {
    Matrix t(kPixels * kPixels);
    for (std::size_t i = 0; i < t.size(); ++i) {
      t[i] = v[i % kPixels * kPixels + i / kPixels] - (i / kPixels == i % kPixels ? 1.0 : 0.0);
    }
    return t;
  }();
  for (std::size_t i = 0; i < kPixels; ++i) {
    trace += product[i * kPixels + i];
  }
  return (trace + variance * squares(v)) / kPixels;
}

class LinearNetwork : public NetworkHandle {
 public:
  ConstTensorView forward(ConstTensorView input, Stream&) override {
    input_.assign(input.as<double>(), input.as<double>() + kPixels);
    output_.assign(kPixels, 0.0);
    for (std::size_t i = 0; i < kPixels * kPixels; ++i) {
      output_[i / kPixels] += kW[i] * input_[i % kPixels];
    }
    return {output_.data(), DType::kF64, input.shape, 1};
  }
  void backward(ConstTensorView dprediction, Stream&) override {
    for (std::size_t i = 0; i < kPixels * kPixels; ++i) {
      gradient[i] += dprediction.as<double>()[i / kPixels] * input_[i % kPixels];
    }
  }
  Matrix gradient = Matrix(kPixels * kPixels);

 private:
  std::vector<double> input_, output_;
};

struct Mean {
  double loss = 0;
  Matrix gradient = Matrix(kPixels * kPixels);
};

constexpr int kObjectiveItself = -1;

/// An objective whose own draws are `own` noise of the measurement's shape.
struct LinearCase {
  std::string name;
  ObjectiveOptions options;
  double sigma;
  NoiseModel own;  ///< kNone: it draws nothing
};

/// The mean over the noise of the measurement, of the target and of the objective itself.
Mean mean_of(const LinearCase& c, int claim = kObjectiveItself) {
  NoiseModel noise;
  noise.type = NoiseType::kGaussian;
  noise.sigma = static_cast<float>(c.sigma);
  const std::unique_ptr<Objective> objective = make_objective(c.name, c.options, noise);
  const bool second = objective->target_kind() == TargetKind::kSecondNoisy;
  const double target_sigma = objective->target_sigma().value_or(c.sigma);
  const Shape4 shape{1, 1, 2, 2};
  MemoryPlan plan;
  objective->plan(plan, shape, DType::kF64);
  plan.allocate();
  Stream stream(DeviceKind::kCpu, 1);
  stream.reserve_workspace(plan.bytes(MemoryPlan::Arena::kWorkspace));

  constexpr std::uint32_t kNodes = 400;  // 12 numbers have 91 monomials
  std::vector<std::vector<double>> nodes;
  std::vector<Mean> values;
  for (std::uint32_t k = 0; k < kNodes; ++k) {
    const RandomStream random(17, RandomPurpose::kTest, 0, k);
    SampleOrigin origin;
    origin.image_h = origin.image_w = 2;
    origin.epoch = origin.draw = k;
    const std::span<const SampleOrigin> origins(&origin, 1);
    std::vector<double> u, noisy = kImage, target = kImage, own(kPixels);
    for (std::size_t i = 0; i < (second ? 2 : 1) * kPixels; ++i) {
      u.push_back(static_cast<double>(random.normal(i)));
      (i < kPixels ? noisy : target)[i % kPixels] += (i < kPixels ? c.sigma : target_sigma) * u.back();
    }
    if (c.own.type != NoiseType::kNone) {  // the same numbers as the objective will draw
      add_noise({own.data(), DType::kF64, shape, 1}, {}, origins, RandomPurpose::kObjective, c.own, stream);
      for (const double v : own) {
        u.push_back(v / static_cast<double>(c.own.sigma));
      }
    }
    nodes.push_back(u);
    const auto view = [&](std::vector<double>& data) {
      return TensorView(data.data(), DType::kF64, shape, 1);
    };
    std::vector<double> clean = kImage;
    Measurement measurement{view(noisy), second ? ConstTensorView(view(target)) : ConstTensorView(), origins};
    LinearNetwork network;
    Mean value;
    const std::span<double> loss(&value.loss, 1);
    if (claim == kObjectiveItself) {
      objective->value_and_gradient(loss, measurement, 1, network, stream);
    } else {
      objective->risk_value_and_gradient(static_cast<std::size_t>(claim), loss, measurement, view(clean), 1,
                                         network, stream);
    }
    value.gradient = network.gradient;
    values.push_back(value);
  }
  const std::size_t first_sign =
      c.own.type == NoiseType::kRademacher ? nodes.front().size() - kPixels : nodes.front().size();
  const std::vector<double> weights = quadratic_weights(nodes, first_sign);
  Mean mean;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    mean.loss += weights[k] * values[k].loss;
    mean.gradient = mean.gradient + times(weights[k], values[k].gradient);
  }
  return mean;
}

/// Numbers of order 1 in double, 400 of them with weights below 1, and difference quotients over steps of
/// 2^-7: far below 1e-10.
constexpr double kRounding = 1e-10;

void expect_equal(const Matrix& got, const Matrix& want, const std::string& what) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_NEAR(got[i], want[i], kRounding) << what << ", element " << i;
  }
}
/// That the bound means something: these are different.
void expect_different(const Matrix& a, const Matrix& b) {
  EXPECT_GT(std::sqrt(squares(a + times(-1, b))), 1e-3);
}

NoiseModel own_noise(NoiseType type, double sigma) {
  NoiseModel own;
  own.type = type;
  own.sigma = static_cast<float>(sigma);
  return own;
}

TEST(LinearExpectation, OfCubatureIsExactToDegreeTwo) {
  std::vector<std::vector<double>> nodes;
  for (std::uint32_t k = 0; k < 60; ++k) {
    const RandomStream random(3, RandomPurpose::kTest, 1, k);
    nodes.push_back({static_cast<double>(random.normal(0)), static_cast<double>(random.normal(1)),
                     static_cast<double>(random.normal(2)), random.uniform(7) < 0.5f ? -1.0 : 1.0});
  }
  const std::vector<double> weights = quadratic_weights(nodes, 3);
  const auto mean = [&](auto&& p) {
    double sum = 0;
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      sum += weights[k] * p(nodes[k]);
    }
    return sum;
  };
  EXPECT_NEAR(mean([](const auto&) { return 1.0; }), 1, 1e-13);
  EXPECT_NEAR(mean([](const auto& u) { return 3 * u[0] - u[2] + u[3]; }), 0, 1e-13);
  EXPECT_NEAR(mean([](const auto& u) { return 2 * u[1] * u[1] + u[0] * u[1] + u[1] * u[3] + u[3] * u[3]; }),
              3, 1e-13);
  EXPECT_GT(std::abs(mean([](const auto& u) { return u[0] * u[0] * u[0] * u[0]; }) - 3), 1e-6)
      << "of degree 4 it is not";
}

TEST(LinearExpectation, OfNoise2NoiseIsTheSupervisedGradient) {
  for (const double target_sigma : {0.0, 0.25, 1.5}) {
    const LinearCase c{"noise2noise", {{"sigma", target_sigma}}, 0.5, {}};
    const Mean mean = mean_of(c), risk = mean_of(c, 0);
    expect_equal(mean.gradient, risk_gradient(kW, 0.25), "objective");
    expect_equal(risk.gradient, risk_gradient(kW, 0.25), "risk");
    EXPECT_NEAR(risk.loss, risk_value(kW, 0.25), kRounding);
    EXPECT_NEAR(mean.loss, risk.loss + target_sigma * target_sigma, kRounding);
  }
}

// E 2/n [(W - I) y y^T + sigma^2 I] = 2/n [(W - I) x x^T + sigma^2 W]: the value is that of the risk too.
TEST(LinearExpectation, OfSureIsTheSupervisedGradient) {
  const std::string exact = "exact", signs = "signs";
  const double tau = std::ldexp(1.0, -7);
  const std::vector<LinearCase> cases{
      {"sure", {{"divergence", exact}, {"tau", tau}}, 0.25, {}},
      {"sure", {{"tau", tau}}, 0.25, own_noise(NoiseType::kGaussian, 1)},
      {"sure", {{"tau", tau}, {"probe", signs}}, 0.25, own_noise(NoiseType::kRademacher, 1)}};
  for (const LinearCase& c : cases) {
    const Mean mean = mean_of(c), risk = mean_of(c, 0);
    expect_equal(mean.gradient, risk_gradient(kW, 0.0625), "objective");
    expect_equal(risk.gradient, risk_gradient(kW, 0.0625), "risk");
    EXPECT_NEAR(mean.loss, risk_value(kW, 0.0625), kRounding);
    EXPECT_NEAR(risk.loss, risk_value(kW, 0.0625), kRounding);
  }
}

TEST(LinearExpectation, OfSureWithAnotherSigmaIsOffByItsDivergenceTerm) {
  // Half the standard deviation: 2/n (1/4 - 1) sigma^2 I is missing.
  const LinearCase c{"sure", {{"divergence", std::string("exact")}, {"sigma", 0.25}}, 0.5, {}};
  const Matrix want = risk_gradient(kW, 0.25) + times(2.0 / kPixels * (0.0625 - 0.25), identity());
  expect_equal(mean_of(c).gradient, want, "objective");
  expect_different(want, risk_gradient(kW, 0.25));
}

TEST(LinearExpectation, OfR2RIsTheSupervisedGradientAtItsNoisierInput) {
  for (const double alpha : {0.5, 1.0, 2.0}) {
    const double sigma = 0.5, variance = sigma * sigma, input = variance * (1 + alpha * alpha);
    const LinearCase c{"r2r", {{"alpha", alpha}}, sigma, own_noise(NoiseType::kGaussian, alpha * sigma)};
    const Mean mean = mean_of(c), risk = mean_of(c, 0), at_y = mean_of(c, 1);
    expect_equal(mean.gradient, risk_gradient(kW, input), "objective");
    expect_equal(risk.gradient, risk_gradient(kW, input), "risk");
    expect_equal(at_y.gradient, risk_gradient(kW, variance), "risk at y");
    expect_different(mean.gradient, at_y.gradient);
    EXPECT_NEAR(risk.loss, risk_value(kW, input), kRounding);
    // The target's noise: sigma^2 (1 + 1 / alpha^2) for each pixel.
    EXPECT_NEAR(mean.loss, risk.loss + variance * (1 + 1 / (alpha * alpha)), kRounding);
  }
}

// With xhat = V z, V = (W - (1 - a) I) / a: a^2 times the gradient by W of its risk, which is a times the one
// by V; and a^2 sigma^2 (1 + 1 / alpha^2) for the noise of its target.
TEST(LinearExpectation, OfNoisier2NoiseIsThatOfItsCorrectedOutput) {
  for (const double alpha : {0.5, 1.0, 2.0}) {
    const double sigma = 0.5, variance = sigma * sigma, input = variance * (1 + alpha * alpha);
    const double a = alpha * alpha / (1 + alpha * alpha);
    const LinearCase c{
        "noisier2noise", {{"alpha", alpha}}, sigma, own_noise(NoiseType::kGaussian, alpha * sigma)};
    const Mean mean = mean_of(c);
    const Matrix corrected = times(1 / a, kW + times(a - 1, identity()));
    const Matrix want = times(a, risk_gradient(corrected, input));
    expect_equal(mean.gradient, want, "objective");
    EXPECT_NEAR(mean.loss, a * a * (risk_value(corrected, input) + variance * (1 + 1 / (alpha * alpha))),
                kRounding);
    const Mean raw = mean_of(c, 1);
    expect_equal(raw.gradient, risk_gradient(kW, input), "raw");
    expect_different(mean.gradient, raw.gradient);
    if (alpha == 1) {  // a = 1/2 is a float; with the others the risk's target is rounded to 2^-24
      const Mean risk = mean_of(c, 0);
      expect_equal(risk.gradient, want, "risk");
      EXPECT_NEAR(risk.loss, a * a * risk_value(corrected, input), kRounding);
    }
  }
}

}  // namespace
}  // namespace selfsame
