// SPDX-License-Identifier: Apache-2.0
// The reconstruction networks against PyTorch (tests/fixtures/make_recon_fixtures.py): predictions and every
// parameter gradient in every domain; and what else holds: differences, lanes, threads, memory.
#include "models/recon/reconstruction.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <sstream>

#include "kernels/device/philox.hpp"
#include "mri/sense/sense.hpp"
#include "tests/models/recon/recon_case.hpp"
#include "tests/support/allocation_probe.hpp"

namespace selfsame {
namespace {

using test::Fixture;
using test::ReconCase;
using test::ReconRun;
using test::relative_error;

std::vector<std::string> domains_of(const Fixture& f) {
  std::istringstream words(f.text("domains"));
  return {std::istream_iterator<std::string>(words), {}};
}

/// What the networks use here.
std::string sense_version() {
  for (const SenseImplementation& version : sense_implementations()) {
    if (version.device == DeviceKind::kCpu &&
        version.supports({DType::kF32, 16, 16, FourierAxes::kBoth, false})) {
      return version.name;
    }
  }
  return "";
}

class ReconFixture : public testing::TestWithParam<const char*> {
 protected:
  Fixture fixture_ = Fixture::load(std::string("recon_") + GetParam());

  /// The gradient of weight and bias of every layer together: a bias sums up what the weights weigh, and may
  /// cancel to a small part of it, of which rounding knows nothing.
  template <typename Gradient>
  static std::map<std::string, std::vector<double>> by_layer(const std::vector<ParameterInfo>& tensors,
                                                             const Gradient& gradient) {
    std::map<std::string, std::vector<double>> layers;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const std::vector<double> g = gradient(i);
      std::vector<double>& layer = layers[tensors[i].name.substr(0, tensors[i].name.rfind('.'))];
      layer.insert(layer.end(), g.begin(), g.end());
    }
    return layers;
  }
  template <typename Real>
  static std::map<std::string, std::vector<double>> gradients(ReconCase<Real>& c) {
    static_cast<void>(c.forward());
    c.backward();
    return by_layer(c.parameters().table().tensors(),
                    [&](std::size_t i) { return c.gradient(static_cast<int>(i)); });
  }
  [[nodiscard]] std::map<std::string, std::vector<double>> wanted(const std::vector<ParameterInfo>& tensors,
                                                                  const std::string& domain) const {
    return by_layer(tensors, [&](std::size_t i) {
      return fixture_.tensor(domain + "/gradient/" + tensors[i].name).values;
    });
  }
};

TEST_P(ReconFixture, DoubleEqualsPyTorch) {
  for (const std::string& domain : domains_of(fixture_)) {
    SCOPED_TRACE(domain);
    ReconCase<double> c(fixture_, domain);
    EXPECT_LE(relative_error(c.forward(), fixture_.tensor(domain + "/prediction").values), 1e-10);
    c.backward();
    const std::vector<ParameterInfo>& tensors = c.parameters().table().tensors();
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      EXPECT_LE(relative_error(c.gradient(static_cast<int>(i)),
                               fixture_.tensor(domain + "/gradient/" + tensors[i].name).values),
                1e-10)
          << tensors[i].name;
    }
    EXPECT_EQ(tensors.size(), fixture_.names_below("parameter/").size());
  }
}

TEST_P(ReconFixture, FloatEqualsPyTorch) {
  // 1e-5, or what one rounding of data and parameters changes in double, times the square root of the about
  // 200 roundings on the way there and back (three cascades of a dozen layers and transforms).
  const double roundings = std::sqrt(200.0);
  for (const std::string& domain : domains_of(fixture_)) {
    SCOPED_TRACE(domain);
    ReconCase<float> c(fixture_, domain);
    EXPECT_LE(relative_error(c.forward(), fixture_.tensor(domain + "/prediction").values), 1e-5);
    ReconRun nudge;
    nudge.nudged = true;
    ReconCase<double> nudged_case(fixture_, domain, nudge);
    auto got = gradients(c), nudged = gradients(nudged_case);
    for (const auto& [layer, gradient] : wanted(c.parameters().table().tensors(), domain)) {
      EXPECT_LE(relative_error(got[layer], gradient),
                std::max(1e-5, roundings * relative_error(nudged[layer], gradient)))
          << layer;
    }
  }
}

