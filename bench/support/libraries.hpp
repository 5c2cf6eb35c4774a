// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <vector>

#include "bench/support/op_table.hpp"
#include "kernels/conv2d/conv2d.hpp"

// cuDNN and cuBLAS as yardsticks: loaded before anything is planned, left out where they are missing.

namespace selfsame::bench {

/// Loads the libraries whose names are versions of ops on the stream's device. Returns what could not be
/// loaded, with the reason, by version.
[[nodiscard]] std::map<std::string, std::string> load_libraries(Stream& stream);

enum class ConvPass { kForward, kBackwardData, kBackwardWeight };

/// cuDNN on its own layout, NHWC, with no conversion in its time and with the fastest of its deterministic
/// algorithms, found by trying all. By version: "cudnn_nhwc", in float32 without tensor cores, and
/// "cudnn_nhwc_tf32". Empty where there is no cuDNN.
[[nodiscard]] std::vector<std::string> native_versions(Stream& stream, DType dtype);
/// Errors: Error(kDevice) where cuDNN has nothing for the shape.
[[nodiscard]] std::function<void()> native_call(const std::string& version, ConvPass pass,
                                                const ConvShape& shape, Stream& stream);

}  // namespace selfsame::bench
