// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/pytorch_file.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>

#include "engine/checkpoint/pickle.hpp"
#include "engine/checkpoint/safetensors_header.hpp"
#include "engine/checkpoint/zip_file.hpp"
#include "engine/files/json_text.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

using Kind = PickleValue::Kind;
using Bytes = std::vector<std::byte>;

constexpr std::uint64_t kMostPickle = std::uint64_t{16} << 20;
constexpr const char* kPickleName = "data.pkl";
constexpr std::array<const char*, 5> kStateKeys{"state_dict", "model_state_dict", "model", "params",
                                                "params_ema"};

// What the older format starts with: a pickle of the number 0x1950a86a20f9469cfc6c.
constexpr std::string_view kMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);

bool storage_type(const std::string& global, FileDType& dtype) {
  constexpr std::array<std::pair<const char*, FileDType>, 8> kTypes{
      {{"torch.FloatStorage", FileDType::kF32},
       {"torch.DoubleStorage", FileDType::kF64},
       {"torch.HalfStorage", FileDType::kF16},
       {"torch.BFloat16Storage", FileDType::kBF16},
       {"torch.LongStorage", FileDType::kI64},
       {"torch.IntStorage", FileDType::kI32},
       {"torch.ByteStorage", FileDType::kU8},
       {"torch.BoolStorage", FileDType::kBool}}};
  for (const auto& [name, type] : kTypes) {
    if (global == name) {
      dtype = type;
      return true;
    }
  }
  return false;
}

/// A tensor of the pickle, with everything about it checked but the bytes.
struct Described {
  std::string name, storage;
  FileDType dtype = FileDType::kF32;
  std::vector<std::int64_t> shape, stride;
  std::int64_t offset = 0, storage_count = 0;
  std::uint64_t bytes = 0;

  [[nodiscard]] std::uint64_t storage_bytes() const {
    return static_cast<std::uint64_t>(storage_count) * size_of(dtype);
  }
};

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  fail(ErrorKind::kData, "tensor '{}': {}", name, why);
}

std::vector<std::int64_t> integers(const Pickle& p, const PickleValue& list, const std::string& name) {
  std::vector<std::int64_t> all;
  if (list.items.size() > kMaxDims) {
    refuse(name, fmt::format("{} dimensions", list.items.size()));
  }
  for (const std::uint32_t i : list.items) {
    if (p[i].kind != Kind::kInteger || p[i].integer < 0) {
      refuse(name, "a size or stride that is no number from 0 on");
    }
    all.push_back(p[i].integer);
  }
  return all;
}

Described describe(const Pickle& p, const std::string& name, const PickleValue& tensor) {
  Described d;
  d.name = name;
  const PickleValue& storage = p[tensor.items[0]];
  d.storage = storage.text;
  d.storage_count = storage.integer;
  d.offset = tensor.integer;
  d.shape = integers(p, p[tensor.items[1]], name);
  d.stride = integers(p, p[tensor.items[2]], name);
  const std::string& type = p[storage.items[0]].text;
  if (!storage_type(type, d.dtype)) {
    refuse(name, fmt::format("its type {} is not read", type));
  }
  constexpr std::int64_t kMost = std::int64_t{1} << 48;
  if (d.shape.size() != d.stride.size() || d.storage_count < 0 || d.storage_count > kMost || d.offset < 0) {
    refuse(name, fmt::format("{} sizes and {} strides at {} of a storage of {}", d.shape.size(),
                             d.stride.size(), d.offset, d.storage_count));
  }
  if (!byte_count(d.shape, d.dtype, d.bytes) || d.bytes > d.storage_bytes()) {
    refuse(name,
           fmt::format("a shape ({}) beyond its storage of {}", shape_text(d.shape, ", "), d.storage_count));
  }
  std::uint64_t last = static_cast<std::uint64_t>(d.offset);  // its largest element
  for (std::size_t i = 0; i < d.shape.size() && d.bytes > 0; ++i) {
    const auto steps = static_cast<std::uint64_t>(d.shape[i] - 1);
    const auto stride = static_cast<std::uint64_t>(d.stride[i]);
    if (steps > 0 && stride > static_cast<std::uint64_t>(kMost) / steps) {
      refuse(name, fmt::format("a stride of {}", stride));
    }
    last += steps * stride;
  }
  if (d.bytes > 0 && last >= static_cast<std::uint64_t>(d.storage_count)) {
    refuse(name, fmt::format("its last element is {} of a storage of {}", last, d.storage_count));
  }
  return d;
}