TEST_P(ReconFixture, GradientsAgreeWithDifferences) {
  // L(w + t v) along a random direction of all parameters.
  for (const std::string& domain : domains_of(fixture_)) {
    SCOPED_TRACE(domain);
    ReconCase<double> c(fixture_, domain);
    static_cast<void>(c.forward());
    c.backward();
    double slope = 0;
    std::vector<std::vector<double>> direction;
    const auto tensors = static_cast<int>(c.parameters().table().tensors().size());
    for (int i = 0; i < tensors; ++i) {
      const RandomStream random(7, RandomPurpose::kInitialWeights, 1, static_cast<std::uint32_t>(i));
      const std::vector<double> g = c.gradient(i);
      direction.emplace_back(g.size());
      for (std::size_t j = 0; j < g.size(); ++j) {
        direction.back()[j] = 2.0 * static_cast<double>(random.uniform(j)) - 1.0;
        slope += g[j] * direction.back()[j];
      }
    }
    const auto at = [&](double t) {
      c.load();
      for (int i = 0; i < tensors; ++i) {
        double* w = c.parameters().lane_value<double>(i, 0);
        for (std::size_t j = 0; j < direction[static_cast<std::size_t>(i)].size(); ++j) {
          w[j] += t * direction[static_cast<std::size_t>(i)][j];
        }
      }
      return c.value();
    };
    const auto miss = [&](double t) { return std::abs((at(t) - at(-t)) / (2 * t) - slope); };
    // Behind the normalisations of tiny planes, larger steps pass kinks of the rectifiers; at this one the
    // values' rounding of 1e-16 leaves eight digits.
    EXPECT_LE(miss(1e-8), 1e-5 * std::abs(slope));
  }
}

TEST_P(ReconFixture, InferencePredictsTheSameInLessMemory) {
  const std::string domain = domains_of(fixture_)[0];
  ReconCase<float> training(fixture_, domain);
  ReconCase<float> inference(fixture_, domain, {PassMode::kInference});
  EXPECT_EQ(training.forward(), inference.forward());
  EXPECT_LT(inference.plan().bytes(MemoryPlan::Arena::kActivations),
            training.plan().bytes(MemoryPlan::Arena::kActivations));
  EXPECT_THROW(inference.backward(), Error);
}

TEST_P(ReconFixture, ThreadsDoNotChangeABit) {
  const std::string domain = domains_of(fixture_).back();
  ReconCase<float> one(fixture_, domain, {PassMode::kTraining, 1});
  ReconCase<float> four(fixture_, domain, {PassMode::kTraining, 4});
  EXPECT_EQ(one.forward(), four.forward());
  one.backward();
  four.backward();
  for (std::size_t i = 0; i < one.parameters().table().tensors().size(); ++i) {
    EXPECT_EQ(one.gradient(static_cast<int>(i)), four.gradient(static_cast<int>(i)));
  }
}

TEST_P(ReconFixture, ALaneIsARunAlone) {
  const std::string domain = domains_of(fixture_)[0];
  ReconRun two;
  two.lanes = 2;
  two.scales = {1.0, 0.5};
  ReconCase<float> both(fixture_, domain, two);
  const std::vector<double> predictions = both.forward();
  both.backward();
  for (std::int64_t lane = 0; lane < 2; ++lane) {
    ReconRun alone;
    alone.scales = {two.scales[static_cast<std::size_t>(lane)]};
    ReconCase<float> one(fixture_, domain, alone);
    const std::vector<double> prediction = one.forward();
    const auto begin = predictions.begin() + lane * static_cast<std::ptrdiff_t>(prediction.size());
    EXPECT_TRUE(std::equal(prediction.begin(), prediction.end(), begin)) << "lane " << lane;
    one.backward();
    for (std::size_t i = 0; i < one.parameters().table().tensors().size(); ++i) {
      EXPECT_EQ(one.gradient(static_cast<int>(i)), both.gradient(static_cast<int>(i), lane))
          << "lane " << lane << ", " << one.parameters().table().tensors()[i].name;
    }
  }
}

