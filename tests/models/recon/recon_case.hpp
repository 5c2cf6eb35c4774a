// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "models/recon/reconstruction.hpp"
#include "tests/support/fixture.hpp"

namespace selfsame::test {

inline ReconstructionOptions recon_options(const Fixture& f) {
  const auto number = [&](const char* key) { return static_cast<int>(f.integer(key)); };
  if (f.text("network") == "recon_unet") {
    return ReconUNetOptions{number("chans"), number("pools")};
  }
  if (f.text("network") == "magnitude_unet") {
    return MagnitudeUNetOptions{number("chans"), number("pools")};
  }
  VarNetOptions o;
  o.cascades = number("cascades");
  o.channels = number("chans");
  o.pools = number("pools");
  o.learned_maps = f.text("learned") == "true";
  o.map_channels = number("map_chans");
  o.map_pools = number("map_pools");
  return o;
}

inline ReconstructionDomain recon_domain(const std::string& name) {
  return name == "kspace"      ? ReconstructionDomain::kKSpace
         : name == "magnitude" ? ReconstructionDomain::kMagnitude
                               : ReconstructionDomain::kImage;
}

/// How a case is run beside what the fixture says.
struct ReconRun {
  PassMode mode = PassMode::kTraining;
  int threads = 2;
  std::int64_t lanes = 1;     ///< the samples and parameters of the fixture once more for every lane
  DType dtype = DType::kF32;  ///< of the U-Nets' activations; in double everything is a reference
  bool nudged = false;  ///< every datum and parameter is off by half a unit in the last place of a float
  /// Factors of the lanes' parameters.
  std::vector<double> scales = {1.0};
};

/// A network on a fixture's numbers, in one of its domains.
template <typename Real>
class ReconCase {
 public:
  static constexpr bool kDouble = sizeof(Real) == 8;

  ReconCase(const Fixture& f, const std::string& domain, ReconRun run = {})
      : fixture_(f),
        run_(run),
        domain_(domain),
        stream_(DeviceKind::kCpu, run.threads),
        model_(make_reconstruction_model(recon_options(f))),
        parameters_(model_->parameters(), run.lanes, dtype_of<Real>(), true) {
    if (kDouble) {
      stream_.request("*", "reference");
    }
    const std::vector<std::int64_t>& k = f.tensor("kspace").shape;
    const std::vector<std::int64_t>& m = f.tensor("mask").shape;
    shape_ = {k[0] * run.lanes, k[1], k[2], k[3] / 2};
    mask_h_ = m[2];
    for (const char* name : {"kspace", "maps", "mask"}) {
      data_[name] = repeated(f.tensor(name).values);
    }
    load();
    const DType dtype = kDouble ? DType::kF64 : run.dtype;
    const NetworkSite network{plan_,
                              parameters_,
                              shape_.n,
                              shape_.h,
                              shape_.w,
                              run.mode,
                              kDouble ? 1 : activation_block(DeviceKind::kCpu, dtype),
                              run.threads,
                              dtype};
    network_ = model_->build({network, shape_.c, mask_h_, recon_domain(domain), stream_});
    plan_.allocate();
    stream_.reserve_workspace(plan_.bytes(MemoryPlan::Arena::kWorkspace));
  }

  /// Parameters of the fixture, scaled per lane.
  void load() {
    for (std::size_t i = 0; i < parameters_.table().tensors().size(); ++i) {
      const ParameterInfo& info = parameters_.table().tensors()[i];
      const Fixture::Tensor& tensor = fixture_.tensor("parameter/" + info.name);
      EXPECT_EQ(tensor.shape, info.shape) << info.name;
      for (std::int64_t lane = 0; lane < run_.lanes; ++lane) {
        const double scale = run_.scales[static_cast<std::size_t>(lane) % run_.scales.size()];
        Real* to = parameters_.lane_value<Real>(static_cast<int>(i), lane);
        for (std::size_t j = 0; j < tensor.values.size(); ++j) {
          to[j] = static_cast<Real>(nudged(scale * tensor.values[j]));
        }
      }
    }
  }

  [[nodiscard]] ReconstructionInput input() {
    const DType dtype = dtype_of<Real>();
    ReconstructionInput in;
    in.kspace = ConstComplexView(data_["kspace"].data(), dtype, shape_);
    in.mask = ConstTensorView(data_["mask"].data(), dtype, {shape_.n, 1, mask_h_, shape_.w}, 1);
    if (model_->needs_maps(recon_domain(domain_))) {
      in.maps = ConstComplexView(data_["maps"].data(), dtype, shape_);
    }
    in.centre_first = fixture_.integer("centre_first");
    in.centre_count = fixture_.integer("centre_count");
    return in;
  }

  std::vector<double> forward() {
    const ConstTensorView p = network_->forward(input(), stream_);
    prediction_shape_ = p.shape;
    return {p.as<Real>(), p.as<Real>() + p.shape.count()};
  }
  /// After forward: the fixture's cotangent, gradients from zero.
  void backward() {
    cotangent_ = repeated(fixture_.tensor(domain_ + "/cotangent").values);
    parameters_.clear_gradients(stream_);
    backward_again();
  }
  /// With the same cotangent, on top of the gradients.
  void backward_again() {
    network_->backward(ConstTensorView(cotangent_.data(), dtype_of<Real>(), prediction_shape_, 1), stream_);
  }
  /// <cotangent, prediction>
  double value() {
    const std::vector<double> p = forward();
    const std::vector<double>& c = fixture_.tensor(domain_ + "/cotangent").values;
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      sum += p[i] * c[i % c.size()];
    }
    return sum;
  }

  [[nodiscard]] std::vector<double> gradient(int index, std::int64_t lane = 0) const {
    const ParameterView g = parameters_.gradient(index);
    const Real* values = g.template lane<Real>(lane);
    return {values, values + g.count()};
  }
  [[nodiscard]] Parameters& parameters() { return parameters_; }
  [[nodiscard]] const MemoryPlan& plan() const { return plan_; }
  [[nodiscard]] ReconstructionNetwork& network() { return *network_; }
  [[nodiscard]] Stream& stream() { return stream_; }

 private:
  [[nodiscard]] double nudged(double value) {
    if (!run_.nudged) {
      return value;
    }
    return value * (random_() % 2 == 0 ? 1 + 0x1p-24 : 1 - 0x1p-24);
  }
  std::vector<Real> repeated(const std::vector<double>& values) {
    std::vector<Real> all;
    for (std::int64_t lane = 0; lane < run_.lanes; ++lane) {
      for (const double value : values) {
        all.push_back(static_cast<Real>(nudged(value)));
      }
    }
    return all;
  }

  const Fixture& fixture_;
  ReconRun run_;
  std::mt19937 random_{1};
  std::string domain_;
  Stream stream_;
  std::unique_ptr<ReconstructionModel> model_;
  Parameters parameters_;
  MemoryPlan plan_;
  Shape4 shape_, prediction_shape_;
  std::int64_t mask_h_ = 1;
  std::map<std::string, std::vector<Real>> data_;
  std::vector<Real> cotangent_;
  std::unique_ptr<ReconstructionNetwork> network_;
};

/// ||a - b|| / ||b||; of zeros, ||a||.
inline double relative_error(const std::vector<double>& a, const std::vector<double>& b) {
  EXPECT_EQ(a.size(), b.size());
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  return std::sqrt(norm > 0 ? difference / norm : difference);
}

}  // namespace selfsame::test