/// The dict of tensors in what was saved.
const PickleValue& state_of(const Pickle& p) {
  const PickleValue* state = &p.top();
  for (const char* key : kStateKeys) {
    const PickleValue* inner = p.find(*state, key);
    if (inner != nullptr && inner->kind == Kind::kDict) {
      state = inner;
      break;
    }
  }
  if (state->kind != Kind::kDict) {
    fail(ErrorKind::kData, "it holds no state dict; save network.state_dict(), not the network");
  }
  return *state;
}

std::vector<Described> describe_all(const Pickle& p, std::uint64_t file_bytes) {
  const PickleValue& state = state_of(p);
  std::vector<Described> all;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i + 1 < state.items.size(); i += 2) {
    const PickleValue &key = p[state.items[i]], &tensor = p[state.items[i + 1]];
    if (key.kind != Kind::kText || tensor.kind != Kind::kTensor) {
      continue;
    }
    if (key.text.size() > kMaxNameBytes || key.text.empty() || !is_utf8(key.text) ||
        key.text == "__metadata__" || all.size() == kMaxTensors) {
      fail(ErrorKind::kData, "tensor {} of its state dict has no valid name, or is one too many", all.size());
    }
    all.push_back(describe(p, key.text, tensor));
    bytes += all.back().bytes;
    if (bytes > 4 * file_bytes) {
      refuse(key.text, fmt::format("tensors of more than four times the {} bytes of the file", file_bytes));
    }
  }
  if (all.empty()) {
    fail(ErrorKind::kData, "its state dict has no tensors");
  }
  return all;
}

/// Row-major bytes out of a storage.
Bytes gather(const Described& d, const Bytes& storage) {
  const std::size_t size = size_of(d.dtype);
  Bytes out(static_cast<std::size_t>(d.bytes));
  std::int64_t dense = 1;
  bool row_major = true;
  for (std::size_t i = d.shape.size(); i-- > 0; dense *= d.shape[i]) {
    row_major = row_major && (d.shape[i] == 1 || d.stride[i] == dense);
  }
  if (row_major && !out.empty()) {
    std::memcpy(out.data(), storage.data() + static_cast<std::size_t>(d.offset) * size, out.size());
    return out;
  }
  std::vector<std::int64_t> at(d.shape.size(), 0);
  std::int64_t from = d.offset;
  for (std::size_t to = 0; to < out.size(); to += size) {
    std::memcpy(out.data() + to, storage.data() + static_cast<std::size_t>(from) * size, size);
    for (std::size_t i = d.shape.size(); i-- > 0;) {
      from += d.stride[i];
      if (++at[i] < d.shape[i]) {
        break;
      }
      from -= d.stride[i] * d.shape[i];
      at[i] = 0;
    }
  }
  return out;
}

/// @param read  the bytes of the storage with this key
SafetensorsFile collect(const fs::path& path, const std::vector<Described>& all, std::uint64_t file_bytes,
                        const std::function<Bytes(const std::string& key)>& read) {
  std::uint64_t bytes_read = 0;
  std::map<std::string, Bytes> storages;
  std::vector<Bytes> contents;
  std::vector<StoredTensor> tensors;
  std::map<std::string_view, std::size_t> names;
  for (const Described& d : all) {
    auto it = storages.find(d.storage);
    if (it == storages.end()) {
      it = storages.emplace(d.storage, read(d.storage)).first;
      bytes_read += it->second.size();
      if (bytes_read > file_bytes) {  // entries of an archive may claim the same bytes
        refuse(d.name, "the storages are larger than the file");
      }
    }
    if (it->second.size() < d.storage_bytes()) {
      refuse(d.name, fmt::format("its storage has {} of {} bytes", it->second.size(), d.storage_bytes()));
    }
    if (!names.emplace(d.name, tensors.size()).second) {
      refuse(d.name, "it stands there twice");
    }
    contents.push_back(gather(d, it->second));
    tensors.push_back({d.name, d.dtype, d.shape, {}});
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    tensors[i].bytes = contents[i];
  }
  return SafetensorsFile::of(path, tensors, {{"format", "pt"}});
}

// ---- the zip format

