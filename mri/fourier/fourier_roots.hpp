// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/device/stream.hpp"

namespace selfsame {

/// exp(-2 pi i m / n) for m = 0 ... n-1, real and imaginary parts interleaved, computed in double and rounded
/// to float; after them, if a line fits, the tables of the steps of make_line_plan(n): some of the same
/// numbers in the steps' order. Memory of the stream's device. Made at the first call for a device and n, and
/// kept to the end of the process. Errors: Error(kInternal) if it would have to be made while the stream
/// records a graph.
[[nodiscard]] const float* fourier_roots(std::int64_t n, Stream& stream);

}  // namespace selfsame
