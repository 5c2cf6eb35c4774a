// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/denoising_pairs.hpp"

#include <gtest/gtest.h>

#include "losses/registry.hpp"
#include "tests/engine/verify/tiny_pairs.hpp"

namespace selfsame {
namespace {

TEST(DenoisingPairs, AreTheSameForOneLaneAndForEight) {
  TinyImagePairs alone(1), together(8);
  for (const char* name : {"noise2noise", "r2r", "sure", "noise2self"}) {
    const auto one = alone.make(name), eight = together.make(name);
    eight->run(0, 0);
    std::vector<float> before;
    for (std::int64_t m = 0; m < 8; ++m) {
      one->run(m, 0);
      const std::vector<float> ss = numbers_of(*one, one->self_supervised(0));
      EXPECT_EQ(ss, numbers_of(*eight, eight->self_supervised(m))) << name << ", draw " << m;
      EXPECT_EQ(numbers_of(*one, one->supervised(0)), numbers_of(*eight, eight->supervised(m)))
          << name << ", draw " << m;
      EXPECT_NE(ss, before) << "draws must differ";
      EXPECT_GT(norm(ss), 1e-4);
      before = ss;
    }
  }
}

TEST(DenoisingPairs, OfSeveralExamplesAreTheMeansOfSingleOnes) {
  TinyImagePairs alone(6), together(2, 3);
  const auto single = alone.make("noise2noise"), batch = together.make("noise2noise");
  single->run(0, 0);
  batch->run(0, 0);
  for (std::int64_t draw = 0; draw < 2; ++draw) {  // samples [3 draw, 3 draw + 3)
    std::vector<float> mean(numbers_of(*single, single->supervised(0)).size());
    for (std::int64_t i = 0; i < 3; ++i) {
      const std::vector<float> g = numbers_of(*single, single->self_supervised(3 * draw + i));
      for (std::size_t k = 0; k < g.size(); ++k) {
        mean[k] += g[k] / 3;
      }
    }
    // Sums of some hundred floats in another order.
    EXPECT_LT(distance(mean, numbers_of(*batch, batch->self_supervised(draw))), 1e-5 * norm(mean));
  }
}

TEST(DenoisingPairs, AskedForTheRiskAloneGiveTheSame) {
  TinyImagePairs tiny(4);
  const auto pairs = tiny.make("noise2noise");
  pairs->run(12, 0, false);
  const std::vector<float> alone = numbers_of(*pairs, pairs->supervised(3));
  pairs->run(12, 0, true);
  EXPECT_EQ(numbers_of(*pairs, pairs->supervised(3)), alone);
}

TEST(DenoisingPairs, OfTheSupervisedObjectiveAreEqual) {
  TinyImagePairs tiny(4);
  const auto pairs = tiny.make("supervised");
  pairs->run(0, 0);
  for (std::int64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(numbers_of(*pairs, pairs->self_supervised(i)), numbers_of(*pairs, pairs->supervised(i)));
  }
}

TEST(DenoisingPairs, OfNoise2NoiseWithACleanTargetAreEqualAndWithNoiseLinearInIt) {
  TinyImagePairs tiny(2);
  const auto difference = [&](double sigma) {
    const auto pairs = tiny.make("noise2noise", {{"sigma", sigma}});
    pairs->run(0, 0);
    std::vector<float> d = numbers_of(*pairs, pairs->self_supervised(1));
    const std::vector<float> supervised = numbers_of(*pairs, pairs->supervised(1));
    for (std::size_t i = 0; i < d.size(); ++i) {
      d[i] -= supervised[i];
    }
    return d;
  };
  EXPECT_EQ(norm(difference(0)), 0);
  const std::vector<float> once = difference(0.2);
  std::vector<float> twice = difference(0.4);
  for (float& d : twice) {
    d /= 2;
  }
  EXPECT_GT(norm(once), 0);
  EXPECT_LT(distance(once, twice), 1e-4 * norm(once));
}

/// The gradient against the losses themselves: along its own direction, loss(w + h g) - loss(w - h g).
TEST(DenoisingPairs, AreGradientsOfTheLosses) {
  TinyImagePairs tiny(1);
  DenoisingPairs pairs(tiny.maker.scene(), make_objective("noise2noise", {}, tiny.maker.scene().noise), 1,
                       tiny.stream);
  pairs.set_weights(tiny.point);
  pairs.run(5, 0, true);
  const float* gradient = pairs.self_supervised(0);
  std::vector<float> direction(tiny.point.values.size());
  for (const GradientTensor& t : pairs.tensors()) {
    std::copy_n(gradient + t.offset, t.count, direction.begin() + t.offset);
  }
  const double square = norm(direction) * norm(direction), step = 0.01 / norm(direction);
  const auto loss_at = [&](double h) {
    TrainedPoint moved = tiny.point;
    for (std::size_t i = 0; i < moved.values.size(); ++i) {
      moved.values[i] += static_cast<float>(h) * direction[i];
    }
    pairs.set_weights(moved);
    pairs.run(5, 0, true);
    return pairs.loss(0);
  };
  // A step of 0.01 in weight space: the error of the quotient is of its square; float rounding 1e-7 / 0.01.
  EXPECT_NEAR((loss_at(step) - loss_at(-step)) / (2 * step), square, 0.01 * square);
}

}  // namespace
}  // namespace selfsame
