// SPDX-License-Identifier: Apache-2.0
#include "mri/files/hdf5/h5_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/kspace_files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

class H5FileTest : public testing::Test {
 protected:
  void SetUp() override {
    if (h5_helper_program().empty()) {
      GTEST_SKIP() << "built without libhdf5";
    }
  }
  /// The refusal of a fixture's data set.
  static std::string refusal(const char* file, const std::string& name) {
    return message_of(ErrorKind::kData, [&] { (void)read_h5_array(kspace_fixture(file), name); });
  }
};

TEST_F(H5FileTest, ArraysComeAsFloats) {
  const H5Array array = read_h5_array(kspace_fixture("reconstruction.h5"), "reconstruction");
  EXPECT_EQ(array.shape, (std::vector<std::int64_t>{2, 5, 4}));
  EXPECT_FALSE(array.complex);
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_EQ(array.values[i], static_cast<float>(100 * (i / 20) + 10 * (i / 4 % 5) + i % 4));
  }
  const H5Array pairs = read_h5_array(kspace_fixture("wide.h5"), "kspace");
  EXPECT_TRUE(pairs.complex);
  EXPECT_EQ(pairs.values[2 * 7], 11.0f);
  EXPECT_EQ(pairs.values[2 * 7 + 1], -5.5f);
  const H5Array booleans = read_h5_array(kspace_fixture("single.h5"), "mask");
  EXPECT_EQ(booleans.values, (std::vector<float>{1, 1, 0, 1, 0, 0}));
}

TEST_F(H5FileTest, ANameMayBeAPathThroughGroups) {
  EXPECT_EQ(read_h5_array(kspace_fixture("refused.h5"), "group/inner").values,
            (std::vector<float>{0, 1, 2, 10, 11, 12}));
}

TEST_F(H5FileTest, PlainFloatsAreReadWithoutTheHelper) {
  const H5File file(kspace_fixture("single.h5"), {{"kspace", "reconstruction_esc", "mask"}, {}, {}});
  ASSERT_TRUE(file.find("kspace")->offset);
  EXPECT_GE(*file.find("kspace")->offset, 1024u) << "behind the user block";
  EXPECT_TRUE(file.find("reconstruction_esc")->offset);
  EXPECT_FALSE(file.find("mask")->offset);
  EXPECT_EQ(file.find("absent"), nullptr);
  const std::vector<float> second = file.read("kspace", 1, 1);
  EXPECT_EQ(second[2 * 9], 1013.0f);
  const H5File packed(kspace_fixture("multi.h5"), {{"kspace"}, {}, {}});
  EXPECT_FALSE(packed.find("kspace")->offset);
}

TEST_F(H5FileTest, AttributesAreNumbersAndTexts) {
  const H5File file(kspace_fixture("single.h5"),
                    {{},
                     {"max", "acquisition", "patient_id", "acceleration", "num_low_frequency", "none"},
                     {"ismrmrd_header"}});
  EXPECT_EQ(file.attribute("max")->as_number(), 233.0);
  EXPECT_EQ(file.attribute("acquisition")->as_text(), "CORPD_FBK");
  EXPECT_EQ(file.attribute("patient_id")->as_text(), "17");
  EXPECT_EQ(file.attribute("acceleration")->as_integer(), 8);
  EXPECT_EQ(file.attribute("num_low_frequency")->as_integer(), std::nullopt) << "it is an array of two";
  EXPECT_EQ(file.attribute("none"), nullptr);
  EXPECT_TRUE(contains(*file.text("ismrmrd_header"), "<ismrmrdHeader"));
}

