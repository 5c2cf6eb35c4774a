// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace selfsame {

/// Text for element content and quoted attributes: & < > " ' as entities, control characters other than
/// newline and tab as U+FFFD.
[[nodiscard]] std::string html_escape(std::string_view text);

/// RFC 4648 base64 with padding.
[[nodiscard]] std::string base64(std::string_view bytes);

/// A whole document around `body`: the style sheet is inside, nothing is fetched. Light and dark follow the
/// reader's system, columns fold on a phone, printing drops the dark colours. Classes `s0` to `s7` colour the
/// lines of plots, `f0` to `f7` their areas.
[[nodiscard]] std::string html_page(std::string_view title, std::string_view body);

}  // namespace selfsame
