// SPDX-License-Identifier: Apache-2.0
#include "kernels/optimizer/optimizer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "kernels/device/philox.hpp"
#include "kernels/reduction/reduction.hpp"
#include "tests/support/op_contract.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame {
namespace {

const nlohmann::json& fixture() {
  static const nlohmann::json data =
      nlohmann::json::parse(std::ifstream(source_root() / "tests/fixtures/optimizer.json"));
  return data;
}

OptimizerOptions options_of(const nlohmann::json& test) {
  const std::map<std::string, OptimizerType> types = {{"adam", OptimizerType::kAdam},
                                                      {"adamw", OptimizerType::kAdamW},
                                                      {"rmsprop", OptimizerType::kRmsprop},
                                                      {"sgd", OptimizerType::kSgd}};
  const nlohmann::json& o = test.at("options");
  OptimizerOptions options;
  options.type = types.at(test.at("type"));
  options.lr = o.at("lr");
  options.beta1 = o.value("beta1", options.beta1);
  options.beta2 = o.value("beta2", options.beta2);
  options.alpha = o.value("alpha", options.alpha);
  options.eps = o.value("eps", options.eps);
  options.weight_decay = o.value("weight_decay", 0.0);
  options.momentum = o.value("momentum", 0.0);
  options.nesterov = o.value("nesterov", false);
  return options;
}

/// One arena with everything in it.
template <typename Real>
struct Arena {
  std::int64_t lanes, parameters;
  std::vector<Real> values, moment1, moment2, ema, gradients;
  Arena(std::int64_t l, std::int64_t p) : lanes(l), parameters(p) {
    for (auto* array : {&values, &moment1, &moment2, &ema, &gradients}) {
      array->assign(static_cast<std::size_t>(l * p), Real{0});
    }
  }
  /// On the stream's device, with copies there and back.
  void step(std::span<const LaneStep> steps, const OptimizerOptions& options, Stream& stream) {
    std::vector<OptimizerFactors> factors;
    for (const LaneStep& step : steps) {
      factors.push_back(optimizer_factors(options, step, 0.9));
    }
    std::vector<Buffer> buffers;
    const auto there = [&](const void* data, std::size_t bytes) {
      buffers.emplace_back(bytes, stream.device());
      stream.upload(buffers.back().data(), data, bytes);
    };
    const std::array<std::vector<Real>*, 5> arrays{&values, &moment1, &moment2, &ema, &gradients};
    for (const auto* array : arrays) {
      there(array->data(), array->size() * sizeof(Real));
    }
    there(factors.data(), factors.size() * sizeof(OptimizerFactors));
    optimizer_step(buffers[0].as<Real>(), buffers[1].as<Real>(), buffers[2].as<Real>(), buffers[3].as<Real>(),
                   buffers[4].as<Real>(), parameters, lanes, buffers[5].as<OptimizerFactors>(), options,
                   stream);
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      stream.download(arrays[i]->data(), buffers[i].data(), arrays[i]->size() * sizeof(Real));
    }
    stream.synchronize();
  }
};

void fill_with_normals(std::vector<float>& x, std::uint32_t which) {
  const RandomStream random(7, RandomPurpose::kTest, 0, which);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = random.normal(i);
  }
}

/// Largest |value - torch| over all steps and elements of one fixture case, all values being of order one.
template <typename Real>
double largest_difference(const nlohmann::json& test, Stream& stream) {
  const OptimizerOptions options = options_of(test);
  const auto start = fixture().at("start").get<std::vector<double>>();
  const auto gradients = fixture().at("gradients").get<std::vector<std::vector<double>>>();
  Arena<Real> arena(1, static_cast<std::int64_t>(start.size()));
  arena.values.assign(start.begin(), start.end());
  arena.ema = arena.values;
  double worst = 0;
  for (std::size_t t = 0; t < gradients.size(); ++t) {
    arena.gradients.assign(gradients[t].begin(), gradients[t].end());
    LaneStep lane{options.lr, static_cast<std::int64_t>(t) + 1, 1.0, true};
    if (test.at("options").contains("max_norm")) {
      std::vector<float> g(gradients[t].begin(), gradients[t].end());
      double square = 0;
      Stream host(DeviceKind::kCpu, 1);
      host.reserve_workspace(1 << 12);
      sum_of_squares({&square, 1}, g.data(), static_cast<std::int64_t>(g.size()), 1, host);
      lane.gradient_scale = clip_factor(square, test.at("options").at("max_norm"));
      EXPECT_LT(lane.gradient_scale, 1.0);
    }
    arena.step({&lane, 1}, options, stream);
    for (std::size_t i = 0; i < start.size(); ++i) {
      worst = std::max(
          worst, std::abs(static_cast<double>(arena.values[i]) - test.at("values")[t][i].get<double>()));
    }
  }
  for (std::size_t i = 0; i < start.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(arena.ema[i]) - test.at("ema")[i].get<double>()));
  }
  return worst;
}

