// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/base/error.hpp"

// The layers of the networks that the kernels are tuned for, one list for all benches:
//   U1    8x1x320x320, U-Net with 32 channels and 4 poolings     902 GFLOP a step
//   U2    16x1x128x128, U-Net with 64 channels and 4 poolings    1154 GFLOP a step
//   S1    1x3x128x128, U-Net with 56 channels and 2 poolings     29 GFLOP a step
//   D2    16x1x128x128, DnCNN of 17 layers with 64 channels      871 GFLOP a step
//   tiny  for trying a bench out

namespace selfsame::bench {

enum class LayerKind {
  kConv3x3,
  kConv1x1,
  kTranspose,  ///< 2x2, stride 2; h and w are those of its input
};

struct Layer {
  std::string name;  ///< "enc1.a"
  LayerKind kind = LayerKind::kConv3x3;
  std::int64_t samples = 1, c = 1, k = 1, h = 1, w = 1;
  std::int64_t split = 0;                       ///< of the input: a concatenation [up, skip]
  bool from_planes = false, to_planes = false;  ///< the network's own input or prediction, block 1
};

/// Where a network normalises, activates and pools: once per convolution of this size.
struct Level {
  std::int64_t samples, c, h, w;
};

struct BenchNetwork {
  std::string name;
  std::vector<Layer> layers;
  std::vector<Level> levels;
  std::int64_t samples, channels, h, w;  ///< of its input
  std::int64_t parameters = 0;
  bool batch_norm = false;
};

inline BenchNetwork unet_layers(std::string name, std::int64_t n, std::int64_t in, std::int64_t size,
                                std::int64_t channels, int pools) {
  BenchNetwork net{std::move(name), {}, {}, n, in, size, size};
  const auto add = [&](std::string layer, LayerKind kind, std::int64_t c, std::int64_t k, std::int64_t at,
                       std::int64_t split = 0) -> Layer& {
    const std::int64_t taps = kind == LayerKind::kConv3x3 ? 9 : kind == LayerKind::kTranspose ? 4 : 1;
    net.parameters += taps * c * k;
    net.layers.push_back({std::move(layer), kind, n, c, k, at, at, split});
    return net.layers.back();
  };
  std::int64_t c = in, k = channels, at = size;
  for (int i = 0; i <= pools; ++i) {
    const std::string level = i < pools ? "enc" + std::to_string(i) : "mid";
    add(level + ".a", LayerKind::kConv3x3, c, k, at).from_planes = i == 0;
    add(level + ".b", LayerKind::kConv3x3, k, k, at);
    net.levels.push_back({n, k, at, at});
    if (i < pools) {
      c = k, k *= 2, at /= 2;
    }
  }
  for (int i = pools - 1; i >= 0; --i) {
    const std::string level = std::to_string(i);
    add("up" + level, LayerKind::kTranspose, k, k / 2, at);
    at *= 2, k /= 2;
    add("dec" + level + ".a", LayerKind::kConv3x3, 2 * k, k, at, k);
    add("dec" + level + ".b", LayerKind::kConv3x3, k, k, at);
  }
  add("head", LayerKind::kConv1x1, channels, in, size).to_planes = true;
  net.parameters += in;
  return net;
}

inline BenchNetwork dncnn_layers(std::string name, std::int64_t n, std::int64_t in, std::int64_t size,
                                 std::int64_t channels, int depth) {
  BenchNetwork net{std::move(name), {}, {{n, channels, size, size}}, n, in, size, size};
  net.batch_norm = true;
  for (int i = 0; i < depth; ++i) {
    Layer layer{"conv" + std::to_string(i), LayerKind::kConv3x3, n, channels, channels, size, size};
    layer.from_planes = i == 0, layer.to_planes = i == depth - 1;
    layer.c = layer.from_planes ? in : channels;
    layer.k = layer.to_planes ? in : channels;
    net.parameters += 9 * layer.c * layer.k + (layer.from_planes || layer.to_planes ? layer.k : 2 * channels);
    net.layers.push_back(layer);
  }
  return net;
}

/// Errors: Error(kUsage) that lists the known names.
inline BenchNetwork bench_network(const std::string& name) {
  if (name == "U1") {
    return unet_layers(name, 8, 1, 320, 32, 4);
  }
  if (name == "U2") {
    return unet_layers(name, 16, 1, 128, 64, 4);
  }
  if (name == "S1") {
    return unet_layers(name, 1, 3, 128, 56, 2);
  }
  if (name == "D2") {
    return dncnn_layers(name, 16, 1, 128, 64, 17);
  }
  if (name == "tiny") {
    return unet_layers(name, 2, 1, 16, 8, 1);
  }
  fail(ErrorKind::kUsage, "network {}: expected U1, U2, S1, D2 or tiny", name);
}

}  // namespace selfsame::bench
