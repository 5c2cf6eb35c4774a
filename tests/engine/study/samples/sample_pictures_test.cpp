// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_pictures.hpp"

#include <gtest/gtest.h>

#include "engine/report/html.hpp"
#include "tests/engine/study/samples/tiny_study.hpp"
#include "tests/support/markup.hpp"

namespace selfsame {
namespace {

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(SamplePictures, ShowTheSmallestAndTheLargestSize) {
  const std::string html = sample_pictures_html(tiny_study());
  EXPECT_EQ(markup_fault(html), "");
  // Noisy, clean; two outputs at two sizes; errors of the one method that has them.
  EXPECT_EQ(count_of(html, "<img"), 2u + 4u + 2u);
  EXPECT_EQ(count_of(html, base64("error png")), 2u);
  EXPECT_NE(html.find(">N = 20<"), std::string::npos);
  EXPECT_NE(html.find(">N = 1280<"), std::string::npos);
  EXPECT_EQ(html.find("N = 80"), std::string::npos);
  for (const char* said : {"noisy, 20.17 dB", "30.00 dB", "28.00 dB", "32.00 dB"}) {
    EXPECT_NE(html.find(said), std::string::npos) << said;
  }
}

TEST(SamplePictures, AllHaveAlternativeTexts) {
  const std::string html = sample_pictures_html(tiny_study());
  EXPECT_EQ(count_of(html, "<img alt=\""), count_of(html, "<img"));
  EXPECT_EQ(count_of(html, "alt=\"\""), 0u);
  EXPECT_NE(html.find("alt=\"output: &lt;y&gt;.png, a&lt;b&gt;&amp;&quot;c&quot;, &#39;d&#39;, N = 20\""),
            std::string::npos);
}

TEST(SamplePictures, LeaveOutWhatIsNotThere) {
  SampleResults results = tiny_study();
  results.pictures[0].clean.clear();
  results.pictures[0].outputs.resize(1);
  results.pictures[0].outputs[0].error.clear();
  results.pictures[0].outputs[0].psnr = std::nan("");
  const std::string html = sample_pictures_html(results);
  EXPECT_EQ(markup_fault(html), "");
  EXPECT_EQ(count_of(html, "<img"), 2u);
  EXPECT_EQ(html.find("nan"), std::string::npos);
  EXPECT_EQ(html.find(">error<"), std::string::npos);
  results.pictures[0].outputs.clear();
  EXPECT_EQ(count_of(sample_pictures_html(results), "<img"), 1u);
  results.pictures.clear();
  EXPECT_EQ(sample_pictures_html(results), "");
}

}  // namespace
}  // namespace selfsame
