// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace selfsame {

class AtomicFile;

/// Element types of a safetensors file, widest first: the order of the data section.
enum class FileDType : std::uint8_t { kF64, kI64, kU64, kF32, kI32, kU32, kF16, kBF16, kU8, kBool };

[[nodiscard]] std::size_t size_of(FileDType type);
[[nodiscard]] std::string_view name_of(FileDType type);  ///< as in the file: "F32"

/// A named tensor with borrowed little-endian row-major bytes.
struct StoredTensor {
  std::string name;
  FileDType dtype = FileDType::kF32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;  ///< product(shape) * size_of(dtype)
};

/// A float32 tensor over `values`, which must outlive it.
[[nodiscard]] StoredTensor float_tensor(std::string name, std::vector<std::int64_t> shape,
                                        std::span<const float> values);

using Metadata = std::map<std::string, std::string>;

/// Metadata keys that the writer sets itself and a caller may not use.
inline constexpr const char* kWriterKey = "written_by";  ///< "selfsame"
inline constexpr const char* kDataHashKey = "xxh3_128";  ///< of the data section, 32 hex digits
inline constexpr const char* kHeaderHashKey =
    "xxh3_128_header";  ///< of the header with these digits as zeros

/// A safetensors file, read and checked completely: little-endian u64 header length, JSON header, data
/// section.
///
/// Rules: header at most 16 MiB, starting with '{'; at most 65,536 tensors, 8 dimensions, names of at most
/// 512 bytes of valid UTF-8; duplicate keys refused; offsets tile the data section in order without holes,
/// overlap or tail, and agree with shape and type under checked multiplication. Hashes are verified when
/// present; a file that names selfsame as its writer must have both. The bytes are owned, so a file changed
/// later cannot change them, and memory is bounded by the size of the file.
class SafetensorsFile {
 public:
  /// Errors: Error(kData) with the path and what is wrong; also when the file is absent.
  [[nodiscard]] static SafetensorsFile open(const std::filesystem::path& path);
  /// The tensors of a file in another format, as if it had been a safetensors file; their bytes are copied.
  /// Errors: Error(kInternal) for a repeated name or bytes that disagree with a shape.
  [[nodiscard]] static SafetensorsFile of(std::filesystem::path path, std::span<const StoredTensor> tensors,
                                          Metadata metadata);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::vector<StoredTensor>& tensors() const { return tensors_; }  ///< in file order
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] const StoredTensor* find(std::string_view name) const;  ///< nullptr if absent
  [[nodiscard]] const StoredTensor& at(std::string_view name) const;    ///< Error(kData) if absent
  [[nodiscard]] const Metadata& metadata() const { return metadata_; }

 private:
  struct Free {
    void operator()(std::byte* p) const;
  };
  std::filesystem::path path_;
  std::unique_ptr<std::byte[], Free> data_;  // on a 64-byte boundary
  std::vector<StoredTensor> tensors_;
  std::map<std::string, std::size_t, std::less<>> index_;
  Metadata metadata_;
};

/// Writes a file that Python's safetensors reads, atomically and durably (atomic_file.hpp): tensors sorted by
/// (element size descending, name), the data section on a 64-byte boundary, the hashes above in the metadata.
/// The bytes depend only on the arguments. Free space of the file's size plus 64 MiB is required beforehand.
/// Errors: Error(kIo) for the disk; Error(kInternal) for a tensor whose bytes disagree with its shape, a
/// repeated
///         name, or limits that the reader would refuse.
void write_safetensors(const std::filesystem::path& path, std::span<const StoredTensor> tensors,
                       const Metadata& metadata);

/// As above, into a file that the caller commits.
void write_safetensors(AtomicFile& file, std::span<const StoredTensor> tensors, const Metadata& metadata);

/// XXH3-128 as 32 hex digits over names, types, shapes and bytes, independent of the order given: equal for
/// two checkpoints exactly when all their tensors are bitwise equal.
[[nodiscard]] std::string hash_of(std::span<const StoredTensor> tensors);

}  // namespace selfsame
