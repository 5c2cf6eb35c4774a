// SPDX-License-Identifier: Apache-2.0
// Weights as others publish them, into the reconstruction networks. Checkpoints of runs:
// tests/engine/commands/apply_test.cpp.
#include "engine/inference/load_weights.hpp"

#include <gtest/gtest.h>

#include "engine/checkpoint/pytorch_file.hpp"
#include "kernels/base/error.hpp"
#include "models/recon/reconstruction.hpp"
#include "tests/support/fixture.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame {
namespace {

VarNetOptions tiny_varnet() {
  VarNetOptions o;
  o.cascades = 2;
  o.channels = o.pools = o.map_channels = 2;
  o.map_pools = 1;
  return o;
}

TEST(LoadWeights, TakesAVarNetFromLightning) {
  const SafetensorsFile file = open_weights_file(source_root() / "tests/fixtures/pytorch_varnet.ckpt");
  EXPECT_EQ(shared_prefix(file), "varnet.");
  Parameters parameters(make_reconstruction_model(tiny_varnet())->parameters(), 1, DType::kF32, false);
  EXPECT_EQ(load_weights(parameters, file), "weights with prefix 'varnet.'");
  const test::Fixture fixture = test::Fixture::load("recon_varnet");
  for (std::size_t i = 0; i < parameters.table().tensors().size(); ++i) {
    const std::vector<double>& want =
        fixture.tensor("parameter/" + parameters.table().tensors()[i].name).values;
    const float* got = parameters.lane_value<float>(static_cast<int>(i), 0);
    EXPECT_TRUE(std::equal(want.begin(), want.end(), got)) << parameters.table().tensors()[i].name;
  }
}

TEST(LoadWeights, NamesWhatDoesNotFitAVarNet) {
  VarNetOptions larger = tiny_varnet();
  larger.cascades = 3;
  Parameters parameters(make_reconstruction_model(larger)->parameters(), 1, DType::kF32, false);
  try {
    load_weights(parameters, open_weights_file(source_root() / "tests/fixtures/pytorch_varnet.ckpt"));
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kData);
    EXPECT_NE(std::string(e.what()).find("cascades.2.dc_weight"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace selfsame
