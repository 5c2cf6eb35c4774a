// SPDX-License-Identifier: Apache-2.0
#include "engine/inference/predictor.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace selfsame {
namespace {

constexpr std::size_t kKeptPasses = 4;
constexpr std::int64_t kBatchPixels = 64 * 1024;

/// Equal tiles of one axis: `count` starts, each tile `size` long, neighbours sharing at least `overlap`.
struct Tiles {
  std::int64_t size, count, length;
  [[nodiscard]] std::int64_t start(std::int64_t i) const {
    return count == 1 ? 0 : (length - size) * i / (count - 1);
  }
};

Tiles tile_axis(std::int64_t length, std::int64_t size, std::int64_t overlap) {
  if (length <= size) {
    return {length, 1, length};
  }
  return {size, (length - overlap + size - overlap - 1) / (size - overlap), length};
}

/// Weight of position i in a tile, at edges that have a neighbour: nothing for the first third of the
/// overlap, which saw the tile's edge, then a linear rise over the second. The neighbour does the same from
/// its side, so that one of them has the full weight wherever the other has none.
float ramp(std::int64_t i, const Tiles& tiles, std::int64_t tile, std::int64_t overlap) {
  const std::int64_t margin = overlap / 3, length = overlap - 2 * margin;
  const std::int64_t from_start = tile == 0 ? overlap : i,
                     from_end = tile + 1 == tiles.count ? overlap : tiles.size - 1 - i;
  const std::int64_t inside =
      std::clamp<std::int64_t>(std::min(from_start, from_end) - margin + 1, 0, length + 1);
  return static_cast<float>(inside) / static_cast<float>(length + 1);
}

/// The network of a pass, forward only.
class Handle final : public NetworkHandle {
 public:
  explicit Handle(Network& network) : network_(network) {}
  ConstTensorView forward(ConstTensorView input, Stream& stream) override {
    return network_.forward(input, stream);
  }
  void backward(ConstTensorView /*dprediction*/, Stream& /*stream*/) override {
    fail(ErrorKind::kInternal, "there is no backward at test time");
  }

 private:
  Network& network_;
};

}  // namespace

Predictor::Predictor(const Model& model, Stream& stream, DType dtype, std::int64_t tile_pixels,
                     ObjectiveMaker objective)
    : model_(model),
      stream_(stream),
      dtype_(dtype),
      tile_pixels_(tile_pixels),
      objective_(std::move(objective)),
      parameters_(model.parameters(), 1, DType::kF32, false, stream.device()) {}

void Predictor::copy_weights(const float* values, const float* buffers) {
  stream_.copy(parameters_.values<float>(), values,
               static_cast<std::size_t>(parameters_.lane_size()) * sizeof(float));
  stream_.copy(parameters_.buffers<float>(), buffers,
               static_cast<std::size_t>(parameters_.buffer_lane_size()) * sizeof(float));
}

std::int64_t Predictor::batch_for(std::int64_t h, std::int64_t w) {
  return std::clamp<std::int64_t>(kBatchPixels / std::max<std::int64_t>(1, h * w), 1, 64);
}

std::size_t Predictor::bytes() const {
  std::size_t bytes = parameters_.bytes();
  for (const Pass& pass : passes_) {
    bytes += pass.plan.bytes(MemoryPlan::Arena::kActivations);
  }
  return bytes;
}

Predictor::Pass& Predictor::pass_for(std::int64_t n, std::int64_t h, std::int64_t w) {
  const auto found = std::find_if(passes_.begin(), passes_.end(),
                                  [&](const Pass& p) { return p.n == n && p.h == h && p.w == w; });
  if (found != passes_.end()) {
    passes_.splice(passes_.begin(), passes_, found);
    return passes_.front();
  }
  stream_.synchronize();  // the pass that goes may be under way
  while (passes_.size() >= kKeptPasses) {
    passes_.pop_back();
  }
  Pass& pass = passes_.emplace_front();
  pass.n = n;
  pass.h = h;
  pass.w = w;
  pass.input = pass.plan.activation("input", {n, model_.in_channels(), h, w}, DType::kF32, 1, 0);
  pass.network = model_.build({pass.plan, parameters_, n, h, w, PassMode::kInference,
                               activation_block(stream_.device(), dtype_), stream_.pool().threads(), dtype_,
                               stream_.device()});
  if (objective_) {
    pass.objective = objective_();
    if (pass.objective->corrects()) {
      pass.objective->plan_prediction(pass.plan, pass.input->shape, DType::kF32);
      const auto origins = static_cast<std::size_t>(n * pass.objective->prediction_draws());
      pass.origins = MirroredBuffer(origins * sizeof(SampleOrigin), stream_.device());
    } else {
      pass.objective.reset();
    }
  }
  pass.plan.allocate(stream_.device());
  stream_.reserve_workspace(pass.plan.bytes(MemoryPlan::Arena::kWorkspace));
  return pass;
}

