// SPDX-License-Identifier: Apache-2.0
// How trained networks are used: Objective::predict against what the headers of the objectives say.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>

#include "kernels/blind_spots/blind_spots.hpp"
#include "tests/losses/objective_cases.hpp"

namespace selfsame {
namespace {

const Shape4 kShape{2, 1, 4, 6};

/// Any function of an input tensor as a network.
class FunctionNetwork : public NetworkHandle {
 public:
  using Function = std::function<void(std::vector<double>&)>;  // replaces the numbers of a batch
  explicit FunctionNetwork(Function f) : function_(std::move(f)) {}
  ConstTensorView forward(ConstTensorView input, Stream&) override {
    ++passes;
    output_.assign(input.as<double>(), input.as<double>() + input.shape.count());
    function_(output_);
    return {output_.data(), DType::kF64, input.shape, 1};
  }
  void backward(ConstTensorView, Stream&) override { FAIL() << "there is no backward at test time"; }
  int passes = 0;

 private:
  Function function_;
  std::vector<double> output_;
};

/// An objective planned for test time.
struct Prediction {
  std::unique_ptr<Objective> objective;
  MemoryPlan plan;
  Stream stream{DeviceKind::kCpu, 1};
  std::vector<double> noisy;
  std::vector<SampleOrigin> origins;

  explicit Prediction(const ObjectiveCase& c, const Shape4& shape = kShape) : objective(c.make()) {
    objective->plan_prediction(plan, shape, DType::kF64);
    plan.allocate();
    stream.reserve_workspace(plan.bytes(MemoryPlan::Arena::kWorkspace));
    for (const auto& entry : plan.entries()) {  // fresh memory must not be what makes it right
      double* data = entry.view.as<double>();
      std::fill(data, data + entry.bytes / sizeof(double), std::nan(""));
    }
    for (std::int64_t i = 0; i < shape.count(); ++i) {
      noisy.push_back(0.5 + 0.4 * std::sin(1.3 * static_cast<double>(i)));
    }
    for (int k = 0; k < objective->prediction_draws(); ++k) {
      for (std::uint32_t n = 0; n < shape.n; ++n) {
        SampleOrigin origin;
        origin.example = 10 + n;
        origin.draw = static_cast<std::uint32_t>(k);
        origin.image_h = shape.h;
        origin.image_w = shape.w;
        origins.push_back(origin);
      }
    }
  }
  std::vector<double> run(NetworkHandle& network) {
    const ConstTensorView result =
        objective->predict({noisy.data(), DType::kF64, kShape, 1}, origins, network, stream);
    EXPECT_EQ(result.shape, kShape);
    return {result.as<double>(), result.as<double>() + kShape.count()};
  }
  /// y with this noise at the origins of draw k.
  std::vector<double> disturbed(int k, const NoiseModel& noise) {
    std::vector<double> z(noisy.size());
    const std::span<const SampleOrigin> all(origins);
    add_noise({z.data(), DType::kF64, kShape, 1}, {noisy.data(), DType::kF64, kShape, 1},
              all.subspan(static_cast<std::size_t>(k * kShape.n), static_cast<std::size_t>(kShape.n)),
              RandomPurpose::kObjective, noise, stream);
    return z;
  }
};

/// Some function of each pixel and its left neighbour, curved.
void curved(std::vector<double>& v) {
  for (std::size_t i = v.size(); i-- > 0;) {
    v[i] = std::tanh(v[i] - 0.3) + 0.2 * v[i > 0 ? i - 1 : 0];
  }
}

NoiseModel gaussian(double sigma) {
  NoiseModel noise;
  noise.type = NoiseType::kGaussian;
  noise.sigma = static_cast<float>(sigma);
  return noise;
}

TEST(Predict, IsTheNetworksOutputWhereNothingIsCorrected) {
  int plain = 0;
  for (const ObjectiveInfo& info : objectives()) {
    const ObjectiveCase c{std::string(info.name), "", {}, example_objective(info.name).noise};
    Prediction p(c);
    FunctionNetwork network(curved);
    const std::vector<double> got = p.run(network);
    std::vector<double> want = p.noisy;
    curved(want);
    EXPECT_EQ(got == want, !p.objective->corrects()) << info.name;
    EXPECT_EQ(network.passes == 1, p.objective->prediction_draws() == 1 && info.name != "noise2self")
        << info.name;
    plain += !p.objective->corrects();
  }
  EXPECT_EQ(static_cast<std::size_t>(plain), objectives().size() - 3) << "r2r, noisier2noise, noise2self";
}

TEST(Predict, OfR2RIsTheMeanOverItsDraws) {
  NoiseModel poisson, thinned;
  poisson.type = NoiseType::kPoisson;
  poisson.peak = thinned.peak = 30.0f;
  thinned.type = NoiseType::kBinomialThinning;
  thinned.fraction = 0.2f;
  // alpha 1/2: noise of half the standard deviation, or a fifth of the photons taken away.
  for (const auto& [noise, disturbance] :
       {std::pair{gaussian(0.2), gaussian(0.1)}, std::pair{poisson, thinned}}) {
    Prediction p({"r2r", "", {{"alpha", 0.5}, {"draws", 4.0}}, noise});
    ASSERT_EQ(p.objective->prediction_draws(), 4);
    FunctionNetwork network(curved);
    const std::vector<double> got = p.run(network);
    std::vector<double> want(got.size()), first;
    for (int k = 0; k < 4; ++k) {
      std::vector<double> z = p.disturbed(k, disturbance);
      curved(z);
      for (std::size_t i = 0; i < z.size(); ++i) {
        want[i] += z[i] / 4;
      }
      first = k == 0 ? z : first;
    }
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_NEAR(got[i], want[i], 1e-14);
    }
    EXPECT_NE(got, first) << "one draw only";
    EXPECT_EQ(network.passes, 4);
  }
}

TEST(Predict, OfNoisier2NoiseTakesTheMeasurementBackOut) {
  for (const double alpha : {0.5, 1.0, 2.0}) {
    const double a = alpha * alpha / (1 + alpha * alpha);
    Prediction p({"noisier2noise", "", {{"alpha", alpha}, {"draws", 3.0}}, gaussian(0.2)});
    FunctionNetwork network(curved);
    const std::vector<double> got = p.run(network);
    std::vector<double> want(got.size());
    for (int k = 0; k < 3; ++k) {
      const std::vector<double> z = p.disturbed(k, gaussian(alpha * 0.2));
      std::vector<double> h = z;
      curved(h);
      for (std::size_t i = 0; i < z.size(); ++i) {
        want[i] += ((1 + alpha * alpha) * h[i] - z[i]) / (alpha * alpha) / 3;
      }
    }
    // Coefficients are handed on as float: 2^-24 of numbers up to 1 / a.
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_NEAR(got[i], want[i], 2e-7 / a) << alpha;
    }
    // The network that knows E[y | z] = (1 - a) z + a x gives the image itself, whatever was drawn.
    std::vector<double> image = p.noisy;
    for (double& x : image) {
      x = 1 - x;
    }
    FunctionNetwork knowing([&](std::vector<double>& z) {
      for (std::size_t i = 0; i < z.size(); ++i) {
        z[i] = (1 - a) * z[i] + a * image[i];
      }
    });
    const std::vector<double> found = p.run(knowing);
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_NEAR(found[i], image[i], 4e-7 / a) << alpha;
    }
  }
}

