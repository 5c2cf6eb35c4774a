// SPDX-License-Identifier: Apache-2.0
// A cache file: the magic number and version (16 bytes); from byte 64 the slices, each its k-space and then
// its reference; the table (a message: source, header, two hashes per slice); and a tail of 32 bytes: hash of
// the table, size of the table, magic number again.
#include "mri/files/slice_cache.hpp"

#include <sys/stat.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <utility>

#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"
#include "mri/files/cfl_file.hpp"
#include "mri/files/input_file.hpp"
#include "mri/files/kspace_parts.hpp"
#include "mri/files/message_reader.hpp"
#include "mri/files/message_writer.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

constexpr char kMagic[] = "SELFSLC";  // 8 bytes with its zero
constexpr std::uint64_t kVersion = 1, kDataOffset = 64, kTailBytes = 32, kLongestText = 1 << 20;

struct Hash {
  std::uint64_t high = 0, low = 0;
  bool operator==(const Hash&) const = default;
};

Hash hash_of(const void* data, std::size_t bytes) {
  const XXH128_hash_t hash = XXH3_128bits(data, bytes);
  return {hash.high64, hash.low64};
}

/// What the source was when it was read.
struct SourceState {
  std::string path;                     ///< absolute
  std::int64_t bytes = 0, changed = 0;  ///< size, and a hash of the times; of a .cfl its header counts too
  bool operator==(const SourceState&) const = default;
};

