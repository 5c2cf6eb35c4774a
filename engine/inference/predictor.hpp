// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <list>
#include <memory>
#include <span>

#include "kernels/device/memory_plan.hpp"
#include "kernels/device/mirrored_buffer.hpp"
#include "kernels/device/stream.hpp"
#include "losses/objective.hpp"
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

  /// Makes the objective that the network was trained with, which knows how it is used on measurements
  /// (Objective::predict). Every shape of images has one of its own.
  using ObjectiveMaker = std::function<std::unique_ptr<Objective>()>;

  /// @param dtype      of the network's activations, float or bf16
  /// @param objective  none: the prediction is the network's output
  Predictor(const Model& model, Stream& stream, DType dtype = DType::kF32,
            std::int64_t tile_pixels = kDefaultTilePixels, ObjectiveMaker objective = {});

  /// The weights, to be filled on the host by a checkpoint, then upload_weights; or by copy_weights.
  [[nodiscard]] Parameters& parameters() { return parameters_; }
  void upload_weights() { parameters_.to_device(stream_); }
  /// Takes the weights of one lane from memory of the stream's device: `values` has lane_size() floats,
  /// `buffers` buffer_lane_size().
  void copy_weights(const float* values, const float* buffers);

  /// On the host: output(n, out_channels, h, w) of input(n, in_channels, h, w); row-major planes, not
  /// clipped. What an objective draws at test time is a function of the image alone. Errors: Error(kData) if
  /// the image is smaller than the network accepts.
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
    std::unique_ptr<Objective> objective;  // empty: the network's output is the prediction
    MirroredBuffer origins;
  };
  /// Where the samples that are run together lie: whole images, or a window of one.
  struct Place {
    std::int64_t image_h, image_w, top, left;
    std::span<const std::uint32_t> images;  // a number for each, made from its pixels
  };
  Pass& pass_for(std::int64_t n, std::int64_t h, std::int64_t w);
  void predict_whole(float* output, const float* input, std::int64_t n, std::int64_t h, std::int64_t w,
                     const Place& place);
  ConstTensorView corrected(Pass& pass, const Place& place);
  void predict_tiles(float* output, const float* input, std::int64_t h, std::int64_t w, std::uint32_t image);

  const Model& model_;
  Stream& stream_;
  DType dtype_;
  std::int64_t tile_pixels_;
  ObjectiveMaker objective_;
  Parameters parameters_;
  std::list<Pass> passes_;  // most recently used first
};

}  // namespace selfsame
