// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/pass_gradients.hpp"

#include <algorithm>

namespace selfsame {

PassGradients::PassGradients(TrainingPass& pass, Stream& stream)
    : pass_(pass),
      stream_(stream),
      parameters_(pass.parameters(), pass.lanes(), DType::kF32, true, stream.device()) {
  pass.plan(plan_, parameters_, stream);
  plan_.allocate(stream.device());
  stream.reserve_workspace(plan_.bytes(MemoryPlan::Arena::kWorkspace));
  pass.take_memory(stream);
  losses_ =
      MirroredBuffer(static_cast<std::size_t>(pass.lanes() * pass.batch()) * sizeof(double), stream.device());
  host_.resize(static_cast<std::size_t>(pass.lanes() * parameters_.lane_size()));
}

void PassGradients::set_weights(const TrainedPoint& point) {
  const auto fill = [&](float* lanes, std::int64_t size, const std::vector<float>& from) {
    const auto known = std::min<std::int64_t>(size, static_cast<std::int64_t>(from.size()));
    for (std::int64_t l = 0; l < pass_.lanes(); ++l) {
      std::copy_n(from.data(), known, lanes + l * size);
    }
  };
  for (std::int64_t l = 0; l < pass_.lanes(); ++l) {
    parameters_.initialise(l, 0);  // of an objective's own parameters that the point does not hold
  }
  fill(parameters_.host_values<float>(), parameters_.lane_size(), point.values);
  fill(parameters_.host_buffers<float>(), parameters_.buffer_lane_size(), point.buffers);
  parameters_.to_device(stream_);
  stream_.synchronize();
}

void PassGradients::run() {
  const auto samples = static_cast<std::size_t>(pass_.lanes() * pass_.batch());
  parameters_.clear_gradients(stream_);
  pass_.enqueue({losses_.device<double>(), samples}, stream_);
  losses_.to_host(stream_);
  stream_.download(host_.data(), parameters_.gradients<float>(), host_.size() * sizeof(float));
  stream_.synchronize();
}

std::vector<GradientTensor> PassGradients::tensors() const {
  std::vector<GradientTensor> list;
  for (const ParameterInfo& info : parameters_.table().tensors()) {
    if (info.trainable && !info.name.starts_with("objective.")) {
      list.push_back({info.name, info.offset, info.count()});
    }
  }
  return list;
}

}  // namespace selfsame
