// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <list>
#include <memory>
#include <span>

#include "kernels/device/memory_plan.hpp"
#include "kernels/device/stream.hpp"
#include "models/network.hpp"

namespace selfsame {

/// Runs a trained network on images of any size. Owns a copy of one lane's weights.
///
/// Images of more than `tile_pixels` pixels are cut into overlapping tiles whose results are blended with
/// linear ramps, so that memory is bounded. Pixels that see the edge of a tile are left to its neighbour
/// where the overlap is wide enough: networks without instance norm then give what they give for the whole
/// image. Instance norm sees a tile's statistics and not the image's: results differ slightly.
class Predictor {
 public:
  static constexpr std::int64_t kDefaultTilePixels = 1024 * 1024;

  /// @param dtype  of the network's activations, float or bf16
  Predictor(const Model& model, Stream& stream, DType dtype = DType::kF32,
            std::int64_t tile_pixels = kDefaultTilePixels);

  /// The weights, to be filled on the host by a checkpoint, then upload_weights; or by copy_weights.
  [[nodiscard]] Parameters& parameters() { return parameters_; }
  void upload_weights() { parameters_.to_device(stream_); }
  /// Takes the weights of one lane from memory of the stream's device: `values` has lane_size() floats,
  /// `buffers` buffer_lane_size().
  void copy_weights(const float* values, const float* buffers);

  /// On the host: output(n, out_channels, h, w) = network(input(n, in_channels, h, w)); row-major planes, not
  /// clipped. Errors: Error(kData) if the image is smaller than the network accepts.
  void predict(float* output, const float* input, std::int64_t n, std::int64_t h, std::int64_t w);

  /// Takes the memory for this shape now, so that a run's plan knows of it.
  void prepare(std::int64_t n, std::int64_t h, std::int64_t w) { (void)pass_for(n, h, w); }
  /// Bytes of the weights and of the passes held now.
  [[nodiscard]] std::size_t bytes() const;

  /// Samples of this size that are best run at a time.
  [[nodiscard]] static std::int64_t batch_for(std::int64_t h, std::int64_t w);

 private:
  struct Pass {  // a network planned for one shape
    std::int64_t n, h, w;
    MemoryPlan plan;
    TensorView* input = nullptr;
    std::unique_ptr<Network> network;
  };
  Pass& pass_for(std::int64_t n, std::int64_t h, std::int64_t w);
  void predict_whole(float* output, const float* input, std::int64_t n, std::int64_t h, std::int64_t w);
  void predict_tiles(float* output, const float* input, std::int64_t h, std::int64_t w);

  const Model& model_;
  Stream& stream_;
  DType dtype_;
  std::int64_t tile_pixels_;
  Parameters parameters_;
  std::list<Pass> passes_;  // most recently used first
};

}  // namespace selfsame
