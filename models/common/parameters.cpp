// SPDX-License-Identifier: Apache-2.0
#include "models/common/parameters.hpp"

#include <cmath>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

constexpr std::int64_t kAlignment = 16;  // elements; 64 bytes of float

/// FNV-1a: names a tensor's random stream independently of the order in which tensors are declared.
std::uint32_t name_hash(const std::string& name) {
  std::uint32_t hash = 2166136261u;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  return hash;
}

template <typename Real>
void fill(Real* to, const ParameterInfo& info, std::uint64_t seed) {
  const RandomStream random(seed, RandomPurpose::kInitialWeights, 0, name_hash(info.name));
  for (std::int64_t i = 0; i < info.count(); ++i) {
    to[i] = info.initial.bound > 0
                ? static_cast<Real>((2.0f * random.uniform(static_cast<std::uint64_t>(i)) - 1.0f) *
                                    info.initial.bound)
                : static_cast<Real>(info.initial.constant);
  }
}

}  // namespace

Initialisation Initialisation::fan_in(std::int64_t fan_in) {
  return {static_cast<float>(1.0 / std::sqrt(static_cast<double>(fan_in))), 0.0f};
}

std::int64_t ParameterInfo::count() const {
  std::int64_t n = 1;
  for (const std::int64_t d : shape) {
    n *= d;
  }
  return n;
}

int ParameterTable::add(std::string name, std::vector<std::int64_t> shape, Initialisation initial,
                        bool trainable) {
  std::int64_t& size = trainable ? trainable_size_ : buffer_size_;
  tensors_.push_back({std::move(name), std::move(shape), initial, trainable, size});
  size += (tensors_.back().count() + kAlignment - 1) / kAlignment * kAlignment;
  return static_cast<int>(tensors_.size()) - 1;
}

std::int64_t ParameterTable::trainable_count() const {
  std::int64_t n = 0;
  for (const ParameterInfo& info : tensors_) {
    n += info.trainable ? info.count() : 0;
  }
  return n;
}

Parameters::Parameters(ParameterTable table, std::int64_t lanes, DType dtype, bool gradients,
                       DeviceKind device)
    : table_(std::move(table)),
      lanes_(lanes),
      dtype_(dtype),
      values_(static_cast<std::size_t>(lanes * table_.lane_size(true)) * size_of(dtype), device),
      buffers_(static_cast<std::size_t>(lanes * table_.lane_size(false)) * size_of(dtype), device),
      gradients_(gradients ? values_.bytes() : 0, device) {
  SELFSAME_CHECK(lanes >= 1, "{} lanes", lanes);
}

ParameterView Parameters::value(int index) const {
  const ParameterInfo& info = table_.tensors().at(static_cast<std::size_t>(index));
  std::array<std::int64_t, 4> dims{1, 1, 1, 1};
  SELFSAME_CHECK(info.shape.size() <= dims.size(), "tensor {} has {} dimensions", info.name,
                 info.shape.size());
  std::copy(info.shape.begin(), info.shape.end(), dims.begin());
  const std::int64_t stride = table_.lane_size(info.trainable);
  std::byte* base = (info.trainable ? values_ : buffers_).device<std::byte>();
  return {base + info.offset * static_cast<std::int64_t>(size_of(dtype_)), dtype_, lanes_, dims, stride};
}

ParameterView Parameters::gradient(int index) const {
  ParameterView view = value(index);
  const ParameterInfo& info = table_.tensors()[static_cast<std::size_t>(index)];
  SELFSAME_CHECK(info.trainable && gradients_.data() != nullptr, "tensor {} has no gradient", info.name);
  view.data = gradients_.data() + info.offset * static_cast<std::int64_t>(size_of(dtype_));
  return view;
}

void Parameters::to_device(Stream& stream) const {
  values_.to_device(stream);
  buffers_.to_device(stream);
}

void Parameters::to_host(Stream& stream) const {
  values_.to_host(stream);
  buffers_.to_host(stream);
}

void Parameters::clear_gradients(Stream& stream) {
  stream.queue().fill(gradients_.data(), 0, gradients_.bytes());
}

void Parameters::initialise(std::int64_t lane, std::uint64_t seed) {
  for (int i = 0; i < static_cast<int>(table_.tensors().size()); ++i) {
    const ParameterInfo& info = table_.tensors()[static_cast<std::size_t>(i)];
    dtype_ == DType::kF64 ? fill(lane_value<double>(i, lane), info, seed)
                          : fill(lane_value<float>(i, lane), info, seed);
  }
}

}  // namespace selfsame