TEST_P(ReconFixture, StepsRepeatAndBackwardAdds) {
  const std::string domain = domains_of(fixture_)[0];
  ReconCase<float> c(fixture_, domain);
  const std::vector<double> first = c.forward();
  c.backward();
  std::vector<std::vector<double>> gradients;
  for (std::size_t i = 0; i < c.parameters().table().tensors().size(); ++i) {
    gradients.push_back(c.gradient(static_cast<int>(i)));
  }
  EXPECT_EQ(c.forward(), first);
  c.backward();
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    EXPECT_EQ(c.gradient(static_cast<int>(i)), gradients[i]);
  }
}

TEST_P(ReconFixture, Bf16ActivationsStayNear) {
  // Every stored activation is rounded to 8 bits, and the norms of tiny planes amplify that: 0.03 to 0.27 of
  // the gradient were seen. A wrong term or sign would cost 1 or more.
  const std::string domain = domains_of(fixture_)[0];
  ReconRun run;
  run.dtype = DType::kBF16;
  ReconCase<float> c(fixture_, domain, run);
  EXPECT_LE(relative_error(c.forward(), fixture_.tensor(domain + "/prediction").values), 0.1);
  c.backward();
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < c.parameters().table().tensors().size(); ++i) {
    const std::vector<double> g = c.gradient(static_cast<int>(i));
    const std::vector<double>& want =
        fixture_.tensor(domain + "/gradient/" + c.parameters().table().tensors()[i].name).values;
    for (std::size_t j = 0; j < g.size(); ++j) {
      difference += (g[j] - want[j]) * (g[j] - want[j]);
      norm += want[j] * want[j];
    }
  }
  EXPECT_LE(std::sqrt(difference / norm), 0.5);
}

TEST_P(ReconFixture, AStepAllocatesNothing) {
  ReconCase<float> c(fixture_, domains_of(fixture_).back());
  static_cast<void>(c.forward());
  c.backward();  // what is made once is made now
  const ReconstructionInput input = c.input();
  const std::uint64_t before = all_allocations(), buffers = Buffer::usage().allocations;
  static_cast<void>(c.network().forward(input, c.stream()));
  c.backward_again();
  if (sense_version() != "reference") {  // references may allocate
    EXPECT_EQ(all_allocations(), before);
  }
  EXPECT_EQ(Buffer::usage().allocations, buffers);
}

INSTANTIATE_TEST_SUITE_P(PyTorch, ReconFixture,
                         testing::Values("varnet", "varnet_given", "unet_sense", "unet_magnitude"),
                         [](const auto& fixture) { return std::string(fixture.param); });

// ---- the published networks

TEST(ReconstructionModel, CountsOfParametersAreThePublishedOnes) {
  const auto table = [](const ReconstructionOptions& o) {
    return make_reconstruction_model(o)->parameters();
  };
  EXPECT_EQ(table(MagnitudeUNetOptions{}).trainable_count(), 7756097);
  EXPECT_EQ(table(MagnitudeUNetOptions{}).tensors().size(), 24u);
  EXPECT_EQ(table(ReconUNetOptions{64, 4}).trainable_count(), 31024386);
  EXPECT_EQ(table(VarNetOptions{}).trainable_count(), 29936966);
  EXPECT_EQ(table(VarNetOptions{}).tensors().size(), 324u);
  VarNetOptions eight;
  eight.cascades = 8;
  EXPECT_EQ(table(eight).trainable_count(), 20119610);
  VarNetOptions given;
  given.learned_maps = false;
  EXPECT_EQ(table(given).tensors().size(), 300u);
}

