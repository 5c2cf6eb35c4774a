// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/safetensors.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>
#include <system_error>
#include <tuple>

#include "engine/checkpoint/safetensors_header.hpp"
#include "engine/files/json_text.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

constexpr const char* kWriter = "selfsame";
constexpr std::size_t kHashDigits = 32;

std::string hex(const XXH128_hash_t& hash) { return fmt::format("{:016x}{:016x}", hash.high64, hash.low64); }

std::string hash_text(std::string_view text) { return hex(XXH3_128bits(text.data(), text.size())); }

/// Streaming XXH3-128.
class Hasher {
 public:
  Hasher() : state_(XXH3_createState()) {
    SELFSAME_CHECK(state_ != nullptr, "no memory for a hash state");
    XXH3_128bits_reset(state_);
  }
  ~Hasher() { XXH3_freeState(state_); }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  void add(std::span<const std::byte> bytes) { XXH3_128bits_update(state_, bytes.data(), bytes.size()); }
  void add(std::uint64_t value) { XXH3_128bits_update(state_, &value, sizeof value); }
  [[nodiscard]] std::string digits() const { return hex(XXH3_128bits_digest(state_)); }

 private:
  XXH3_state_t* state_;
};

/// A descriptor opened for reading, closed at the end of the scope.
struct ReadFd {
  int fd;
  explicit ReadFd(const fs::path& path) : fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {}
  ~ReadFd() {
    if (fd >= 0) {
      ::close(fd);
    }
  }
  ReadFd(const ReadFd&) = delete;
  ReadFd& operator=(const ReadFd&) = delete;
};

void read_exactly(int fd, void* to, std::uint64_t bytes, std::uint64_t from, const fs::path& path) {
  auto* out = static_cast<std::byte*>(to);
  while (bytes > 0) {
    const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, std::uint64_t{1} << 30));
    const ssize_t n = ::pread(fd, out, most, static_cast<off_t>(from));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      fail(ErrorKind::kData, "{}: cannot be read at byte {}: {}", path.string(), from,
           n < 0 ? std::system_category().message(errno) : "the file ends there");
    }
    out += n;
    from += static_cast<std::uint64_t>(n);
    bytes -= static_cast<std::uint64_t>(n);
  }
}

/// The header with the digits of its own hash as zeros: what that hash covers.
std::string without_header_hash(std::string text, const std::string& digits) {
  const std::size_t at = text.find('"' + digits + '"');
  if (at != std::string::npos) {
    text.replace(at + 1, digits.size(), digits.size(), '0');
  }
  return text;
}

/// Errors: Error(kData) without a path.
void verify_hashes(const std::string& header_text, const Metadata& metadata, const std::byte* data,
                   std::uint64_t data_bytes) {
  const auto value = [&](const char* key) -> const std::string* {
    const auto it = metadata.find(key);
    return it == metadata.end() ? nullptr : &it->second;
  };
  const std::string* writer = value(kWriterKey);
  const std::string* data_hash = value(kDataHashKey);
  const std::string* header_hash = value(kHeaderHashKey);
  const bool own = (writer != nullptr && *writer == kWriter) || header_hash != nullptr;
  if (own && (writer == nullptr || data_hash == nullptr || header_hash == nullptr)) {
    fail(ErrorKind::kData, "the header is damaged: it lacks one of {}, {}, {}", kWriterKey, kDataHashKey,
         kHeaderHashKey);
  }
  if (header_hash != nullptr) {
    const std::string found = hash_text(without_header_hash(header_text, *header_hash));
    if (found != *header_hash) {
      fail(ErrorKind::kData, "the header is damaged: its hash is {}", found);
    }
  }
  if (data_hash != nullptr) {
    const std::string found = hex(XXH3_128bits(data, static_cast<std::size_t>(data_bytes)));
    if (found != *data_hash) {
      fail(ErrorKind::kData, "the data are damaged: their hash is {}, not the one in the header", found);
    }
  }
}

/// Runs `step`; its errors get the path in front.
template <typename F>
auto with_path(const fs::path& path, F step) {
  try {
    return step();
  } catch (const Error& e) {
    throw Error(e.kind(), path.string() + ": " + e.what());
  }
}

