// SPDX-License-Identifier: Apache-2.0
#include "mri/files/hdf5/h5_writer.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "mri/files/hdf5/h5_file.hpp"
#include "tests/support/kspace_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

KSpaceHeader small_header() {
  KSpaceHeader h;
  h.slices = 2;
  h.coils = 3;
  h.h = 4;
  h.w = 5;
  h.recon_h = 2;
  h.recon_w = 3;
  h.reference = "reconstruction_rss";
  h.mask = {1, 0, 1, 1, 0};
  h.max = 3.5;
  h.acquisition = "AXT2";
  h.patient_id = "\u03c0";
  h.acceleration = 4;
  return h;
}

std::vector<std::complex<float>> stored_slice(const KSpaceHeader& h, std::int64_t s) {
  std::vector<std::complex<float>> values;
  for (std::int64_t i = 0; i < h.coils * h.h * h.w; ++i) {
    values.push_back(stored_sample(s, i / (h.h * h.w), i / h.w % h.h, i % h.w));
  }
  return values;
}

H5KSpaceSlices slices_of(const KSpaceHeader& h) {
  return {[h](std::int64_t s) { return stored_slice(h, s); },
          [h](std::int64_t s) {
            return std::vector<float>(static_cast<std::size_t>(h.recon_h * h.recon_w),
                                      static_cast<float>(s) + 0.5f);
          }};
}

TEST(H5Writer, LibhdfReadsWhatItWrites) {
  if (h5_helper_program().empty()) {
    GTEST_SKIP() << "built without libhdf5";
  }
  const TemporaryFolder folder;
  const KSpaceHeader h = small_header();
  write_h5_kspace(folder / "a.h5", h, slices_of(h), false, 7.0);
  const auto file = open_kspace(folder / "a.h5");
  EXPECT_EQ(file->header().mask, h.mask);
  EXPECT_EQ(file->header().max, h.max);
  EXPECT_EQ(file->header().acquisition, h.acquisition);
  EXPECT_EQ(file->header().patient_id, h.patient_id);
  EXPECT_EQ(file->header().acceleration, 4);
  EXPECT_EQ(file->header().recon_h, 2);
  EXPECT_EQ(file->header().recon_w, 3);
  EXPECT_FALSE(file->header().num_low_frequency);
  expect_stored_samples(*file);
  EXPECT_EQ(file->reference_slice(1), std::vector<float>(6, 1.5f));
  const H5File raw(folder / "a.h5", {{"kspace", "reconstruction_rss"}, {"norm"}, {}});
  EXPECT_TRUE(raw.find("kspace")->offset && raw.find("reconstruction_rss")->offset);
  EXPECT_EQ(raw.attribute("norm")->as_number(), 7.0);
}

TEST(H5Writer, SingleCoilFilesHaveThreeDimensions) {
  if (h5_helper_program().empty()) {
    GTEST_SKIP() << "built without libhdf5";
  }
  const TemporaryFolder folder;
  KSpaceHeader h = small_header();
  h.coils = 1;
  h.reference = "reconstruction_esc";
  h.mask.assign(20, 1);
  write_h5_kspace(folder / "a.h5", h, slices_of(h), true);
  const auto file = open_kspace(folder / "a.h5");
  EXPECT_EQ(H5File(folder / "a.h5", {{"kspace"}, {}, {}}).find("kspace")->shape,
            (std::vector<std::int64_t>{2, 4, 5}));
  EXPECT_EQ(file->header().mask.size(), 20u);
  expect_stored_samples(*file);
}

TEST(H5Writer, ReconstructionsAreAsH5pyExpectsThem) {
  const TemporaryFolder folder;
  std::vector<float> values(40);
  std::iota(values.begin(), values.end(), 0.0f);
  write_h5_reconstruction(folder / "r.h5", values, 2, 5, 4);
  // Superblock 0 of 8-byte addresses, its end of file, and the values at the very end.
  const Bytes bytes = read_bytes((folder / "r.h5").string());
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 8), "\x89HDF\r\n\x1a\n");
  EXPECT_EQ(bytes[13], 8);
  std::uint64_t end = 0;
  std::memcpy(&end, bytes.data() + 40, 8);
  EXPECT_EQ(end, bytes.size());
  EXPECT_EQ(std::memcmp(bytes.data() + bytes.size() - 160, values.data(), 160), 0);
  EXPECT_EQ((bytes.size() - 160) % 64, 0u);
  if (h5_helper_program().empty()) {
    GTEST_SKIP() << "built without libhdf5";
  }
  const H5Array array = read_h5_array(folder / "r.h5", "reconstruction");
  EXPECT_EQ(array.shape, (std::vector<std::int64_t>{2, 5, 4}));
  EXPECT_EQ(array.values, values);
}

TEST(H5Writer, ManyNamesAndLongTexts) {
  if (h5_helper_program().empty()) {
    GTEST_SKIP() << "built without libhdf5";
  }
  const TemporaryFolder folder;
  std::vector<H5Writer::DataSet> data;
  std::vector<H5Writer::Attribute> attributes;
  for (const char* name : {"h", "c", "a", "g", "eight888", "d", "fffffff", "b"}) {
    data.push_back({name, {static_cast<std::int64_t>(data.size()) + 1}, false});
  }
  for (int i = 0; i < 30; ++i) {
    attributes.push_back({fmt::format("text{}", i), std::string(static_cast<std::size_t>(i * 37), 'x')});
    attributes.push_back({fmt::format("number{}", i), 0.5 * i});
  }
  H5Writer writer(folder / "a.h5", data, attributes);
  for (std::size_t i = 0; i < data.size(); ++i) {
    writer.append(std::vector<float>(i + 1, static_cast<float>(i)));
  }
  writer.commit();
  H5Request request;
  for (const auto& a : attributes) {
    request.attributes.push_back(a.name);
  }
  const H5File file(folder / "a.h5", request);
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(file.attribute(fmt::format("text{}", i))->as_text().size(), static_cast<std::size_t>(i * 37));
    EXPECT_EQ(file.attribute(fmt::format("number{}", i))->as_number(), 0.5 * i);
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    EXPECT_EQ(read_h5_array(folder / "a.h5", data[i].name).values,
              std::vector<float>(i + 1, static_cast<float>(i)));
  }
}

TEST(H5Writer, ContractsAndUnfinishedFiles) {
  const TemporaryFolder folder;
  using DataSets = std::vector<H5Writer::DataSet>;
  for (const DataSets& data :
       {DataSets{}, DataSets{{"", {1}}}, DataSets{{"a/b", {1}}}, DataSets{{"a", {}}}, DataSets{{"a", {0}}},
        DataSets{{"a", {1}}, {"a", {1}}}, DataSets{{"a", {std::int64_t{1} << 40, std::int64_t{1} << 40}}},
        DataSets(9, {"a", {1}})}) {
    EXPECT_FALSE(message_of(ErrorKind::kInternal, [&] { H5Writer(folder / "x.h5", data, {}); }).empty());
  }
  {
    H5Writer writer(folder / "x.h5", {{"a", {2}}}, {});
    writer.append(std::vector<float>{1});
    EXPECT_FALSE(message_of(ErrorKind::kInternal, [&] { writer.commit(); }).empty());
    EXPECT_FALSE(message_of(ErrorKind::kInternal, [&] { writer.append(std::vector<float>{1, 2}); }).empty());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace selfsame