SafetensorsFile open_zip(const fs::path& path, const InputFile& file) {
  const ZipFile zip(file);
  std::string folder;
  for (const auto& [name, entry] : zip.entries()) {
    if (name.ends_with(std::string("/") + kPickleName)) {
      folder = name.substr(0, name.size() - std::strlen(kPickleName));
      break;
    }
  }
  if (folder.empty()) {
    fail(ErrorKind::kData, "{}: a zip archive without {}: not one of torch.save", path.string(), kPickleName);
  }
  const std::string order = folder + "byteorder";
  if (zip.entries().count(order) != 0) {
    const Bytes text = zip.read(order, 16);
    if (std::string_view(reinterpret_cast<const char*>(text.data()), text.size()) != "little") {
      fail(ErrorKind::kData, "{}: its numbers are not little-endian", path.string());
    }
  }
  const Pickle pickle = read_pickle(zip.read(folder + kPickleName, kMostPickle));
  return collect(path, describe_all(pickle, file.size()), file.size(),
                 [&](const std::string& key) { return zip.read(folder + "data/" + key, file.size()); });
}

// ---- the format before PyTorch 1.6: five pickles, then the storages

SafetensorsFile open_old(const fs::path& path, const InputFile& file) {
  std::uint64_t at = 0;
  Pickle object, keys;
  for (int i = 0; i < 5; ++i) {  // magic number, version, system, object, keys
    Bytes bytes(static_cast<std::size_t>(std::min(kMostPickle, file.size() - at)));
    file.read_at(bytes.data(), at, bytes.size());
    Pickle pickle = read_pickle(bytes);
    at += pickle.bytes;
    if (i == 3) {
      object = std::move(pickle);
    } else if (i == 4) {
      keys = std::move(pickle);
    }
  }
  std::map<std::string, std::size_t> element;  // bytes, of every storage that the object names
  for (const PickleValue& v : object.values) {
    FileDType dtype{};
    if (v.kind == Kind::kStorage) {
      if (!storage_type(object[v.items[0]].text, dtype)) {
        fail(ErrorKind::kData, "storage '{}': its type {} is not read", v.text, object[v.items[0]].text);
      }
      element[v.text] = size_of(dtype);
    }
  }
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> places;  // start, bytes
  for (const std::uint32_t i : keys.top().items) {
    const auto known = element.find(keys[i].text);
    std::uint64_t count = 0;
    file.read_at(&count, at, sizeof count);
    at += sizeof count;
    if (known == element.end() || count > (file.size() - at) / known->second) {
      fail(ErrorKind::kData, "storage '{}': {} elements at byte {}", keys[i].text, count, at);
    }
    places[keys[i].text] = {at, count * known->second};
    at += count * known->second;
  }
  return collect(path, describe_all(object, file.size()), file.size(), [&](const std::string& key) {
    const auto place = places.find(key);
    if (place == places.end()) {
      fail(ErrorKind::kData, "there is no storage '{}'", key);
    }
    Bytes bytes(static_cast<std::size_t>(place->second.second));
    file.read_at(bytes.data(), place->second.first, bytes.size());
    return bytes;
  });
}

Bytes first_bytes(const InputFile& file) {
  Bytes bytes(kMagic.size());
  bytes.resize(file.read_some(bytes.data(), 0, bytes.size()));
  return bytes;
}

bool is_old(const Bytes& first) {
  return first.size() == kMagic.size() && std::memcmp(first.data(), kMagic.data(), kMagic.size()) == 0;
}

}  // namespace

bool is_pytorch_file(const fs::path& path) {
  const Bytes first = first_bytes(InputFile(path.string()));
  return ZipFile::is_zip(first) || is_old(first);
}

SafetensorsFile open_pytorch_file(const fs::path& path) {
  const InputFile file(path.string());
  const Bytes first = first_bytes(file);
  const bool old = is_old(first);
  if (!old && !ZipFile::is_zip(first)) {
    fail(ErrorKind::kData, "{}: no file of torch.save", path.string());
  }
  try {
    return old ? open_old(path, file) : open_zip(path, file);
  } catch (const Error& e) {
    const std::string what = e.what();
    throw Error(e.kind(), what.find(path.string()) == 0 ? what : path.string() + ": " + what);
  }
}

SafetensorsFile open_weights_file(const fs::path& path) {
  return is_pytorch_file(path) ? open_pytorch_file(path) : SafetensorsFile::open(path);
}

}  // namespace selfsame
