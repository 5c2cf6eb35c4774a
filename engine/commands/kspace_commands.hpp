// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

// What `evaluate` and `apply` do with k-space.

namespace selfsame {

struct KSpaceEvaluateArguments {
  std::string run, checkpoint = "best", data, json, save;
  std::string device = "auto";
  int threads = 0;
  bool tune = false;  ///< choose the weights of the classical methods on the test slices, in their favour
};
[[nodiscard]] int evaluate_kspace(const KSpaceEvaluateArguments& arguments);

struct KSpaceApplyArguments {
  std::string run, weights, model, checkpoint = "best";  ///< a network, or
  std::string method;                                    ///< a classical method by name
  double lambda = -1;                                    ///< its regularisation; negative: its default
  std::string in, out;
  std::string mask;  ///< JSON of /kspace/mask, or "none"; empty: the file's own, or the run's
  std::string maps;  ///< JSON of /kspace/maps; empty: the run's, or ESPIRiT
  std::string device = "auto";
  int threads = 0;
  bool overwrite = false;
};
[[nodiscard]] int apply_kspace(const KSpaceApplyArguments& arguments);

}  // namespace selfsame
