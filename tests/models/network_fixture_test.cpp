// SPDX-License-Identifier: Apache-2.0
// U-Net and DnCNN against PyTorch (tests/fixtures/make_network_fixtures.py): output, loss, every parameter
// gradient, evaluation mode, and ten training steps. The double reference pins the definition, float32 the
// kernels that train.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "kernels/optimizer/optimizer.hpp"
#include "kernels/squared_error/squared_error.hpp"
#include "models/network.hpp"
#include "tests/support/fixture.hpp"

namespace selfsame {
namespace {

using test::Fixture;

ModelOptions options_of(const Fixture& f) {
  const auto number = [&](const char* key) { return static_cast<int>(f.integer(key)); };
  if (f.text("network") == "dncnn") {
    return DnCnnOptions{number("in"), number("out"), number("chans"), number("depth")};
  }
  return UNetOptions{number("in"), number("out"), number("chans"), number("pools"),
                     f.text("residual") == "true"};
}

/// A network of the fixture's shape with the fixture's parameters, in one precision.
template <typename Real>
class Case {
 public:
  static constexpr bool kDouble = sizeof(Real) == 8;

  Case(const Fixture& fixture, PassMode mode, int threads = 2)
      : fixture_(fixture),
        stream_(DeviceKind::kCpu, threads),
        model_(make_model(options_of(fixture))),
        parameters_(model_->parameters(), 1, dtype_of<Real>(), true) {
    if (kDouble) {
      stream_.request("*", "reference");
    }
    load();
    const std::vector<std::int64_t>& shape = fixture.tensor("input").shape;
    const Shape4 in{shape[0], shape[1], shape[2], shape[3]};
    const Shape4 out{shape[0], model_->out_channels(), shape[2], shape[3]};
    input_ = plan_.activation("input", in, dtype_of<Real>(), 1, 0);
    target_ = plan_.activation("target", out, dtype_of<Real>(), 1, 0);
    dprediction_ = plan_.activation("dprediction", out, dtype_of<Real>(), 1, 0);
    network_ = model_->build(
        {plan_, parameters_, in.n, in.h, in.w, mode, kDouble ? 1 : 16, threads, dtype_of<Real>()});
    plan_.allocate();
    stream_.reserve_workspace(plan_.bytes(MemoryPlan::Arena::kWorkspace));
  }

  void load() {
    for (std::size_t i = 0; i < parameters_.table().tensors().size(); ++i) {
      const ParameterInfo& info = parameters_.table().tensors()[i];
      const Fixture::Tensor& tensor = fixture_.tensor("parameter/" + info.name);
      EXPECT_EQ(tensor.shape, info.shape) << info.name;
      std::copy(tensor.values.begin(), tensor.values.end(),
                parameters_.lane_value<Real>(static_cast<int>(i), 0));
    }
  }

  /// Forward, loss and backward; returns the loss.
  double step(std::span<const double> input, std::span<const double> target) {
    std::copy(input.begin(), input.end(), input_->as<Real>());
    std::copy(target.begin(), target.end(), target_->as<Real>());
    parameters_.clear_gradients(stream_);
    prediction_ = network_->forward(*input_, stream_);
    std::vector<double> samples(static_cast<std::size_t>(input_->shape.n));
    squared_error(samples, *dprediction_, prediction_, *target_, 1, stream_);
    network_->backward(*dprediction_, stream_);
    double sum = 0;
    for (const double s : samples) {
      sum += s;
    }
    return sum / static_cast<double>(samples.size());
  }

  ConstTensorView forward(std::span<const double> input) {
    std::copy(input.begin(), input.end(), input_->as<Real>());
    return prediction_ = network_->forward(*input_, stream_);
  }

  void adam(std::int64_t step) {
    if (moment1_.empty()) {
      moment1_.resize(static_cast<std::size_t>(parameters_.lane_size()));
      moment2_.resize(moment1_.size());
    }
    const LaneStep lane{1e-3, step, 1.0, true};
    const OptimizerFactors factors = optimizer_factors(OptimizerOptions{}, lane, 0.0);
    optimizer_step(parameters_.values<Real>(), moment1_.data(), moment2_.data(), static_cast<Real*>(nullptr),
                   parameters_.gradients<Real>(), parameters_.lane_size(), 1, &factors, OptimizerOptions{},
                   stream_);
  }

  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  [[nodiscard]] ConstTensorView prediction() const { return prediction_; }

 private:
  const Fixture& fixture_;
  Stream stream_;
  std::unique_ptr<Model> model_;
  Parameters parameters_;
  MemoryPlan plan_;
  std::unique_ptr<Network> network_;
  TensorView *input_, *target_, *dprediction_;
  ConstTensorView prediction_;
  std::vector<Real> moment1_, moment2_;
};

/// ||a - b|| / ||b||
template <typename Real>
double relative_error(const Real* a, const std::vector<double>& b) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double d = static_cast<double>(a[i]) - b[i];
    difference += d * d;
    norm += b[i] * b[i];
  }
  return std::sqrt(difference / norm);
}

