// SPDX-License-Identifier: Apache-2.0
#include "tests/support/guarded.hpp"

#include <cstring>
#include <limits>

namespace selfsame::contract {
namespace {

/// Where a gap element lies decides its pattern, so that a shifted copy of a gap is found too.
void fill_pattern(std::byte* data, std::size_t first, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    data[first + i] = GuardedBuffer::pattern(first + i);
  }
}

bool holds_pattern(const std::byte* data, std::size_t first, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (data[first + i] != GuardedBuffer::pattern(first + i)) {
      return false;
    }
  }
  return true;
}

double load(const void* data, DType dtype, std::int64_t i) {
  return dtype == DType::kF64    ? static_cast<const double*>(data)[i]
         : dtype == DType::kBF16 ? static_cast<double>(to_float(static_cast<const bf16*>(data)[i]))
                                 : static_cast<double>(static_cast<const float*>(data)[i]);
}

void store(void* data, DType dtype, std::int64_t i, double value) {
  if (dtype == DType::kF64) {
    static_cast<double*>(data)[i] = value;
  } else if (dtype == DType::kBF16) {
    static_cast<bf16*>(data)[i] = to_bf16(static_cast<float>(value));
  } else {
    static_cast<float*>(data)[i] = static_cast<float>(value);
  }
}

std::size_t elements(std::int64_t count, DType dtype) {
  return static_cast<std::size_t>(count) * size_of(dtype);
}

/// Calls f(offset, index in logical order) for every element.
template <typename F>
void for_each_element(const TensorView& view, F&& f) {
  std::size_t i = 0;
  for (std::int64_t n = 0; n < view.shape.n; ++n) {
    for (std::int64_t c = 0; c < view.shape.c; ++c) {
      for (std::int64_t h = 0; h < view.shape.h; ++h) {
        for (std::int64_t w = 0; w < view.shape.w; ++w) {
          f(view.offset(n, c, h, w), i++);
        }
      }
    }
  }
}

TensorView layout(Shape4 shape, DType dtype, int block, std::int64_t split, std::int64_t gap) {
  TensorView view(nullptr, dtype, shape, block, split);
  view.sample_stride += gap;
  return view;
}

}  // namespace

GuardedBuffer::GuardedBuffer(std::size_t bytes, DeviceKind device)
    : bytes_(bytes),
      stored_((bytes + 63) / 64 * 64),
      memory_(stored_ + 2 * kGuardBytes),
      device_memory_(device == DeviceKind::kCpu ? 0 : memory_.bytes(), device) {
  fill_pattern(memory_.data(), 0, memory_.bytes());
}

void GuardedBuffer::upload(Stream& stream) const {
  if (device_memory_.data() != nullptr) {
    stream.upload(device_memory_.data(), memory_.data(), memory_.bytes());
  }
}

void GuardedBuffer::download(Stream& stream) const {
  if (device_memory_.data() != nullptr) {
    stream.download(memory_.data(), device_memory_.data(), memory_.bytes());
  }
}

bool GuardedBuffer::guards_intact() const {
  const std::size_t after = kGuardBytes + bytes_;
  return holds_pattern(memory_.data(), 0, kGuardBytes) &&
         holds_pattern(memory_.data(), after, memory_.bytes() - after);
}

GuardedTensor::GuardedTensor(Shape4 shape, DType dtype, int block, std::int64_t split, std::int64_t gap,
                             DeviceKind device)
    : view_(layout(shape, dtype, block, split, gap)),
      buffer_(elements(view_.sample_stride * shape.n, dtype), device) {
  view_.data = buffer_.data();
  for (std::int64_t n = 0; n < shape.n; ++n) {
    std::memset(buffer_.data() + elements(n * view_.sample_stride, dtype), 0,
                elements(view_.sample_size(), dtype));
    fill_pattern(buffer_.data(), elements(n * view_.sample_stride + view_.sample_size(), dtype),
                 elements(gap, dtype));
  }
}

