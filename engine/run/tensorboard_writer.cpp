// SPDX-License-Identifier: Apache-2.0
#include "engine/run/tensorboard_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {
namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int k = 0; k < 8; ++k) {
      c = (c >> 1) ^ ((c & 1u) != 0 ? 0x82F63B78u : 0u);
    }
    table[i] = c;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> kCrcTable = make_crc_table();

std::uint32_t masked_crc(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xA282EAD8u; }

template <typename T>
void append_raw(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

// Protocol-buffer encoding: a key is field * 8 + wire type (0 varint, 1 64-bit, 2 length and bytes, 5
// 32-bit).
void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>((value & 0x7F) | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void append_key(std::string& out, int field, int wire) {
  append_varint(out, static_cast<std::uint64_t>(field * 8 + wire));
}

void append_bytes(std::string& out, int field, std::string_view bytes) {
  append_key(out, field, 2);
  append_varint(out, bytes.size());
  out += bytes;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t c = 0xFFFFFFFFu;
  for (const char byte : bytes) {
    c = kCrcTable[(c ^ static_cast<unsigned char>(byte)) & 0xFFu] ^ (c >> 8);
  }
  return ~c;
}

TensorBoardWriter::TensorBoardWriter(const std::filesystem::path& folder, std::int64_t first_step) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  for (int n = 0; fd_ < 0; ++n) {
    path_ = folder / fmt::format("events.out.tfevents.{}.{}.{}", seconds, ::getpid(), n);
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (fd_ < 0 && errno != EEXIST) {
      fail(ErrorKind::kIo, "{}: cannot be created: {}", path_.string(),
           std::system_category().message(errno));
    }
  }
  std::string version;
  append_bytes(version, 3, "brain.Event:2");
  write_event(0, version);
  if (first_step > 1) {
    std::string status, session;
    append_key(status, 1, 0);
    append_varint(status, 1);
    append_bytes(session, 7, status);
    write_event(first_step, session);
  }
}

TensorBoardWriter::~TensorBoardWriter() { ::close(fd_); }

void TensorBoardWriter::write(std::int64_t step, std::span<const NamedScalar> scalars) {
  std::string summary;
  for (const NamedScalar& scalar : scalars) {
    std::string value;
    append_bytes(value, 1, scalar.tag);
    append_key(value, 2, 5);
    append_raw(value, static_cast<float>(scalar.value));
    append_bytes(summary, 1, value);
  }
  std::string payload;
  append_bytes(payload, 5, summary);
  write_event(step, payload);
}

void TensorBoardWriter::write_event(std::int64_t step, std::string_view payload) {
  std::string event;
  append_key(event, 1, 1);
  append_raw(event,
             std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
  append_key(event, 2, 0);
  append_varint(event, static_cast<std::uint64_t>(step));
  event += payload;

  std::string record;
  append_raw(record, static_cast<std::uint64_t>(event.size()));
  append_raw(record, masked_crc(record));
  record += event;
  append_raw(record, masked_crc(event));
  write_fully(fd_, std::as_bytes(std::span(record)), path_);
}

}  // namespace selfsame