SourceState state_of(const fs::path& source) {
  std::error_code error;
  SourceState state;
  const fs::path absolute = fs::absolute(source, error).lexically_normal();
  state.path = error ? source.string() : absolute.string();
  std::array<fs::path, 2> parts{source, {}};
  if (source.extension() == ".cfl") {
    parts[1] = fs::path(source).replace_extension(".hdr");
  }
  for (const fs::path& part : parts) {
    struct stat info {};
    if (!part.empty() && ::stat(part.c_str(), &info) != 0) {
      fail(ErrorKind::kData, "{}: {}", part.string(), std::system_category().message(errno));
    }
    if (!part.empty()) {
      state.bytes += info.st_size;
      const std::array<std::int64_t, 3> change{state.changed, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
      state.changed = static_cast<std::int64_t>(hash_of(change.data(), sizeof change).low);
    }
  }
  return state;
}

struct Contents {
  SourceState source;
  KSpaceHeader header;
  std::vector<Hash> kspace, reference;

  [[nodiscard]] std::uint64_t kspace_bytes() const {
    return static_cast<std::uint64_t>(header.coils * header.h * header.w) * sizeof(std::complex<float>);
  }
  [[nodiscard]] std::uint64_t reference_bytes() const {
    return header.reference.empty()
               ? 0
               : static_cast<std::uint64_t>(header.recon_h * header.recon_w) * sizeof(float);
  }
  [[nodiscard]] std::uint64_t slice_bytes() const { return kspace_bytes() + reference_bytes(); }
};

std::string table_text(const Contents& c) {
  MessageWriter out;
  out.text(c.source.path);
  const KSpaceHeader& h = c.header;
  for (const std::int64_t v : {c.source.bytes, c.source.changed, h.slices, h.coils, h.h, h.w, h.recon_h,
                               h.recon_w, h.padding_left, h.padding_right}) {
    out.i64(v);
  }
  out.text({reinterpret_cast<const char*>(h.mask.data()), h.mask.size()});
  out.text(h.reference);
  out.text(h.acquisition);
  out.text(h.patient_id);
  out.u8(h.max.has_value());
  out.f64(h.max.value_or(0));
  for (const auto& value : {h.acceleration, h.num_low_frequency}) {
    out.u8(value.has_value());
    out.i64(value.value_or(0));
  }
  for (const auto* hashes : {&c.kspace, &c.reference}) {
    for (const Hash& hash : *hashes) {
      out.u64(hash.high);
      out.u64(hash.low);
    }
  }
  return out.bytes();
}

/// Errors: Error(kData) without a path.
Contents parse_table(std::string_view text) {
  MessageReader in(text);
  Contents c;
  KSpaceHeader& h = c.header;
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  c.source.path = in.text(kLongestText);
  c.source.bytes = in.i64();
  c.source.changed = in.i64();
  for (std::int64_t* value : {&h.slices, &h.coils, &h.h, &h.w}) {
    *value = in.i64_in(1, kMost);
  }
  for (std::int64_t* value : {&h.recon_h, &h.recon_w, &h.padding_left, &h.padding_right}) {
    *value = in.i64_in(0, 65535);  // none is more than the sides of k-space
  }
  check_kspace_sizes("the table", h.slices, h.coils, h.h, h.w);
  const std::string mask = in.text(static_cast<std::uint64_t>(h.h * h.w));
  h.mask.assign(mask.begin(), mask.end());
  h.reference = in.text(kLongestText);
  h.acquisition = in.text(std::uint64_t{1} << 25);
  h.patient_id = in.text(std::uint64_t{1} << 25);
  const bool has_max = in.u8() != 0;
  const double max = in.f64();
  h.max = has_max ? std::optional(max) : std::nullopt;
  for (auto* value : {&h.acceleration, &h.num_low_frequency}) {
    const bool has = in.u8() != 0;
    const std::int64_t number = in.i64();
    *value = has ? std::optional(number) : std::nullopt;
  }
  const std::uint64_t hashes = static_cast<std::uint64_t>(h.slices) * (h.reference.empty() ? 1 : 2);
  if (in.left() != hashes * sizeof(Hash)) {
    fail(ErrorKind::kData, "{} bytes for {} hashes", in.left(), hashes);
  }
  for (std::int64_t s = 0; s < h.slices; ++s) {
    const std::uint64_t high = in.u64();
    c.kspace.push_back({high, in.u64()});
  }
  for (std::int64_t s = 0; s < h.slices && !h.reference.empty(); ++s) {
    const std::uint64_t high = in.u64();
    c.reference.push_back({high, in.u64()});
  }
  in.expect_end();
  return c;
}

struct Tail {
  Hash table_hash;
  std::uint64_t table_bytes = 0;
  char magic[8] = {};
};
static_assert(sizeof(Tail) == kTailBytes);

/// The table of contents of a whole, undamaged cache file. Errors: Error(kData).
Contents read_contents(const InputFile& file) {
  char head[16] = {};
  Tail tail;
  std::uint64_t version = 0;
  if (file.size() < kDataOffset + kTailBytes) {
    fail(ErrorKind::kData, "{}: {} bytes", file.path(), file.size());
  }
  file.read_at(head, 0, sizeof head);
  file.read_at(&tail, file.size() - kTailBytes, kTailBytes);
  std::memcpy(&version, head + 8, 8);
  const std::uint64_t room = file.size() - kDataOffset - kTailBytes;
  if (std::memcmp(head, kMagic, 8) != 0 || std::memcmp(tail.magic, kMagic, 8) != 0 || version != kVersion ||
      tail.table_bytes > room) {
    fail(ErrorKind::kData, "{}: not a slice cache of this version", file.path());
  }
  std::string text(static_cast<std::size_t>(tail.table_bytes), '\0');
  file.read_at(text.data(), file.size() - kTailBytes - tail.table_bytes, text.size());
  if (hash_of(text.data(), text.size()) != tail.table_hash) {
    fail(ErrorKind::kData, "{}: its table is damaged", file.path());
  }
  Contents contents = parse_table(text);
  std::uint64_t data = 0;
  if (__builtin_mul_overflow(contents.slice_bytes(), static_cast<std::uint64_t>(contents.header.slices),
                             &data) ||
      data != room - tail.table_bytes) {
    fail(ErrorKind::kData, "{}: {} bytes of slices, expected {}", file.path(), room - tail.table_bytes, data);
  }
  return contents;
}

/// Threads of one process take turns at one cache file; processes write temporaries of their own.
std::mutex& build_lock(const fs::path& path) {
  static std::array<std::mutex, 64> locks;
  return locks[std::hash<std::string>{}(path.string()) % locks.size()];
}

Contents build(const KSpaceFile& source, const fs::path& cache_path) {
  Contents c;
  c.source = state_of(source.path());
  c.header = source.header();
  const std::uint64_t slices = static_cast<std::uint64_t>(c.header.slices);
  require_free_space(cache_path.parent_path(), slices * c.slice_bytes() + (std::uint64_t{1} << 20));
  AtomicFile file(cache_path);
  std::string head(kMagic, 8);
  head.append(reinterpret_cast<const char*>(&kVersion), 8);
  head.resize(kDataOffset, '\0');
  file.write(head);
  const auto put = [&](const auto& values, std::uint64_t bytes, std::vector<Hash>& hashes) {
    const auto raw = std::as_bytes(std::span(values));
    SELFSAME_CHECK(raw.size() == bytes, "{}: a slice of {} bytes, expected {}", c.source.path, raw.size(),
                   bytes);
    hashes.push_back(hash_of(raw.data(), raw.size()));
    file.write(raw);
  };
  for (std::int64_t s = 0; s < c.header.slices; ++s) {
    put(source.slice(s), c.kspace_bytes(), c.kspace);
    if (!c.header.reference.empty()) {
      put(source.reference_slice(s), c.reference_bytes(), c.reference);
    }
  }
  if (state_of(source.path()) != c.source) {
    fail(ErrorKind::kData, "{}: the file was changed while it was read", source.path().string());
  }
  const std::string table = table_text(c);
  Tail tail{hash_of(table.data(), table.size()), table.size(), {}};
  std::memcpy(tail.magic, kMagic, 8);
  file.write(table);
  file.write(std::as_bytes(std::span(&tail, 1)));
  file.commit();
  return c;
}

class CachedKSpace final : public KSpaceFile {
 public:
  CachedKSpace(const fs::path& source, fs::path cache_path) : cache_path_(std::move(cache_path)) {
    const std::lock_guard lock(build_lock(cache_path_));
    std::error_code ignored;
    // Of a pair, the file with the samples.
    const bool data_named = source.extension() != ".hdr" && fs::exists(source, ignored);
    const fs::path data = data_named ? source : fs::path(cfl_base(source).string() + ".cfl");
    try {
      contents_ = read_contents(InputFile(cache_path_.string()));
      if (contents_.source != state_of(data)) {
        fail(ErrorKind::kData, "{}: is of another state of {}", cache_path_.string(), data.string());
      }
    } catch (const Error&) {
      contents_ = build(*open_kspace(source), cache_path_);
    }
    path_ = data;
  }

  [[nodiscard]] const fs::path& path() const override { return path_; }
  [[nodiscard]] const KSpaceHeader& header() const override { return contents_.header; }

  [[nodiscard]] std::vector<std::complex<float>> slice(std::int64_t index) const override {
    check_slice_index(*this, index);
    std::vector<std::complex<float>> out(contents_.kspace_bytes() / sizeof(std::complex<float>));
    read(std::as_writable_bytes(std::span(out)), index, 0, contents_.kspace);
    return out;
  }

  [[nodiscard]] std::vector<float> reference_slice(std::int64_t index) const override {
    check_slice_index(*this, index);
    if (contents_.header.reference.empty()) {
      fail(ErrorKind::kData, "{}: slice {}: the file has no reference image", path_.string(), index);
    }
    std::vector<float> out(contents_.reference_bytes() / sizeof(float));
    read(std::as_writable_bytes(std::span(out)), index, contents_.kspace_bytes(), contents_.reference);
    return out;
  }

 private:
  [[nodiscard]] bool try_read(std::span<std::byte> out, std::uint64_t offset, const Hash& hash) const {
    try {
      InputFile(cache_path_.string()).read_at(out.data(), offset, out.size());
    } catch (const Error&) {
      return false;
    }
    return hash_of(out.data(), out.size()) == hash;
  }

  void read(std::span<std::byte> out, std::int64_t index, std::uint64_t within,
            const std::vector<Hash>& hashes) const {
    const std::uint64_t offset =
        kDataOffset + static_cast<std::uint64_t>(index) * contents_.slice_bytes() + within;
    const Hash& hash = hashes[static_cast<std::size_t>(index)];
    if (try_read(out, offset, hash)) {
      return;
    }
    const std::lock_guard lock(build_lock(cache_path_));
    // Another thread may have built it again while this one waited.
    if (try_read(out, offset, hash)) {
      return;
    }
    const Contents now = build(*open_kspace(path_), cache_path_);
    if (now.kspace != contents_.kspace || now.reference != contents_.reference ||
        !try_read(out, offset, hash)) {
      fail(ErrorKind::kData, "{}: slice {}: the file was changed while it was in use", path_.string(), index);
    }
  }

  fs::path path_, cache_path_;
  Contents contents_;
};

}  // namespace

fs::path slice_cache_path(const fs::path& source, const fs::path& cache) {
  std::error_code error;
  const fs::path absolute = fs::absolute(source, error).lexically_normal();
  const std::string text = (error ? source : absolute).string();
  return cache /
         fmt::format("{}.{:016x}.slices", source.filename().string(), hash_of(text.data(), text.size()).low);
}

std::unique_ptr<KSpaceFile> open_cached_kspace(const fs::path& source, const fs::path& cache) {
  std::error_code error;
  fs::create_directories(cache, error);
  if (error) {
    fail(ErrorKind::kIo, "{}: cannot be created: {}", cache.string(), error.message());
  }
  return std::make_unique<CachedKSpace>(source, slice_cache_path(source, cache));
}

}  // namespace selfsame
