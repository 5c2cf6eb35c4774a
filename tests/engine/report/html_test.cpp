// SPDX-License-Identifier: Apache-2.0
#include "engine/report/html.hpp"

#include <gtest/gtest.h>

#include "tests/support/markup.hpp"

namespace selfsame {
namespace {

TEST(Html, EscapesWhatCouldBeMarkup) {
  EXPECT_EQ(html_escape("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(html_escape("caf\xC3\xA9\n\t"), "caf\xC3\xA9\n\t");
  EXPECT_EQ(html_escape("\x1b["), "\xEF\xBF\xBD[");
}

TEST(Html, Base64HasTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    EXPECT_EQ(base64(plain), coded);
  }
  EXPECT_EQ(base64("\xFF\xFE\xFD"), "//79");
}

TEST(Html, APageIsOneWellFormedDocumentThatFetchesNothing) {
  const std::string page = html_page("a < b", "<p>text</p>\n");
  EXPECT_EQ(markup_fault(page), "");
  EXPECT_NE(page.find("<title>a &lt; b</title>"), std::string::npos);
  for (const char* outside : {"http:", "https:", "url(", "@import", "<script", "<link"}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
  for (const char* wanted : {"prefers-color-scheme:dark", "@media print", "name=\"viewport\""}) {
    EXPECT_NE(page.find(wanted), std::string::npos) << wanted;
  }
}

TEST(MarkupFault, SeesFaults) {
  EXPECT_EQ(markup_fault("<p class=\"a>b\">x &amp; y<img alt=\"\"></p>"), "");
  for (const char* bad : {"<p>", "</p>", "<p></q>", "a & b", "<p", "<b><i></b></i>", "<p <b></b></p>"}) {
    EXPECT_NE(markup_fault(bad), "") << bad;
  }
}

}  // namespace
}  // namespace selfsame