void GuardedTensor::fill(const std::vector<double>& values) const {
  SELFSAME_CHECK(static_cast<std::int64_t>(values.size()) == view_.shape.count(), "{} values for {}",
                 values.size(), view_.shape.text());
  for (std::int64_t n = 0; n < view_.shape.n; ++n) {
    std::memset(buffer_.data() + elements(n * view_.sample_stride, view_.dtype), 0,
                elements(view_.sample_size(), view_.dtype));
  }
  for_each_element(view_,
                   [&](std::int64_t at, std::size_t i) { store(view_.data, view_.dtype, at, values[i]); });
}

void GuardedTensor::poison() const {
  for (std::int64_t n = 0; n < view_.shape.n; ++n) {
    for (std::int64_t i = 0; i < view_.sample_size(); ++i) {
      store(view_.data, view_.dtype, n * view_.sample_stride + i, std::numeric_limits<double>::quiet_NaN());
    }
  }
}

std::vector<double> GuardedTensor::values() const {
  std::vector<double> values(static_cast<std::size_t>(view_.shape.count()));
  for_each_element(view_,
                   [&](std::int64_t at, std::size_t i) { values[i] = load(view_.data, view_.dtype, at); });
  return values;
}

bool GuardedTensor::gaps_intact() const {
  const std::int64_t size = view_.sample_size(), gap = view_.sample_stride - size;
  for (std::int64_t n = 0; n < view_.shape.n; ++n) {
    if (!holds_pattern(buffer_.data(), elements(n * view_.sample_stride + size, view_.dtype),
                       elements(gap, view_.dtype))) {
      return false;
    }
  }
  return true;
}

bool GuardedTensor::padding_zero() const {
  std::vector<bool> is_padding(static_cast<std::size_t>(view_.sample_size()), true);
  const TensorView first = view_.samples(0, view_.shape.n > 0 ? 1 : 0);
  for_each_element(first,
                   [&](std::int64_t at, std::size_t) { is_padding[static_cast<std::size_t>(at)] = false; });
  for (std::int64_t n = 0; n < view_.shape.n; ++n) {
    for (std::int64_t i = 0; i < view_.sample_size(); ++i) {
      if (is_padding[static_cast<std::size_t>(i)] &&
          !(load(view_.data, view_.dtype, n * view_.sample_stride + i) == 0.0)) {
        return false;
      }
    }
  }
  return true;
}

std::string GuardedTensor::damage() const {
  return !buffer_.guards_intact() ? "a guard band was overwritten"
         : !gaps_intact()         ? "the gap between samples was overwritten"
         : !padding_zero()        ? "a padding channel is not zero"
                                  : "";
}

GuardedParameter::GuardedParameter(std::int64_t lanes, std::array<std::int64_t, 4> dims, DType dtype,
                                   std::int64_t gap, DeviceKind device)
    : view_(nullptr, dtype, lanes, dims, dims[0] * dims[1] * dims[2] * dims[3] + gap),
      buffer_(elements(lanes * view_.lane_stride, dtype), device) {
  view_.data = buffer_.data();
}

void GuardedParameter::fill(const std::vector<double>& values) const {
  SELFSAME_CHECK(static_cast<std::int64_t>(values.size()) == view_.lanes * view_.count(),
                 "{} values for {} x {}", values.size(), view_.lanes, view_.count());
  for (std::int64_t l = 0; l < view_.lanes; ++l) {
    for (std::int64_t i = 0; i < view_.count(); ++i) {
      store(view_.data, view_.dtype, l * view_.lane_stride + i,
            values[static_cast<std::size_t>(l * view_.count() + i)]);
    }
  }
}

std::vector<double> GuardedParameter::values() const {
  std::vector<double> values;
  for (std::int64_t l = 0; l < view_.lanes; ++l) {
    for (std::int64_t i = 0; i < view_.count(); ++i) {
      values.push_back(load(view_.data, view_.dtype, l * view_.lane_stride + i));
    }
  }
  return values;
}

std::string GuardedParameter::damage() const {
  if (!buffer_.guards_intact()) {
    return "a guard band was overwritten";
  }
  for (std::int64_t l = 0; l < view_.lanes; ++l) {
    const std::size_t end = elements(l * view_.lane_stride + view_.count(), view_.dtype);
    if (!holds_pattern(buffer_.data(), end, elements(view_.lane_stride - view_.count(), view_.dtype))) {
      return "the gap between lanes was overwritten";
    }
  }
  return "";
}

}  // namespace selfsame::contract