std::vector<OptimizerOptions> all_rules() {
  std::vector<OptimizerOptions> rules;
  for (const auto& test : fixture().at("cases")) {
    rules.push_back(options_of(test));
  }
  return rules;
}

}  // namespace

TEST(Optimizer, DoubleReferenceMatchesTorchOverTenSteps) {
  Stream stream(DeviceKind::kCpu, 1);
  stream.reserve_workspace(1 << 12);
  ASSERT_GE(fixture().at("cases").size(), 11u);
  for (const auto& test : fixture().at("cases")) {
    // Values of order 1, ten steps, some ten roundings each; the clip factor is made from the float gradient.
    EXPECT_LT(largest_difference<double>(test, stream), 1e-14 * 10) << test.at("type") << test.at("options");
  }
}

TEST(Optimizer, EveryImplementationOnEveryDeviceMatchesTorchInFloat) {
  int ran = 0;
  for (const OptimizerImplementation& version : optimizer_implementations()) {
    if (version.device != contract::test_device() || !version.supports(OptimizerRule::kAdam)) {
      continue;
    }
    ++ran;
    Stream stream(contract::test_device(), 1);
    stream.request("optimizer", version.name);
    stream.reserve_workspace(1 << 12);
    for (const auto& test : fixture().at("cases")) {
      // |value| < 4, one rounding of 2^-24 * 4 per step and update, ten steps, doubled for those within an
      // update.
      EXPECT_LT(largest_difference<float>(test, stream), 20 * 4 * std::ldexp(1.0, -24))
          << version.name << test.at("type") << test.at("options");
    }
  }
  EXPECT_GE(ran, contract::test_device() == DeviceKind::kCpu ? 2 : 1);
}

// More than one chunk, uneven end: every implementation against the reference on the same start.
TEST(Optimizer, ImplementationsOnEveryDeviceAgreeOnLongArenas) {
  constexpr std::int64_t kParameters = 2 * 16384 + 48;
  for (const OptimizerOptions& options : all_rules()) {
    Arena<float> expected(2, kParameters);
    fill_with_normals(expected.values, 0);
    fill_with_normals(expected.gradients, 1);
    for (const OptimizerImplementation& version : optimizer_implementations()) {
      if (version.device != contract::test_device() || !version.supports(OptimizerRule::kAdam)) {
        continue;
      }
      Arena<float> arena(2, kParameters), reference(2, kParameters);
      const LaneStep steps[] = {{0.01, 1, 1.0, true}, {0.02, 5, 0.5, true}};
      for (auto [target, name] : {std::pair{&arena, version.name}, {&reference, "reference"}}) {
        target->values = expected.values;
        target->gradients = expected.gradients;
        Stream stream(target == &reference ? DeviceKind::kCpu : version.device, 2);
        stream.request("optimizer", name);
        target->step(steps, options, stream);
      }
      double worst = 0;
      for (std::size_t i = 0; i < arena.values.size(); ++i) {
        worst = std::max<double>(worst, std::abs(arena.values[i] - reference.values[i]));
      }
      EXPECT_LT(worst, 4 * 5 * std::ldexp(1.0, -24)) << version.name;  // |value| < 5, a few roundings
    }
  }
}