TEST_F(H5FileTest, WhatIsNoArrayOfItsOwnIsRefused) {
  EXPECT_TRUE(contains(refusal("refused.h5", "words"), "neither an array of numbers"));
  for (const char* name : {"soft", "external"}) {
    EXPECT_TRUE(contains(refusal("refused.h5", name), "is a link to elsewhere"))
        << refusal("refused.h5", name);
  }
  EXPECT_TRUE(contains(refusal("refused.h5", "outside"), "in another file"));
  EXPECT_TRUE(contains(refusal("refused.h5", "virtual"), "virtual"));
  EXPECT_TRUE(contains(refusal("refused.h5", "huge"), "cannot hold"));
  EXPECT_TRUE(contains(refusal("refused.h5", "group"), "is not a data set"));
  EXPECT_TRUE(contains(refusal("refused.h5", "nothing"), "no data set nothing"));
  EXPECT_TRUE(contains(refusal("refused.h5", "soft_group/inner"), "soft_group: is a link to elsewhere"));
  EXPECT_TRUE(contains(refusal("refused.h5", "nothing/inner"), "no data set nothing/inner"));
  EXPECT_FALSE(refusal("refused.h5", "kspace/inner").empty());
  EXPECT_TRUE(contains(refusal("slices.npy", "kspace"), "unreadable HDF5"));
  EXPECT_TRUE(contains(refusal("absent.h5", "kspace"), "absent.h5"));
}

/// A helper that runs a line of shell.
class FalseHelper {
 public:
  explicit FalseHelper(const std::string& line) {
    std::ofstream(folder_ / "helper") << "#!/bin/sh\n" << line << "\n";
    ::chmod(path().c_str(), 0700);
  }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "helper"; }

 private:
  TemporaryFolder folder_;
};

TEST(H5Answers, AreNotBelieved) {
  const std::filesystem::path path = kspace_fixture("bare.h5");
  const H5Request request{{"kspace"}, {}, {}};
  const auto refusal = [&](const std::string& line) {
    const FalseHelper helper(line);
    return message_of(ErrorKind::kData, [&] { H5File(path, request, helper.path()); });
  };
  // Magic number, size, kind, rank, dimensions, bytes of an element, offset.
  const std::string good =
      "\\001\\001\\002\\0\\0\\0\\0\\0\\0\\0\\004\\0\\0\\0\\0\\0\\0\\0\\020\\0\\0\\0\\0\\0\\0\\0";
  const std::string prefix = "SELFH5R1\\032\\0\\0\\0\\0\\0\\0\\0";
  EXPECT_EQ(refusal("printf '" + prefix + good + "'"), "") << "what follows are its damaged forms";
  const std::string huge = "\\377\\377\\377\\377\\377\\377\\377\\177";
  for (const std::string& line : std::vector<std::string>{
           "true", "exit 1", "kill -SEGV $$", "kill -KILL $$", "echo garbage", "printf SELFH5R1",
           "head -c 10000000 /dev/zero", "printf 'SELFH5R1" + huge + "'",
           "printf 'SELFH5R1\\031\\0\\0\\0\\0\\0\\0\\0" + good + "'",  // a wrong size
           "printf '" + prefix + good + "x'",                          // and one byte more
           "printf 'SELFH5R1\\001\\0\\0\\0\\0\\0\\0\\0\\011'",         // an unknown kind
           "printf 'SELFH5R1\\002\\0\\0\\0\\0\\0\\0\\0\\001\\011'",    // nine dimensions
           "printf 'SELFH5R1\\022\\0\\0\\0\\0\\0\\0\\0\\001\\002" + huge + huge + "'",
           "printf 'SELFH5R1\\032\\0\\0\\0\\0\\0\\0\\0\\001\\001" + huge +
               "\\001\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'",
           "printf "
           "'SELFH5R1\\032\\0\\0\\0\\0\\0\\0\\0\\001\\001\\001\\0\\0\\0\\0\\0\\0\\0\\004\\0\\0\\0\\0\\0\\0\\"
           "0" +
               huge + "'",
           "printf 'SELFH5E1\\003\\0\\0\\0\\0\\0\\0\\0no\\n'"}) {
    const std::string message = refusal(line);
    EXPECT_TRUE(message.starts_with(path.string() + ": unreadable HDF5: ")) << line << ": " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
  EXPECT_TRUE(
      contains(message_of(ErrorKind::kData, [&] { H5File(path, request, "/no/such/helper"); }), "bare.h5"));
}

}  // namespace
}  // namespace selfsame
