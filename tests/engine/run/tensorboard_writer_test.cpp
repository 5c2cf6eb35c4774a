// SPDX-License-Identifier: Apache-2.0
#include "engine/run/tensorboard_writer.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <stdexcept>
#include <vector>

#include "mri/files/atomic_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

// A decoder that shares nothing with the writer: a bitwise CRC and a generic protocol-buffer reader.

std::uint32_t slow_crc32c(const std::string& bytes) {
  std::uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1u) != 0 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
    }
  }
  return ~crc;
}

std::uint32_t slow_mask(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u; }

struct Field {
  std::uint64_t number = 0;  // varint value
  std::string bytes;         // the raw bytes of every other wire type
};
using Message = std::multimap<int, Field>;

class Reader {
 public:
  explicit Reader(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] bool done() const { return at_ == text_.size(); }
  std::string take(std::size_t n) {
    if (n > text_.size() - at_) {
      throw std::runtime_error("cut off");
    }
    at_ += n;
    return text_.substr(at_ - n, n);
  }
  template <typename T>
  T raw() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = raw<std::uint8_t>();
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    throw std::runtime_error("endless varint");
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

Message decode(const std::string& text) {
  Message message;
  for (Reader reader(text); !reader.done();) {
    const std::uint64_t key = reader.varint();
    Field field;
    switch (key % 8) {
      case 0:
        field.number = reader.varint();
        break;
      case 1:
        field.bytes = reader.take(8);
        break;
      case 2:
        field.bytes = reader.take(reader.varint());
        break;
      case 5:
        field.bytes = reader.take(4);
        break;
      default:
        throw std::runtime_error("wire type");
    }
    message.emplace(static_cast<int>(key / 8), field);
  }
  return message;
}

std::vector<Message> events_of(const std::filesystem::path& path) {
  std::vector<Message> events;
  for (Reader reader(read_file(path, 1 << 24)); !reader.done();) {
    const std::string length = reader.take(8);
    EXPECT_EQ(reader.raw<std::uint32_t>(), slow_mask(slow_crc32c(length)));
    const std::string data = reader.take(Reader(length).raw<std::uint64_t>());
    EXPECT_EQ(reader.raw<std::uint32_t>(), slow_mask(slow_crc32c(data)));
    events.push_back(decode(data));
  }
  return events;
}

const Field& only(const Message& message, int field) {
  EXPECT_EQ(message.count(field), 1u) << field;
  return message.find(field)->second;
}

TEST(TensorBoardWriter, CrcHasThePublishedValues) {
  // RFC 3720 B.4.
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
  std::string up;
  for (int i = 0; i < 32; ++i) {
    up += static_cast<char>(i);
  }
  EXPECT_EQ(crc32c(up), 0x46DD794Eu);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
}

TEST(TensorBoardWriter, AnIndependentDecoderReadsEveryScalar) {
  const TemporaryFolder folder;
  TensorBoardWriter writer(folder.path(), 1);
  for (std::int64_t step = 1; step <= 300; ++step) {
    const NamedScalar scalars[] = {{"train/loss", 1.0 / static_cast<double>(step)}, {"train/lr", 1e-3}};
    writer.write(step, scalars);
  }
  EXPECT_TRUE(writer.path().filename().string().starts_with("events.out.tfevents."));
  const std::vector<Message> events = events_of(writer.path());
  ASSERT_EQ(events.size(), 301u);
  EXPECT_EQ(only(events[0], 3).bytes, "brain.Event:2");
  EXPECT_EQ(only(events[0], 1).bytes.size(), 8u);
  for (std::uint64_t step = 1; step <= 300; ++step) {
    const Message& event = events[step];
    EXPECT_EQ(only(event, 2).number, step);
    double wall = 0;
    std::memcpy(&wall, only(event, 1).bytes.data(), 8);
    EXPECT_GT(wall, 1.6e9);
    const Message summary = decode(only(event, 5).bytes);
    ASSERT_EQ(summary.count(1), 2u);
    const Message value = decode(summary.find(1)->second.bytes);
    EXPECT_EQ(only(value, 1).bytes, "train/loss");
    float loss = 0;
    std::memcpy(&loss, only(value, 2).bytes.data(), 4);
    EXPECT_EQ(loss, static_cast<float>(1.0 / static_cast<double>(step)));
  }
}

TEST(TensorBoardWriter, AResumedRunBeginsANewFileWithASessionStart) {
  const TemporaryFolder folder;
  const TensorBoardWriter first(folder.path(), 1);
  const TensorBoardWriter second(folder.path(), 121);
  EXPECT_NE(first.path(), second.path());
  EXPECT_EQ(events_of(first.path()).size(), 1u);
  const std::vector<Message> events = events_of(second.path());
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(only(events[1], 2).number, 121u);
  EXPECT_EQ(only(decode(only(events[1], 7).bytes), 1).number, 1u);
}

}  // namespace
}  // namespace selfsame