/// Tensors in the order of the file, checked against what the reader accepts.
std::vector<const StoredTensor*> file_order(std::span<const StoredTensor> tensors) {
  SELFSAME_CHECK(tensors.size() <= kMaxTensors, "{} tensors, at most {}", tensors.size(), kMaxTensors);
  std::vector<const StoredTensor*> order;
  std::set<std::string_view> names;
  for (const StoredTensor& t : tensors) {
    std::uint64_t bytes = 0;
    SELFSAME_CHECK(byte_count(t.shape, t.dtype, bytes) && bytes == t.bytes.size(),
                   "tensor '{}': {} bytes for shape ({}) of {}", t.name, t.bytes.size(),
                   shape_text(t.shape, ", "), name_of(t.dtype));
    SELFSAME_CHECK(t.shape.size() <= kMaxDims, "tensor '{}': {} dimensions", t.name, t.shape.size());
    SELFSAME_CHECK(t.name.size() <= kMaxNameBytes && is_utf8(t.name) && t.name != "__metadata__",
                   "'{}' is no tensor name", t.name);
    SELFSAME_CHECK(names.insert(t.name).second, "two tensors named '{}'", t.name);
    order.push_back(&t);
  }
  std::sort(order.begin(), order.end(), [](const StoredTensor* a, const StoredTensor* b) {
    const std::size_t size_a = size_of(a->dtype), size_b = size_of(b->dtype);
    return std::tie(size_b, a->name) < std::tie(size_a, b->name);
  });
  return order;
}

}  // namespace

void SafetensorsFile::Free::operator()(std::byte* p) const { std::free(p); }

StoredTensor float_tensor(std::string name, std::vector<std::int64_t> shape, std::span<const float> values) {
  return {std::move(name), FileDType::kF32, std::move(shape), std::as_bytes(values)};
}