// What makes many runs one batch: bits of a lane do not depend on its neighbours, its place or the threads.
TEST(Optimizer, ALaneOnEveryDeviceIsBitwiseTheSameAlone) {
  constexpr std::int64_t kParameters = 16384 + 32, kLanes = 3;
  for (const OptimizerOptions& options : all_rules()) {
    Arena<float> together(kLanes, kParameters);
    fill_with_normals(together.values, 0);
    fill_with_normals(together.gradients, 1);
    const std::vector<float> start = together.values;
    const LaneStep steps[] = {{0.01, 1, 1.0, true}, {0.02, 9, 0.5, true}, {0.005, 3, 1.0, true}};
    Stream two(contract::test_device(), 2), one(contract::test_device(), 1);
    together.step(steps, options, two);
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      Arena<float> alone(1, kParameters);
      const auto copy = [&](std::vector<float>& to, const std::vector<float>& from) {
        std::copy_n(from.begin() + lane * kParameters, kParameters, to.begin());
      };
      copy(alone.values, start);
      copy(alone.gradients, together.gradients);
      alone.step({steps + lane, 1}, options, one);
      for (auto member :
           {&Arena<float>::values, &Arena<float>::moment1, &Arena<float>::moment2, &Arena<float>::ema}) {
        EXPECT_EQ(std::memcmp((alone.*member).data(), (together.*member).data() + lane * kParameters,
                              kParameters * sizeof(float)),
                  0);
      }
    }
  }
}

TEST(Optimizer, InactiveLanesOnEveryDeviceAreNotTouched) {
  Arena<float> arena(2, 32);
  fill_with_normals(arena.values, 0);
  fill_with_normals(arena.gradients, 1);
  const std::vector<float> start = arena.values;
  const LaneStep steps[] = {{0.01, 0, std::nan(""), false}, {0.01, 1, 1.0, true}};
  Stream stream(contract::test_device(), 2);
  arena.step(steps, {}, stream);
  for (std::size_t i = 0; i < 32; ++i) {
    EXPECT_EQ(arena.values[i], start[i]);
    EXPECT_EQ(arena.moment1[i], 0.0f);
    EXPECT_EQ(arena.ema[i], 0.0f);
    EXPECT_NE(arena.values[i + 32], start[i + 32]);
  }
}

TEST(Optimizer, ArraysThatARuleDoesNotKeepMayBeMissing) {
  std::vector<float> values(16, 1.0f), moment(16), gradients(16, 0.5f);
  Stream stream(DeviceKind::kCpu, 1);
  OptimizerOptions options;
  const auto factors = [&] { return optimizer_factors(options, {0.1, 1, 1.0, true}, 0); };
  options.type = OptimizerType::kSgd;
  OptimizerFactors f = factors();
  optimizer_step(values.data(), nullptr, nullptr, nullptr, gradients.data(), 16, 1, &f, options, stream);
  EXPECT_FLOAT_EQ(values[3], 0.95f);
  options.type = OptimizerType::kRmsprop;
  f = factors();
  optimizer_step(values.data(), nullptr, moment.data(), nullptr, gradients.data(), 16, 1, &f, options,
                 stream);
  options.type = OptimizerType::kAdam;
  f = factors();
  EXPECT_THROW(optimizer_step(values.data(), nullptr, moment.data(), nullptr, gradients.data(), 16, 1, &f,
                              options, stream),
               Error);
}

TEST(Optimizer, RefusesBrokenContracts) {
  Arena<float> arena(1, 16);
  Stream stream(DeviceKind::kCpu, 1);
  const auto attempt = [&](auto change) {
    OptimizerOptions options;
    LaneStep lane{0.1, 1, 1.0, true};
    std::int64_t parameters = 16;
    change(options, lane, parameters);
    const OptimizerFactors factors = optimizer_factors(options, lane, 0);
    optimizer_step(arena.values.data(), arena.moment1.data(), arena.moment2.data(), nullptr,
                   arena.gradients.data(), parameters, 1, &factors, options, stream);
  };
  attempt([](auto&, auto&, auto&) {});
  EXPECT_THROW(attempt([](auto& o, auto&, auto&) { o.beta1 = 1.0; }), Error);
  EXPECT_THROW(attempt([](auto& o, auto&, auto&) { o.weight_decay = -1; }), Error);
  EXPECT_THROW(attempt([](auto&, auto& l, auto&) { l.step = 0; }), Error);
  EXPECT_THROW(attempt([](auto&, auto&, auto& p) { p = 15; }), Error);
}

}  // namespace selfsame
