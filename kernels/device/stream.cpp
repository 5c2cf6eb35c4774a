// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/stream.hpp"

namespace selfsame {

void Stream::request(std::string_view op, std::string_view implementation) {
  requests_[std::string(op)] = implementation;
}

std::string_view Stream::requested(std::string_view op) const {
  if (const auto it = requests_.find(op); it != requests_.end()) {
    return it->second;
  }
  if (const auto it = requests_.find("*"); it != requests_.end()) {
    return it->second;
  }
  return {};
}

void Stream::reserve_workspace(std::size_t bytes) {
  SELFSAME_CHECK(workspace_used_ == 0, "workspace is in use: {} bytes", workspace_used_);
  if (bytes > workspace_.bytes()) {
    synchronize();          // work that is under way may use the old one
    workspace_ = Buffer();  // give the old one back first: the peak is the larger of the two, not their sum
    workspace_ = Buffer(bytes, device_);
  }
}

void* Scratch::take_bytes(std::size_t bytes) {
  const std::size_t size = rounded(bytes), used = stream_.workspace_used_;
  SELFSAME_CHECK(used + size <= stream_.workspace_.bytes(),
                 "workspace holds {} bytes, {} in use, {} more wanted", stream_.workspace_.bytes(), used,
                 size);
  stream_.workspace_used_ += size;
  return stream_.workspace_.data() + used;
}

}  // namespace selfsame
