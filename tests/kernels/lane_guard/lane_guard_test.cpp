// SPDX-License-Identifier: Apache-2.0
#include "kernels/lane_guard/lane_guard.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/device/mirrored_buffer.hpp"
#include "kernels/reduction/reduction.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

struct Judged {
  std::vector<LaneVerdict> verdicts;
  std::vector<OptimizerFactors> factors;
};

Judged judge(const std::vector<double>& losses, const std::vector<double>& squares, double clip_norm,
             double active = 1.0) {
  Stream stream(contract::test_device(), 1);
  const std::size_t lanes = squares.size();
  const MirroredBuffer verdicts(lanes * sizeof(LaneVerdict), stream.device()),
      factors(lanes * sizeof(OptimizerFactors), stream.device()),
      sample_losses(losses.size() * sizeof(double), stream.device()),
      square_sums(lanes * sizeof(double), stream.device());
  std::copy(losses.begin(), losses.end(), sample_losses.host<double>());
  std::copy(squares.begin(), squares.end(), square_sums.host<double>());
  for (std::size_t l = 0; l < lanes; ++l) {
    factors.host<OptimizerFactors>()[l] = optimizer_factors({}, {}, 0);
    factors.host<OptimizerFactors>()[l].active = active;
  }
  for (const MirroredBuffer* b : {&factors, &sample_losses, &square_sums}) {
    b->to_device(stream);
  }
  judge_lanes(verdicts.device<LaneVerdict>(), factors.device<OptimizerFactors>(),
              sample_losses.device<double>(), square_sums.device<double>(),
              static_cast<std::int64_t>(losses.size() / lanes), static_cast<std::int64_t>(lanes), clip_norm,
              stream);
  verdicts.to_host(stream);
  factors.to_host(stream);
  stream.synchronize();
  return {{verdicts.host<LaneVerdict>(), verdicts.host<LaneVerdict>() + lanes},
          {factors.host<OptimizerFactors>(), factors.host<OptimizerFactors>() + lanes}};
}

TEST(LaneGuard, OnEveryDeviceGivesMeanNormAndClipFactor) {
  std::vector<double> losses, squares;
  for (int i = 0; i < 80; ++i) {  // 40 lanes: more than one warp
    losses.push_back(0.1 * i);
    if (i % 2 == 0) {
      squares.push_back(0.3 * i);
    }
  }
  for (const double clip : {0.0, 1.0}) {
    const Judged judged = judge(losses, squares, clip);
    for (std::size_t l = 0; l < squares.size(); ++l) {
      EXPECT_EQ(judged.verdicts[l].loss, (losses[2 * l] + losses[2 * l + 1]) / 2);
      EXPECT_EQ(judged.verdicts[l].gradient_norm, std::sqrt(squares[l]));
      EXPECT_EQ(judged.verdicts[l].finite, 1.0);
      EXPECT_EQ(judged.factors[l].gradient_scale, clip > 0 ? clip_factor(squares[l], clip) : 1.0);
      EXPECT_EQ(judged.factors[l].active, 1.0);
    }
  }
}

TEST(LaneGuard, OnEveryDeviceStopsTheLaneThatIsNotFiniteAndNoOther) {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  const Judged judged = judge({1, nan, infinity, 1, 1}, {1, 1, 1, infinity, nan}, 0.5);
  for (std::size_t l = 0; l < 5; ++l) {
    EXPECT_EQ(judged.verdicts[l].finite, l == 0 ? 1.0 : 0.0) << l;
    EXPECT_EQ(judged.factors[l].active, l == 0 ? 1.0 : 0.0) << l;
  }
}

TEST(LaneGuard, OnEveryDeviceNeverWakesALane) { EXPECT_EQ(judge({1}, {1}, 0, 0.0).factors[0].active, 0.0); }

TEST(LaneGuard, RefusesNoSamples) {
  Stream stream(DeviceKind::kCpu, 1);
  EXPECT_THROW(judge_lanes(nullptr, nullptr, nullptr, nullptr, 0, 1, 0, stream), Error);
}

}  // namespace
}  // namespace selfsame
