// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace selfsame {

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) of the bytes, as in RFC 3720 appendix B.4.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes);

struct NamedScalar {
  std::string_view tag;
  double value;
};

/// Writes scalars in TensorBoard's event format into a new file FOLDER/events.out.tfevents.SECONDS.PID.N.
///
///   record  = u64 length, u32 masked_crc(length bytes), data, u32 masked_crc(data)
///   masked_crc(x) = rotate_right(crc32c(x), 15) + 0xA282EAD8
///   data    = Event{1: wall_time double, 2: step varint, 3: "brain.Event:2" | 5: Summary{1: Value{1: tag, 2:
///   float}}
///             | 7: SessionLog{1: START}}
///
/// Each record is one write(). Errors: Error(kIo).
class TensorBoardWriter {
 public:
  /// `first_step` is the first step that this process will log. When it is above 1 the file begins with a
  /// session start, which makes TensorBoard drop what an earlier file of the folder says about this step and
  /// later ones.
  TensorBoardWriter(const std::filesystem::path& folder, std::int64_t first_step);
  ~TensorBoardWriter();
  TensorBoardWriter(const TensorBoardWriter&) = delete;
  TensorBoardWriter& operator=(const TensorBoardWriter&) = delete;

  void write(std::int64_t step, std::span<const NamedScalar> scalars);
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  void write_event(std::int64_t step, std::string_view payload);

  std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace selfsame
