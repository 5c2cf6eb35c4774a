// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "engine/checkpoint/safetensors.hpp"
#include "models/common/parameters.hpp"

namespace selfsame {

/// Which weights of a checkpoint that holds both are taken.
enum class WeightsChoice {
  kAveraged,  ///< the moving average (`ema.`) where there is one, else the weights
  kRaw,       ///< the weights of the last step (`model.`)
};

/// PyTorch's counter of batch norm, which no computation here needs.
inline constexpr const char* kBatchCounter = ".num_batches_tracked";

/// Buffers of a loss that Lightning stores beside a network's tensors (`loss.w` of fastMRI's VarNet).
inline constexpr const char* kLossBuffers = "loss.";

/// The prefix that wrappers put before all names (`module.` of DataParallel, `unet.` and `varnet.` of
/// fastMRI's Lightning modules, ...), buffers of a loss aside; empty if there is none.
[[nodiscard]] std::string shared_prefix(const SafetensorsFile& file);

/// Fills lane 0, on the host, from a file of any origin: a checkpoint of a run (tensors `model.NAME`,
/// `ema.NAME`), or weights under their PyTorch names, plain or with one prefix on all: `unet.`, `varnet.`,
/// `module.`, `model.` or two of these. The prefix is the one that fits the most names. Names and shapes must
/// then be the network's, all of them and no others; PyTorch's batch counters are ignored. F64, F16 and BF16
/// are rounded to float32.
///
/// Returns what was taken, for a person: "moving average", "weights" or "weights with prefix 'unet.'".
/// Errors: Error(kData) that lists all missing, unexpected and mismatched names.
std::string load_weights(Parameters& parameters, const SafetensorsFile& file,
                         WeightsChoice choice = WeightsChoice::kAveraged);

}  // namespace selfsame