class NetworkFixture : public testing::TestWithParam<const char*> {
 protected:
  Fixture fixture_ = Fixture::load(GetParam());

  template <typename Real>
  void expect_gradients(double bound) {
    Case<Real> c(fixture_, PassMode::kTraining);
    const double loss = c.step(fixture_.tensor("input").values, fixture_.tensor("target").values);
    EXPECT_NEAR(loss, fixture_.scalar("loss"), bound * fixture_.scalar("loss"));
    EXPECT_LE(relative_error(c.prediction().template as<Real>(), fixture_.tensor("output").values), bound);
    int compared = 0;
    for (std::size_t i = 0; i < c.parameters().table().tensors().size(); ++i) {
      const ParameterInfo& info = c.parameters().table().tensors()[i];
      const int index = static_cast<int>(i);
      if (info.trainable) {
        EXPECT_LE(relative_error(c.parameters().gradient(index).template lane<Real>(0),
                                 fixture_.tensor("gradient/" + info.name).values),
                  bound)
            << info.name;
      } else {
        EXPECT_LE(relative_error(c.parameters().value(index).template lane<Real>(0),
                                 fixture_.tensor("after/" + info.name).values),
                  bound)
            << info.name;
      }
      ++compared;
    }
    EXPECT_EQ(compared, static_cast<int>(fixture_.names_below("parameter/").size()));
  }

  template <typename Real>
  void expect_training(const char* losses, double bound) {
    Case<Real> c(fixture_, PassMode::kTraining);
    const std::vector<double>& expected = fixture_.tensor(losses).values;
    const std::span<const double> inputs(fixture_.tensor("train/input").values);
    const std::span<const double> targets(fixture_.tensor("train/target").values);
    const std::size_t in = inputs.size() / expected.size(), out = targets.size() / expected.size();
    for (std::size_t t = 0; t < expected.size(); ++t) {
      const double loss = c.step(inputs.subspan(t * in, in), targets.subspan(t * out, out));
      EXPECT_NEAR(loss, expected[t], bound * expected[t]) << "step " << t + 1;
      c.adam(static_cast<std::int64_t>(t) + 1);
    }
  }
};

TEST_P(NetworkFixture, DoubleGradientsEqualPyTorchs) { expect_gradients<double>(1e-10); }

TEST_P(NetworkFixture, FloatGradientsEqualPyTorchs) { expect_gradients<float>(1e-5); }

TEST_P(NetworkFixture, TenDoubleTrainingStepsHavePyTorchsLosses) {
  expect_training<double>("train/loss64", 1e-10);
}

TEST_P(NetworkFixture, TenFloatTrainingStepsHavePyTorchsLosses) {
  expect_training<float>("train/loss32", 1e-4);
}

TEST_P(NetworkFixture, InferenceEqualsPyTorchsEvaluationMode) {
  Case<float> c(fixture_, PassMode::kInference);
  const char* name = fixture_.text("network") == "dncnn" ? "eval/output" : "output";
  const ConstTensorView prediction = c.forward(fixture_.tensor("input").values);
  EXPECT_LE(relative_error(prediction.as<float>(), fixture_.tensor(name).values), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(PyTorch, NetworkFixture, testing::Values("unet_residual", "unet_odd", "dncnn"),
                         [](const auto& fixture) { return std::string(fixture.param); });

struct CountCase {
  UNetOptions options;
  std::int64_t parameters;
};

TEST(Model, ParameterCountsAreThoseOfThePaperAndOfFastMri) {
  const CountCase cases[] = {{{3, 3, 128, 2, true}, 7442179},
                             {{4, 4, 56, 2, true}, 1425988},
                             {{2, 2, 24, 3, false}, 1082210},
                             {{2, 2, 64, 4, false}, 31024386},
                             {{1, 1, 32, 4, false}, 7756097}};
  for (const CountCase& c : cases) {
    EXPECT_EQ(make_unet(c.options)->parameters().trainable_count(), c.parameters)
        << make_unet(c.options)->text();
  }
}

TEST(Model, BackwardInInferenceModeIsRefused) {
  const auto model = make_unet({1, 1, 4, 1, true});
  Parameters parameters(model->parameters(), 1, DType::kF32, false);
  MemoryPlan plan;
  TensorView* input = plan.activation("input", {1, 1, 4, 4}, DType::kF32, 1, 0);
  const auto network = model->build({plan, parameters, 1, 4, 4, PassMode::kInference, 16, 1});
  plan.allocate();
  Stream stream(DeviceKind::kCpu, 1);
  EXPECT_THROW(network->backward(*input, stream), Error);
}

TEST(Model, TooSmallAnImageNamesTheLeastSize) {
  const auto model = make_unet({1, 1, 4, 3, true});
  Parameters parameters(model->parameters(), 1, DType::kF32, false);
  MemoryPlan plan;
  try {
    (void)model->build({plan, parameters, 1, 7, 64, PassMode::kInference, 16, 1});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("at least 8x8"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace selfsame