TEST(ReconstructionModel, NamesAreThoseOfThePublishedStateDicts) {
  const ParameterTable table = make_reconstruction_model(VarNetOptions{})->parameters();
  const auto name = [&](std::size_t i) { return table.tensors()[i].name; };
  EXPECT_EQ(name(0), "sens_net.norm_unet.unet.down_sample_layers.0.layers.0.weight");
  EXPECT_EQ(name(23), "sens_net.norm_unet.unet.up_conv.3.1.bias");
  EXPECT_EQ(name(24), "cascades.0.dc_weight");
  EXPECT_EQ(name(25), "cascades.0.model.unet.down_sample_layers.0.layers.0.weight");
  EXPECT_EQ(name(33), "cascades.0.model.unet.conv.layers.0.weight");
  EXPECT_EQ(name(35), "cascades.0.model.unet.up_transpose_conv.0.layers.0.weight");
  EXPECT_EQ(name(45), "cascades.0.model.unet.up_conv.3.0.layers.0.weight");
  EXPECT_EQ(name(323), "cascades.11.model.unet.up_conv.3.1.bias");
  EXPECT_EQ(table.tensors()[24].shape, std::vector<std::int64_t>{1});
  EXPECT_EQ(table.tensors()[24].initial.constant, 1.0f);
}

TEST(ReconstructionModel, SaysWhatItNeeds) {
  const auto varnet = make_reconstruction_model(VarNetOptions{});
  EXPECT_FALSE(varnet->needs_maps(ReconstructionDomain::kImage));
  EXPECT_EQ(varnet->minimum_size(), 2);
  EXPECT_EQ(varnet->output(), ReconstructionOutput::kKSpace);
  EXPECT_EQ(varnet->text(), "VarNet, 12 cascades, 18 channels, 4 pools, learned maps (8 channels, 4 pools)");
  const auto unet = make_reconstruction_model(ReconUNetOptions{});
  EXPECT_TRUE(unet->needs_maps(ReconstructionDomain::kMagnitude));
  EXPECT_EQ(unet->minimum_size(), 16);
  EXPECT_FALSE(
      make_reconstruction_model(MagnitudeUNetOptions{})->needs_maps(ReconstructionDomain::kMagnitude));
  // Twelve cascades are twelve times the convolutions of one; transforms are cheap beside them.
  VarNetOptions one;
  one.cascades = 1;
  one.learned_maps = false;
  VarNetOptions two = one;
  two.cascades = 2;
  const double flops = make_reconstruction_model(one)->forward_flops(15, 640, 372);
  EXPECT_DOUBLE_EQ(make_reconstruction_model(two)->forward_flops(15, 640, 372), 2 * flops);
  EXPECT_GT(flops, make_unet({2, 2, 18, 4, false})->forward_flops(640, 384));
}

TEST(ReconstructionModel, WhatDoesNotFitIsAnError) {
  const Fixture f = Fixture::load("recon_unet_magnitude");
  EXPECT_THROW(ReconCase<float>(f, "kspace"), Error);  // a magnitude has no phase
  const Fixture given = Fixture::load("recon_varnet_given");
  ReconCase<float> c(given, "magnitude");
  ReconstructionInput input = c.input();
  input.maps = {};
  EXPECT_THROW(static_cast<void>(c.network().forward(input, c.stream())), Error);
  input = c.input();
  input.kspace.shape.c = 1;
  EXPECT_THROW(static_cast<void>(c.network().forward(input, c.stream())), Error);
  VarNetOptions none;
  none.cascades = 0;
  EXPECT_THROW(static_cast<void>(make_reconstruction_model(none)), Error);
}

}  // namespace
}  // namespace selfsame
