// SPDX-License-Identifier: Apache-2.0
#include "engine/inference/load_weights.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/checkpoint/checkpoint_store.hpp"

namespace selfsame {
namespace {

constexpr std::array<const char*, 11> kPrefixes{"",
                                                "model.",
                                                "unet.",
                                                "module.",
                                                "module.unet.",
                                                "module.model.",
                                                "model.unet.",
                                                "model.module.",
                                                "varnet.",
                                                "module.varnet.",
                                                "model.varnet."};

std::ptrdiff_t matches(const ParameterTable& table, const SafetensorsFile& file, const std::string& prefix) {
  return std::count_if(table.tensors().begin(), table.tensors().end(),
                       [&](const ParameterInfo& info) { return file.find(prefix + info.name) != nullptr; });
}

std::vector<TensorDestination> destinations(const Parameters& parameters, const std::string& prefix,
                                            bool buffers) {
  std::vector<TensorDestination> all;
  for (const ParameterInfo& info : parameters.table().tensors()) {
    float* arena = info.trainable ? parameters.host_values<float>() : parameters.host_buffers<float>();
    if (info.trainable || buffers) {
      all.push_back({prefix + info.name, info.shape, arena + info.offset});
    }
  }
  return all;
}

bool is_checkpoint(const SafetensorsFile& file) {
  const auto format = file.metadata().find("format");
  return format != file.metadata().end() && format->second.starts_with("selfsame.checkpoint.");
}

}  // namespace

std::string shared_prefix(const SafetensorsFile& file) {
  std::string longest;
  for (const std::string prefix : kPrefixes) {
    const bool shared =
        std::all_of(file.tensors().begin(), file.tensors().end(), [&](const StoredTensor& tensor) {
          return tensor.name.starts_with(prefix) || tensor.name.starts_with(kLossBuffers);
        });
    longest = shared && prefix.size() > longest.size() ? prefix : longest;
  }
  return longest;
}

std::string load_weights(Parameters& parameters, const SafetensorsFile& file, WeightsChoice choice) {
  if (is_checkpoint(file)) {
    load_into(destinations(parameters, "model.", true), file, "model.", LoadTypes::kFloat32Only);
    const bool averaged =
        choice == WeightsChoice::kAveraged &&
        std::any_of(file.tensors().begin(), file.tensors().end(),
                    [](const StoredTensor& tensor) { return tensor.name.starts_with("ema."); });
    if (averaged) {
      load_into(destinations(parameters, "ema.", false), file, "ema.", LoadTypes::kFloat32Only);
    }
    return averaged ? "moving average" : "weights";
  }
  const std::string prefix =
      *std::max_element(kPrefixes.begin(), kPrefixes.end(), [&](const char* a, const char* b) {
        return matches(parameters.table(), file, a) < matches(parameters.table(), file, b);
      });
  load_into(destinations(parameters, prefix, true), file, prefix, LoadTypes::kAnyFloating);
  return prefix.empty() ? "weights" : fmt::format("weights with prefix '{}'", prefix);
}

}  // namespace selfsame