TEST(Predict, OfNoise2SelfTakesEveryPixelFromAPassThatIsBlindToIt) {
  for (const double spacing : {2.0, 3.0, 4.0}) {
    const ObjectiveCase c{"noise2self", "", {{"spacing", spacing}}, gaussian(0.2)};
    Prediction p(c);
    FunctionNetwork network(curved);
    const std::vector<double> got = p.run(network);
    const int s = static_cast<int>(spacing);
    EXPECT_EQ(network.passes, s * s);
    std::vector<double> masked(p.noisy.size()), mask(p.noisy.size());
    std::vector<int> taken(p.noisy.size());
    for (int phase = 0; phase < s * s; ++phase) {
      blind_spots({masked.data(), DType::kF64, kShape, 1}, {mask.data(), DType::kF64, kShape, 1},
                  {p.noisy.data(), DType::kF64, kShape, 1}, p.origins,
                  {BlindSpotRule::Kind::kGrid, s, 1, phase}, p.stream);
      std::vector<double> f = masked;
      curved(f);
      for (std::size_t i = 0; i < f.size(); ++i) {
        if (mask[i] != 0) {
          EXPECT_EQ(got[i], f[i]) << "spacing " << s << ", pixel " << i;
          ++taken[i];
        }
      }
    }
    EXPECT_EQ(taken, std::vector<int>(taken.size(), 1));
    // The output at a pixel does not know what was measured there.
    for (std::size_t i = 0; i < got.size(); ++i) {
      Prediction other(c);
      other.noisy[i] += 10;
      const std::vector<double> changed = other.run(network);
      EXPECT_EQ(changed[i], got[i]) << "spacing " << s << ", pixel " << i;
      EXPECT_NE(changed, got) << "but its neighbours do";
    }
  }
}

TEST(Predict, OfNoise2SelfMayBeOnePlainPass) {
  Prediction p({"noise2self", "", {{"prediction", std::string("plain")}}, gaussian(0.2)});
  EXPECT_FALSE(p.objective->corrects());
  FunctionNetwork network(curved);
  std::vector<double> want = p.noisy;
  curved(want);
  EXPECT_EQ(p.run(network), want);
  EXPECT_EQ(network.passes, 1);
}

TEST(Predict, OfABatchIsThatOfItsSamplesAlone) {
  const Shape4 one{1, 1, 4, 6};
  for (const char* name : {"r2r", "noisier2noise", "noise2self"}) {
    const ObjectiveCase c{name, "", {}, gaussian(0.2)};
    const auto pixelwise = [](std::vector<double>& v) {
      for (double& x : v) {
        x = std::tanh(x) + x * x;
      }
    };
    Prediction both(c);
    FunctionNetwork network(pixelwise);
    const std::vector<double> together = both.run(network);
    for (std::size_t n = 0; n < 2; ++n) {
      Prediction alone(c, one);
      const auto size = static_cast<std::ptrdiff_t>(together.size() / 2),
                 at = static_cast<std::ptrdiff_t>(n) * size;
      const std::vector<double> noisy(both.noisy.begin() + at, both.noisy.begin() + at + size);
      for (SampleOrigin& origin : alone.origins) {
        origin.example = 10 + static_cast<std::uint32_t>(n);
      }
      const ConstTensorView got =
          alone.objective->predict({noisy.data(), DType::kF64, one, 1}, alone.origins, network, alone.stream);
      EXPECT_EQ(std::memcmp(got.as<double>(), together.data() + at, noisy.size() * sizeof(double)), 0)
          << name << ", sample " << n;
    }
  }
}

}  // namespace
}  // namespace selfsame