SafetensorsFile SafetensorsFile::open(const fs::path& path) {
  const ReadFd file(path);
  if (file.fd < 0) {
    fail(ErrorKind::kData, "{}: cannot be opened: {}", path.string(), std::system_category().message(errno));
  }
  struct stat info {};
  if (::fstat(file.fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    fail(ErrorKind::kData, "{}: is not a regular file", path.string());
  }
  const auto size = static_cast<std::uint64_t>(info.st_size);
  std::uint64_t header_bytes = 0;
  if (size < 8) {
    fail(ErrorKind::kData, "{}: {} bytes are too few for a safetensors file", path.string(), size);
  }
  read_exactly(file.fd, &header_bytes, 8, 0, path);
  if (header_bytes > kMaxHeaderBytes || header_bytes > size - 8) {
    fail(ErrorKind::kData, "{}: is no safetensors file: header of {} bytes in a file of {}", path.string(),
         header_bytes, size);
  }
  std::string header_text(static_cast<std::size_t>(header_bytes), '\0');
  read_exactly(file.fd, header_text.data(), header_bytes, 8, path);
  const std::uint64_t data_bytes = size - 8 - header_bytes;

  SafetensorsFile result;
  result.path_ = path;
  SafetensorsHeader header =
      with_path(path, [&] { return parse_safetensors_header(header_text, data_bytes); });
  result.data_.reset(static_cast<std::byte*>(std::aligned_alloc(64, (data_bytes / 64 + 1) * 64)));
  if (result.data_ == nullptr) {
    fail(ErrorKind::kDevice, "{}: no memory for {} bytes", path.string(), data_bytes);
  }
  read_exactly(file.fd, result.data_.get(), data_bytes, 8 + header_bytes, path);
  with_path(path, [&] { verify_hashes(header_text, header.metadata, result.data_.get(), data_bytes); });
  for (HeaderEntry& e : header.entries) {
    result.index_.emplace(e.name, result.tensors_.size());
    result.tensors_.push_back({std::move(e.name),
                               e.dtype,
                               std::move(e.shape),
                               {result.data_.get() + e.begin, static_cast<std::size_t>(e.end - e.begin)}});
  }
  result.metadata_ = std::move(header.metadata);
  return result;
}

SafetensorsFile SafetensorsFile::of(fs::path path, std::span<const StoredTensor> tensors, Metadata metadata) {
  SafetensorsFile result;
  result.path_ = std::move(path);
  result.metadata_ = std::move(metadata);
  const std::vector<const StoredTensor*> order = file_order(tensors);
  std::size_t bytes = 0;
  for (const StoredTensor* t : order) {
    bytes += t->bytes.size();
  }
  result.data_.reset(static_cast<std::byte*>(std::aligned_alloc(64, (bytes / 64 + 1) * 64)));
  if (result.data_ == nullptr) {
    fail(ErrorKind::kDevice, "{}: no memory for {} bytes", result.path_.string(), bytes);
  }
  std::byte* at = result.data_.get();
  for (const StoredTensor* t : order) {
    std::copy(t->bytes.begin(), t->bytes.end(), at);
    result.index_.emplace(t->name, result.tensors_.size());
    result.tensors_.push_back({t->name, t->dtype, t->shape, {at, t->bytes.size()}});
    at += t->bytes.size();
  }
  return result;
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> names;
  for (const StoredTensor& t : tensors_) {
    names.push_back(t.name);
  }
  return names;
}

const StoredTensor* SafetensorsFile::find(std::string_view name) const {
  const auto it = index_.find(name);
  return it == index_.end() ? nullptr : &tensors_[it->second];
}

const StoredTensor& SafetensorsFile::at(std::string_view name) const {
  const StoredTensor* tensor = find(name);
  if (tensor == nullptr) {
    fail(ErrorKind::kData, "{}: has no tensor '{}'", path_.string(), name);
  }
  return *tensor;
}

void write_safetensors(AtomicFile& file, std::span<const StoredTensor> tensors, const Metadata& metadata) {
  const std::vector<const StoredTensor*> order = file_order(tensors);
  SafetensorsHeader header;
  header.metadata = metadata;
  Hasher data_hash;
  std::uint64_t at = 0;
  for (const StoredTensor* t : order) {
    header.entries.push_back({t->name, t->dtype, t->shape, at, at + t->bytes.size()});
    at += t->bytes.size();
    data_hash.add(t->bytes);
  }
  for (const char* key : {kWriterKey, kDataHashKey, kHeaderHashKey}) {
    SELFSAME_CHECK(metadata.count(key) == 0, "metadata key '{}' is reserved", key);
  }
  header.metadata[kWriterKey] = kWriter;
  header.metadata[kDataHashKey] = data_hash.digits();
  // Quotes inside a caller's text are escaped, so this key with its quotes occurs once.
  const std::string zeros(kHashDigits, '0');
  header.metadata[kHeaderHashKey] = zeros;
  std::string text = format_safetensors_header(header);
  SELFSAME_CHECK(text.size() <= kMaxHeaderBytes, "a header of {} bytes", text.size());
  const std::string key = fmt::format("\"{}\":\"", kHeaderHashKey);
  text.replace(text.find(key + zeros) + key.size(), kHashDigits, hash_text(text));

  require_free_space(file.path().has_parent_path() ? file.path().parent_path() : fs::path("."),
                     8 + text.size() + at + (std::uint64_t{64} << 20));
  const std::uint64_t header_bytes = text.size();
  file.write(std::as_bytes(std::span(&header_bytes, 1)));
  file.write(text);
  for (const StoredTensor* t : order) {
    file.write(t->bytes);
  }
}

void write_safetensors(const fs::path& path, std::span<const StoredTensor> tensors,
                       const Metadata& metadata) {
  AtomicFile file(path);
  write_safetensors(file, tensors, metadata);
  file.commit();
}

std::string hash_of(std::span<const StoredTensor> tensors) {
  std::vector<const StoredTensor*> order;
  for (const StoredTensor& t : tensors) {
    order.push_back(&t);
  }
  std::sort(order.begin(), order.end(),
            [](const StoredTensor* a, const StoredTensor* b) { return a->name < b->name; });
  Hasher hash;
  for (const StoredTensor* t : order) {
    hash.add(t->name.size());
    hash.add(std::as_bytes(std::span(t->name)));
    hash.add(static_cast<std::uint64_t>(t->dtype));
    hash.add(t->shape.size());
    for (const std::int64_t d : t->shape) {
      hash.add(static_cast<std::uint64_t>(d));
    }
    hash.add(t->bytes.size());
    hash.add(t->bytes);
  }
  return hash.digits();
}

}  // namespace selfsame
