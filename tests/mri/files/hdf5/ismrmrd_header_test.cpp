// SPDX-License-Identifier: Apache-2.0
#include "mri/files/hdf5/ismrmrd_header.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

namespace selfsame {
namespace {

const std::string kXml =
    "<?xml version=\"1.0\"?><!DOCTYPE x><i:ismrmrdHeader xmlns:i='http://www.ismrm.org/ISMRMRD' a='>'>"
    "<!-- <i:encoding><encodedSpace><matrixSize><y>9</y></matrixSize></encodedSpace></i:encoding> -->"
    "<empty/><i:encoding><encodedSpace><matrixSize><x>640</x><y> 322 </y></matrixSize></encodedSpace>"
    "<reconSpace><matrixSize><x>320</x><y>320</y></matrixSize></reconSpace><encodingLimits>"
    "<kspace_encoding_step_0><maximum>7</maximum></kspace_encoding_step_0>"
    "<kspace_encoding_step_1><minimum>0</minimum><maximum>317</maximum><center>159</center>"
    "</kspace_encoding_step_1></encodingLimits></i:encoding>"
    "<i:encoding><encodedSpace><matrixSize><y>1</y></matrixSize></encodedSpace></i:encoding>"
    "</i:ismrmrdHeader>";

TEST(IsmrmrdHeader, NumbersOfTheFirstEncodingAreFound) {
  const IsmrmrdHeader header = read_ismrmrd_header(kXml);
  EXPECT_EQ(header.encoded_x, 640);
  EXPECT_EQ(header.encoded_y, 322);
  EXPECT_EQ(header.recon_x, 320);
  EXPECT_EQ(header.recon_y, 320);
  EXPECT_EQ(header.center, 159);
  EXPECT_EQ(header.maximum, 317);
}

TEST(IsmrmrdHeader, PixelsAreThoseOfTheEncodedSpace) {
  const std::string text =
      "<ismrmrdHeader><experimentalConditions><H1resonanceFrequency_Hz>123216904</H1resonanceFrequency_Hz>"
      "</experimentalConditions><encoding><encodedSpace><matrixSize><x>640</x><y>368</y><z>1</z></matrixSize>"
      "<fieldOfView_mm><x>280</x><y>161.00000000000003</y><z>4.5</z></fieldOfView_mm></encodedSpace>"
      "<reconSpace><matrixSize><x>320</x><y>320</y><z>1</z></matrixSize>"
      "<fieldOfView_mm><x>140</x><y>140</y><z>4.5</z></fieldOfView_mm></reconSpace></encoding></"
      "ismrmrdHeader>";
  const ScanInfo scan = scan_info(read_ismrmrd_header(text));
  EXPECT_EQ(scan.pixel_h_mm, 0.4375);
  EXPECT_EQ(scan.pixel_w_mm, 161.00000000000003 / 368);
  EXPECT_EQ(scan.slice_mm, 4.5);
  EXPECT_EQ(scan.h1_hz, 123216904);
  const ScanInfo unknown = scan_info(read_ismrmrd_header(kXml));
  EXPECT_EQ(unknown.pixel_h_mm + unknown.pixel_w_mm + unknown.slice_mm, 0.0);
  EXPECT_EQ(unknown.h1_hz, 0);
}

TEST(IsmrmrdHeader, LengthsThatNoScanHasAreUnknown) {
  for (const double length :
       {-1.0, 0.0, 1e5, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    IsmrmrdHeader header;
    header.encoded_x = 10;
    header.encoded_x_mm = length;
    EXPECT_EQ(scan_info(header).pixel_h_mm, 0.0) << length;
  }
  IsmrmrdHeader header;
  header.encoded_x = 0;
  header.encoded_x_mm = 100;
  header.h1_hz = -5;
  EXPECT_EQ(scan_info(header).pixel_h_mm, 0.0);
  EXPECT_EQ(scan_info(header).h1_hz, 0);
}

TEST(IsmrmrdHeader, WhatIsMissingIsAbsent) {
  for (const char* text :
       {"", "no xml", "<", "<a", "</a>", "<a b='", "<!--", "<?", "<![CDATA[", "<a></a></b><c>",
        "<ismrmrdHeader><encoding><encodedSpace><matrixSize><y>x</y></matrixSize>"}) {
    const IsmrmrdHeader header = read_ismrmrd_header(text);
    EXPECT_FALSE(header.encoded_y || header.recon_x || header.center) << text;
  }
}

TEST(IsmrmrdHeader, NoTextIsTooStrange) {
  std::mt19937 random(1);
  std::string deep;
  for (int i = 0; i < 100000; ++i) {
    deep += "<a>";
  }
  (void)read_ismrmrd_header(deep);
  for (int i = 0; i < 20000; ++i) {
    std::string text = kXml.substr(0, random() % (kXml.size() + 1));
    for (std::uint32_t n = random() % 8; n > 0 && !text.empty(); --n) {
      text[random() % text.size()] = "<>/!-?'\"[] \0a9"[random() % 14];
    }
    (void)read_ismrmrd_header(text);
  }
}

TEST(IsmrmrdHeader, ColumnsAreThoseOfFastMri) {
  const auto columns = [](std::int64_t y, std::int64_t center, std::int64_t maximum, std::int64_t width) {
    IsmrmrdHeader header;
    header.encoded_y = y;
    header.center = center;
    header.maximum = maximum;
    return encoded_columns(header, width);
  };
  using Pair = std::pair<std::int64_t, std::int64_t>;
  EXPECT_EQ(columns(322, 159, 317, 322), (Pair{2, 320}));
  EXPECT_EQ(columns(368, 184, 367, 368), (Pair{0, 368}));
  EXPECT_EQ(columns(6, 2, 3, 6), (Pair{1, 5}));
  EXPECT_EQ(columns(6, 4, 9, 6), (Pair{0, 6})) << "limited to the columns there are";
  EXPECT_EQ(columns(600, 0, 10, 6), (Pair{0, 6})) << "nothing would be left";
  EXPECT_EQ(columns(std::int64_t{1} << 62, -(std::int64_t{1} << 62), 1, 6), (Pair{0, 6}));
  EXPECT_EQ(encoded_columns({}, 6), (Pair{0, 6}));
}

}  // namespace
}  // namespace selfsame
