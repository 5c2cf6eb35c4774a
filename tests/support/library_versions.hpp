// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/base/error.hpp"

namespace selfsame::contract {

/// The names of versions without that of a library that `load` cannot load, which is said. A library that is
/// loaded is counted by the workspace of its op from then on.
template <typename Load>
std::vector<std::string> without_missing_library(std::vector<std::string> names, std::string_view library,
                                                 const Load& load) {
  if (std::ranges::find(names, library) != names.end()) {
    try {
      load();
    } catch (const Error& error) {
      std::cout << "left out: " << error.what() << "\n";
      std::erase(names, library);
    }
  }
  return names;
}

}  // namespace selfsame::contract