void Predictor::predict(float* output, const float* input, std::int64_t n, std::int64_t h, std::int64_t w) {
  const std::int64_t least = model_.minimum_size();
  if (h < least || w < least) {
    fail(ErrorKind::kData, "an image of {}x{} pixels is too small: {} needs at least {}x{}", h, w,
         model_.text(), least, least);
  }
  const std::int64_t size = model_.in_channels() * h * w;
  std::vector<std::uint32_t> images;
  for (std::int64_t i = 0; i < n; ++i) {
    images.push_back(static_cast<std::uint32_t>(
        XXH3_64bits(input + i * size, static_cast<std::size_t>(size) * sizeof(float))));
  }
  if (h * w <= tile_pixels_) {
    predict_whole(output, input, n, h, w, {h, w, 0, 0, images});
    return;
  }
  for (std::int64_t i = 0; i < n; ++i) {
    predict_tiles(output + i * model_.out_channels() * h * w, input + i * size, h, w,
                  images[static_cast<std::size_t>(i)]);
  }
}

void Predictor::predict_whole(float* output, const float* input, std::int64_t n, std::int64_t h,
                              std::int64_t w, const Place& place) {
  Pass& pass = pass_for(n, h, w);
  stream_.upload(pass.input->data, input,
                 static_cast<std::size_t>(pass.input->shape.count()) * sizeof(float));
  const ConstTensorView result =
      pass.objective == nullptr ? pass.network->forward(*pass.input, stream_) : corrected(pass, place);
  stream_.download(output, result.data, static_cast<std::size_t>(result.shape.count()) * sizeof(float));
  stream_.synchronize();
}

ConstTensorView Predictor::corrected(Pass& pass, const Place& place) {
  const auto count = static_cast<std::size_t>(pass.n * pass.objective->prediction_draws());
  for (std::size_t i = 0; i < count; ++i) {
    SampleOrigin& origin = pass.origins.host<SampleOrigin>()[i];
    origin = {};
    origin.example = place.images[i % place.images.size()];
    origin.draw = static_cast<std::uint32_t>(i / place.images.size());
    origin.image_h = place.image_h;
    origin.image_w = place.image_w;
    origin.top = place.top;
    origin.left = place.left;
  }
  pass.origins.to_device(stream_);
  Handle handle(*pass.network);
  return pass.objective->predict(*pass.input, {pass.origins.device<SampleOrigin>(), count}, handle, stream_);
}

void Predictor::predict_tiles(float* output, const float* input, std::int64_t h, std::int64_t w,
                              std::uint32_t image) {
  const std::int64_t side = std::max<std::int64_t>(
      static_cast<std::int64_t>(std::sqrt(static_cast<double>(tile_pixels_))), 4 * model_.minimum_size());
  // Beyond the context of a network without instance norms a tile's edge is not seen: such a network gives
  // what it gives for the whole image.
  const std::int64_t overlap = std::min(3 * model_.context(), side / 2);
  // A long thin image is cut along its long axis only: the tile is then wider than `side`.
  const std::int64_t tile_h = std::min(h, std::max(side, tile_pixels_ / std::max(side, w)));
  const Tiles rows = tile_axis(h, tile_h, overlap);
  const Tiles cols = tile_axis(w, std::min(w, std::max(side, tile_pixels_ / rows.size)), overlap);
  const std::int64_t in = model_.in_channels(), out = model_.out_channels(), area = rows.size * cols.size;
  std::vector<float> tile_in(static_cast<std::size_t>(in * area)),
      tile_out(static_cast<std::size_t>(out * area));
  std::vector<float> weights(static_cast<std::size_t>(h * w));
  std::fill(output, output + out * h * w, 0.0f);
  for (std::int64_t r = 0; r < rows.count; ++r) {
    for (std::int64_t c = 0; c < cols.count; ++c) {
      const std::int64_t top = rows.start(r), left = cols.start(c);
      for (std::int64_t i = 0; i < in * rows.size; ++i) {
        const float* from = input + (i / rows.size * h + top + i % rows.size) * w + left;
        std::copy(from, from + cols.size, tile_in.data() + i * cols.size);
      }
      predict_whole(tile_out.data(), tile_in.data(), 1, rows.size, cols.size,
                    {h, w, top, left, std::span(&image, 1)});
      for (std::int64_t y = 0; y < rows.size; ++y) {
        const float row_weight = ramp(y, rows, r, overlap);
        for (std::int64_t x = 0; x < cols.size; ++x) {
          const float weight = row_weight * ramp(x, cols, c, overlap);
          const std::int64_t at = (top + y) * w + left + x;
          weights[static_cast<std::size_t>(at)] += weight;
          for (std::int64_t k = 0; k < out; ++k) {
            output[k * h * w + at] +=
                weight * tile_out[static_cast<std::size_t>(k * area + y * cols.size + x)];
          }
        }
      }
    }
  }
  for (std::int64_t k = 0; k < out; ++k) {
    for (std::int64_t i = 0; i < h * w; ++i) {
      output[k * h * w + i] /= weights[static_cast<std::size_t>(i)];
    }
  }
}

}  // namespace selfsame
