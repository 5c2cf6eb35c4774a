// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/checkpoint_store.hpp"

#include <bit>
#include <cstring>
#include <set>
#include <system_error>

#include "engine/checkpoint/safetensors_header.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kNamesListed = 20;  // of each kind; the count is always given

const char* name_of(CheckpointSlot slot) { return slot == CheckpointSlot::kLast ? "last" : "best"; }

float from_half(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1Fu;
  const std::uint32_t fraction = bits & 0x3FFu;
  if (exponent == 0) {  // zero and subnormals: fraction * 2^-24
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

bool accepted(FileDType type, LoadTypes types) {
  return type == FileDType::kF32 ||
         (types == LoadTypes::kAnyFloating &&
          (type == FileDType::kF64 || type == FileDType::kF16 || type == FileDType::kBF16));
}

template <typename T>
T element(const StoredTensor& tensor, std::size_t i) {
  T value;
  std::memcpy(&value, tensor.bytes.data() + i * sizeof(T), sizeof(T));
  return value;
}

void copy_values(float* to, const StoredTensor& tensor) {
  if (tensor.dtype == FileDType::kF32) {
    if (!tensor.bytes.empty()) {
      std::memcpy(to, tensor.bytes.data(), tensor.bytes.size());
    }
    return;
  }
  const std::size_t count = tensor.bytes.size() / size_of(tensor.dtype);
  for (std::size_t i = 0; i < count; ++i) {
    if (tensor.dtype == FileDType::kF64) {
      to[i] = static_cast<float>(element<double>(tensor, i));
    } else if (tensor.dtype == FileDType::kF16) {
      to[i] = from_half(element<std::uint16_t>(tensor, i));
    } else {
      to[i] = std::bit_cast<float>(static_cast<std::uint32_t>(element<std::uint16_t>(tensor, i)) << 16);
    }
  }
}

void append_list(std::string& message, const char* title, const std::vector<std::string>& lines) {
  if (lines.empty()) {
    return;
  }
  message += fmt::format("\n  {} ({}):", title, lines.size());
  for (std::size_t i = 0; i < lines.size() && i < kNamesListed; ++i) {
    message += "\n    " + lines[i];
  }
  if (lines.size() > kNamesListed) {
    message += fmt::format("\n    and {} more", lines.size() - kNamesListed);
  }
}

}  // namespace

CheckpointStore::CheckpointStore(const fs::path& run_folder) : folder_(run_folder / "checkpoints") {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) {
    fail(ErrorKind::kIo, "{}: cannot be created: {}", folder_.string(), error.message());
  }
  remove_stale_temporaries(folder_);
}

fs::path CheckpointStore::path(CheckpointSlot slot) const {
  return folder_ / fmt::format("{}.safetensors", name_of(slot));
}

fs::path CheckpointStore::previous_path(CheckpointSlot slot) const {
  return folder_ / fmt::format("{}.previous.safetensors", name_of(slot));
}

bool CheckpointStore::exists(CheckpointSlot slot) const {
  std::error_code error;
  return fs::exists(path(slot), error) || fs::exists(previous_path(slot), error);
}

void CheckpointStore::save(CheckpointSlot slot, std::span<const StoredTensor> tensors,
                           const Metadata& state) const {
  AtomicFile file(path(slot));
  write_safetensors(file, tensors, state);
  file.commit_keeping(previous_path(slot));
}

CheckpointStore::Loaded CheckpointStore::load(CheckpointSlot slot) const {
  std::string newest_problem;
  try {
    return {SafetensorsFile::open(path(slot)), ""};
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kData) {
      throw;
    }
    newest_problem = e.what();
  }
  try {
    SafetensorsFile file = SafetensorsFile::open(previous_path(slot));
    return {std::move(file), fmt::format("{}; taking the previous generation {}", newest_problem,
                                         previous_path(slot).string())};
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kData) {
      throw;
    }
    fail(ErrorKind::kData, "no usable '{}' checkpoint:\n  {}\n  {}", name_of(slot), newest_problem, e.what());
  }
}

void load_into(std::span<const TensorDestination> destinations, const SafetensorsFile& file,
               std::string_view prefix, LoadTypes types) {
  std::vector<std::string> missing, unexpected, mismatched;
  std::set<std::string_view> wanted;
  for (const TensorDestination& d : destinations) {
    SELFSAME_CHECK(wanted.insert(d.name).second && d.name.starts_with(prefix),
                   "destination '{}' twice or without the prefix '{}'", d.name, prefix);
    const StoredTensor* tensor = file.find(d.name);
    if (tensor == nullptr) {
      missing.push_back(fmt::format("{} ({})", d.name, shape_text(d.shape, ", ")));
    } else if (tensor->shape != d.shape || !accepted(tensor->dtype, types)) {
      mismatched.push_back(fmt::format("{}: expected ({}) F32, found ({}) {}", d.name,
                                       shape_text(d.shape, ", "), shape_text(tensor->shape, ", "),
                                       selfsame::name_of(tensor->dtype)));
    }
  }
  for (const StoredTensor& t : file.tensors()) {
    const bool ignored =
        (types == LoadTypes::kAnyFloating && t.name.ends_with(".num_batches_tracked")) ||
        t.name.substr(std::min(prefix.size(), t.name.size())).starts_with("objective.");
    if (std::string_view(t.name).starts_with(prefix) && wanted.count(t.name) == 0 && !ignored) {
      unexpected.push_back(fmt::format("{} ({})", t.name, shape_text(t.shape, ", ")));
    }
  }
  if (!missing.empty() || !unexpected.empty() || !mismatched.empty()) {
    std::string message = fmt::format("{}: the tensors do not fit the network", file.path().string());
    append_list(message, "missing", missing);
    append_list(message, "unexpected", unexpected);
    append_list(message, "mismatched", mismatched);
    throw Error(ErrorKind::kData, message);
  }
  for (const TensorDestination& d : destinations) {
    copy_values(d.data, file.at(d.name));
  }
}

const std::string& metadata_at(const SafetensorsFile& file, const std::string& key) {
  const auto it = file.metadata().find(key);
  if (it == file.metadata().end()) {
    fail(ErrorKind::kData, "{}: metadata lack '{}'", file.path().string(), key);
  }
  return it->second;
}

}  // namespace selfsame
