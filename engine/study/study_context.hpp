// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "engine/run/environment.hpp"

namespace selfsame {

/// What a result file says beside the numbers.
struct StudyContext {
  std::string name, command, device, date, config;  ///< date: YYYY-MM-DD, UTC; config: the resolved JSON text
  std::int64_t seed = 0;
  int threads = 0;
  double seconds = 0;
  Environment environment;
};

}  // namespace selfsame
