// SPDX-License-Identifier: Apache-2.0
#include "kernels/gather/gather.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "kernels/device/philox.hpp"
#include "tests/support/device_values.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

/// Images of all types and several sizes, their pixels known.
struct DataSet {
  std::vector<ResidentImage> images;
  std::vector<std::byte> arena = std::vector<std::byte>(16);  // no image starts at the front

  DataSet(int channels, std::initializer_list<PixelIndex> sizes) {
    for (const PixelIndex& size : sizes) {
      for (const PixelType type : {PixelType::kByte, PixelType::kWord, PixelType::kFloat}) {
        add(type, channels, size);
      }
    }
  }
  void add(PixelType type, int channels, PixelIndex size) {
    const std::size_t bytes_of_pixel = std::size_t{1} << static_cast<int>(type);
    const std::size_t count = static_cast<std::size_t>(channels * size.y * size.x);
    const RandomStream random(5, RandomPurpose::kTest, 0, static_cast<std::uint32_t>(images.size()));
    images.push_back({arena.size(), static_cast<int>(type), channels, size.y, size.x});
    arena.resize(arena.size() + (count * bytes_of_pixel + 15) / 16 * 16);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t word = random.word(i);
      const float value = random.normal(i + count);
      std::byte* to = arena.data() + images.back().offset + i * bytes_of_pixel;
      type == PixelType::kFloat ? std::memcpy(to, &value, 4) : std::memcpy(to, &word, bytes_of_pixel);
    }
  }
};

OpCase gather_case(const DataSet& data, std::int64_t channels, std::int64_t h, std::int64_t w,
                   std::vector<SampleOrigin> origins) {
  OpCase c;
  c.op = "gather";
  c.tensor("out", Role::kOutput, {static_cast<std::int64_t>(origins.size()), channels, h, w}, 1, 0, 3)
      .stored_as("out", DType::kF32);
  c.call = [images = contract::DeviceValues(data.images), arena = contract::DeviceValues(data.arena),
            device = contract::DeviceValues(std::move(origins))](const Arguments& a, Stream& s) {
    gather_crops(a.tensor("out"), images.on(s).data(), arena.on(s).data(), device.on(s), s);
  };
  return c;
}

/// Every image of the set in all eight symmetries.
std::vector<SampleOrigin> all_symmetries(const DataSet& data) {
  std::vector<SampleOrigin> origins;
  for (std::uint32_t k = 0; k < data.images.size(); ++k) {
    for (int transform = 0; transform < 8; ++transform) {
      const ResidentImage& image = data.images[k];
      origins.push_back({0, k, 0, image.h, image.w, 1 + transform % 2, k % 3, transform});
    }
  }
  return origins;
}

std::vector<std::string> names() { return contract::supported_names(gather_implementations(), DType::kF32); }

TEST(Gather, EveryVersionOnEveryDeviceMatchesTheReference) {
  contract::expect_ran_at_least(names(), 2);
  const DataSet data(2, {{19, 17}, {12, 23}});
  for (const auto& [h, w] : {PixelIndex{5, 7}, PixelIndex{8, 4}, PixelIndex{1, 1}, PixelIndex{10, 10}}) {
    contract::expect_parity(gather_case(data, 2, h, w, all_symmetries(data)), names(), {{"*", {0, 0}}});
  }
}

/// The definition, written out: the quotients of floats and the documented symmetries.
TEST(Gather, EveryDeviceGivesTheDocumentedPixels) {
  const DataSet data(1, {{9, 11}});
  const std::vector<SampleOrigin> origins = all_symmetries(data);
  constexpr std::int64_t kH = 4, kW = 6;
  const std::vector<double> got =
      contract::run_case(gather_case(data, 1, kH, kW, origins), DType::kF32, "").at("out");
  std::size_t at = 0;
  for (const SampleOrigin& o : origins) {
    const ResidentImage& image = data.images[o.example];
    for (std::int64_t i = 0; i < kH; ++i) {
      for (std::int64_t j = 0; j < kW; ++j) {
        const PixelIndex p = source_pixel(o, kH, kW, i, j);
        const auto index = static_cast<std::size_t>(p.y * image.w + p.x);
        const std::byte* pixels = data.arena.data() + image.offset;
        float want = 0;
        if (image.type == 0) {
          want = static_cast<float>(std::to_integer<int>(pixels[index])) / 255.0f;
        } else if (image.type == 1) {
          std::uint16_t word = 0;
          std::memcpy(&word, pixels + 2 * index, 2);
          want = static_cast<float>(word) / 65535.0f;
        } else {
          std::memcpy(&want, pixels + 4 * index, 4);
        }
        ASSERT_EQ(got[at++], want) << o.transform << " " << i << " " << j;
      }
    }
  }
}

TEST(Gather, EveryQuotientOnEveryDeviceIsThatOfFloats) {
  DataSet data(1, {});
  data.add(PixelType::kByte, 1, {16, 16});
  data.add(PixelType::kWord, 1, {256, 256});
  for (std::size_t i = 0; i < 256; ++i) {
    data.arena[data.images[0].offset + i] = static_cast<std::byte>(i);
  }
  for (std::size_t i = 0; i < 65536; ++i) {
    const auto word = static_cast<std::uint16_t>(i);
    std::memcpy(data.arena.data() + data.images[1].offset + 2 * i, &word, 2);
  }
  for (const std::string& name : names()) {
    const auto bytes =
        contract::run_case(gather_case(data, 1, 16, 16, {{0, 0, 0, 16, 16, 0, 0, 0}}), DType::kF32, name);
    const auto words =
        contract::run_case(gather_case(data, 1, 256, 256, {{0, 1, 0, 256, 256, 0, 0, 0}}), DType::kF32, name);
    for (std::size_t i = 0; i < 65536; ++i) {
      ASSERT_EQ(words.at("out")[i], static_cast<float>(i) / 65535.0f);
      ASSERT_TRUE(i >= 256 || bytes.at("out")[i] == static_cast<float>(i) / 255.0f) << i;
    }
  }
}

TEST(Gather, ResultsOnEveryDeviceDoNotDependOnThreads) {
  const DataSet data(3, {{19, 17}});
  contract::expect_repeatable(gather_case(data, 3, 6, 9, all_symmetries(data)), names());
}

TEST(Gather, RefusesImagesAndWindowsThatDoNotFit) {
  const DataSet data(1, {{9, 11}});
  Stream stream(DeviceKind::kCpu, 1);
  const auto run = [&](std::int64_t channels, const SampleOrigin& origin) {
    contract::run_case(gather_case(data, channels, 4, 6, {origin}), DType::kF32, stream);
  };
  run(1, {0, 0, 0, 9, 11, 5, 5, 0});
  EXPECT_THROW(run(1, {0, 0, 0, 9, 11, 6, 5, 0}), Error);
  EXPECT_THROW(run(1, {0, 0, 0, 9, 11, 5, 5, 4}), Error);  // the window is 6 x 4 now
  EXPECT_THROW(run(1, {0, 0, 0, 9, 11, 5, 5, 8}), Error);
  EXPECT_THROW(run(1, {0, 0, 0, 9, 12, 5, 5, 0}), Error);
  EXPECT_THROW(run(3, {0, 0, 0, 9, 11, 5, 5, 0}), Error);
}

}  // namespace
}  // namespace selfsame
