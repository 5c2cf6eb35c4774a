// SPDX-License-Identifier: Apache-2.0
#include "engine/kspace/reconstructor.hpp"

#include <algorithm>

namespace selfsame {
namespace {

constexpr std::size_t kKeptPasses = 3;

}  // namespace

Reconstructor::Reconstructor(const ReconstructionModel& model, Stream& stream, DType dtype)
    : model_(model),
      stream_(stream),
      dtype_(dtype),
      parameters_(model.parameters(), 1, DType::kF32, false, stream.device()) {}

void Reconstructor::copy_weights(const float* values, const float* buffers) {
  stream_.copy(parameters_.values<float>(), values,
               static_cast<std::size_t>(parameters_.lane_size()) * sizeof(float));
  stream_.copy(parameters_.buffers<float>(), buffers,
               static_cast<std::size_t>(parameters_.buffer_lane_size()) * sizeof(float));
}

std::size_t Reconstructor::bytes() const {
  std::size_t bytes = parameters_.bytes();
  for (const Pass& pass : passes_) {
    bytes += pass.plan.bytes(MemoryPlan::Arena::kActivations);
  }
  return bytes;
}

Reconstructor::Pass& Reconstructor::pass_for(const SliceInput& slice, ReconstructionDomain domain) {
  const auto found = std::find_if(passes_.begin(), passes_.end(), [&](const Pass& p) {
    return p.coils == slice.coils && p.h == slice.h && p.w == slice.w && p.mask_h == slice.mask_h &&
           p.domain == domain;
  });
  if (found != passes_.end()) {
    passes_.splice(passes_.begin(), passes_, found);
    return passes_.front();
  }
  stream_.synchronize();  // the pass that goes may be under way
  while (passes_.size() >= kKeptPasses) {
    passes_.pop_back();
  }
  Pass& pass = passes_.emplace_front();
  pass.coils = slice.coils;
  pass.h = slice.h;
  pass.w = slice.w;
  pass.mask_h = slice.mask_h;
  pass.domain = domain;
  const Shape4 stack{1, slice.coils, slice.h, 2 * slice.w};
  pass.kspace = pass.plan.activation("k-space", stack, DType::kF32, 1, 0);
  if (model_.needs_maps(domain)) {
    pass.maps = pass.plan.activation("coil maps", stack, DType::kF32, 1, 0);
  }
  pass.mask = pass.plan.activation("mask", {1, 1, slice.mask_h, slice.w}, DType::kF32, 1, 0);
  const NetworkSite site{pass.plan,
                         parameters_,
                         1,
                         slice.h,
                         slice.w,
                         PassMode::kInference,
                         activation_block(stream_.device(), dtype_),
                         stream_.pool().threads(),
                         dtype_,
                         stream_.device()};
  pass.network = model_.build({site, slice.coils, slice.mask_h, domain, stream_});
  pass.plan.allocate(stream_.device());
  stream_.reserve_workspace(pass.plan.bytes(MemoryPlan::Arena::kWorkspace));
  return pass;
}

std::vector<float> Reconstructor::predict(const SliceInput& slice, ReconstructionDomain domain) {
  const std::int64_t least = model_.minimum_size();
  if (slice.h < least || slice.w < least) {
    fail(ErrorKind::kData, "a slice of {}x{} is too small: {} needs at least {}x{}", slice.h, slice.w,
         model_.text(), least, least);
  }
  const auto stack = static_cast<std::size_t>(slice.coils * slice.h * slice.w);
  SELFSAME_CHECK(slice.kspace.size() == stack &&
                     slice.mask.size() == static_cast<std::size_t>(slice.mask_h * slice.w) &&
                     (!model_.needs_maps(domain) || slice.maps.size() == stack),
                 "{} coils of {}x{}: {} samples, {} of the mask, {} of the maps", slice.coils, slice.h,
                 slice.w, slice.kspace.size(), slice.mask.size(), slice.maps.size());
  Pass& pass = pass_for(slice, domain);
  stream_.upload(pass.kspace->data, slice.kspace.data(), slice.kspace.size_bytes());
  stream_.upload(pass.mask->data, slice.mask.data(), slice.mask.size_bytes());
  if (pass.maps != nullptr) {
    stream_.upload(pass.maps->data, slice.maps.data(), slice.maps.size_bytes());
  }
  ReconstructionInput input;
  input.kspace = as_complex(*pass.kspace);
  input.mask = *pass.mask;
  if (pass.maps != nullptr) {
    input.maps = as_complex(*pass.maps);
  }
  input.centre_first = slice.centre_first;
  input.centre_count = slice.centre_count;
  const ConstTensorView prediction = pass.network->forward(input, stream_);
  std::vector<float> values(static_cast<std::size_t>(prediction.shape.count()));
  stream_.download(values.data(), prediction.data, values.size() * sizeof(float));
  stream_.synchronize();
  return values;
}

}  // namespace selfsame
