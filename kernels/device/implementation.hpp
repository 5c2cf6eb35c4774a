// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "kernels/base/error.hpp"
#include "kernels/device/stream.hpp"

namespace selfsame {

/// Picks from an op's list of implementations, best first, reference last. `Implementation` is a struct with
/// at least
///
///   const char* name;                      // by mechanism: "avx512", "onednn", "reference"
///   bool (*supports)(const Problem&);      // shape, type, block and processor
///   DeviceKind device;                     // where it runs
///
/// and one function pointer per pass. The first on the stream's device that supports the problem wins, or the
/// one the stream was asked for: a name that is in the list but does not support the problem is an error, and
/// a name that the list does not know is skipped when it was asked for with "*" (an op without a oneDNN
/// version still runs).
template <typename Implementation, typename Problem>
const Implementation& select_implementation(std::string_view op, std::span<const Implementation> list,
                                            const Problem& problem, const Stream& stream) {
  if (const std::string_view wanted = stream.requested(op); !wanted.empty()) {
    for (const Implementation& implementation : list) {
      if (implementation.device == stream.device() && wanted == implementation.name) {
        SELFSAME_CHECK(implementation.supports(problem),
                       "{}: implementation '{}' does not support this problem", op, wanted);
        return implementation;
      }
    }
  }
  for (const Implementation& implementation : list) {
    if (implementation.device == stream.device() && implementation.supports(problem)) {
      return implementation;
    }
  }
  fail(ErrorKind::kInternal, "{}: no implementation on device {} supports this problem", op,
       name_of(stream.device()));
}

}  // namespace selfsame
