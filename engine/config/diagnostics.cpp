// SPDX-License-Identifier: Apache-2.0
#include "engine/config/diagnostics.hpp"

#include <algorithm>
#include <tuple>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kExcerptBefore = 70;  // bytes of a long line shown before and after the mistake
constexpr std::size_t kExcerptAfter = 40;
constexpr std::size_t kWritten = 40;
constexpr std::size_t kMessage = 500;

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

// Control characters would spoil the display.
std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; }, ' ');
  return out;
}

std::string shortened(const std::string& text) {
  std::size_t end = std::min(text.size(), kMessage);
  while (end < text.size() && !starts_character(text[end])) {
    ++end;
  }
  return printable(std::string_view(text).substr(0, end)) + (end < text.size() ? "..." : "");
}

}  // namespace

int Diagnostics::add_source(Source source) {
  sources_.push_back(std::move(source));
  return static_cast<int>(sources_.size()) - 1;
}

void Diagnostics::error(SourceRange where, std::string pointer, std::string message, std::string suggestion) {
  errors_.push_back({where, std::move(pointer), std::move(message), std::move(suggestion)});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> errors = errors_;
  std::stable_sort(errors.begin(), errors.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.where.source, a.where.begin) < std::tie(b.where.source, b.where.begin);
  });
  // A part that belongs to several documents is read with each of them: its mistakes are told once.
  std::vector<Diagnostic> once;
  for (Diagnostic& e : errors) {
    const auto same_place = [&](const Diagnostic& told) {
      return std::tie(told.where.source, told.where.begin) == std::tie(e.where.source, e.where.begin);
    };
    const auto first = std::find_if_not(once.rbegin(), once.rend(), same_place).base();
    if (std::none_of(first, once.end(), [&](const Diagnostic& told) {
          return told.pointer == e.pointer && told.message == e.message;
        })) {
      once.push_back(std::move(e));
    }
  }
  return once;
}

SourcePosition Diagnostics::position(const SourceRange& where) const {
  if (where.source < 0) {
    return {};
  }
  const std::string_view text = source(where.source).text;
  const std::string_view before = text.substr(0, where.begin);
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const bool mark = line_start == 0 && before.starts_with("\xEF\xBB\xBF");
  return {1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')),
          1 + characters(before.substr(line_start)) - (mark ? 1 : 0)};
}

std::string Diagnostics::excerpt(const SourceRange& where) const {
  const std::string_view text = source(where.source).text;
  const std::size_t at = std::min(where.begin, text.size());
  const std::size_t newline = text.substr(0, at).rfind('\n');
  std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  if (begin == 0 && text.starts_with("\xEF\xBB\xBF")) {
    begin = std::min<std::size_t>(3, at);
  }
  std::size_t end = std::min(text.find('\n', at), text.size());
  bool cut_before = false;
  bool cut_after = false;
  if (at - begin > kExcerptBefore) {
    begin = at - kExcerptBefore;
    cut_before = true;
    while (begin < at && !starts_character(text[begin])) {
      ++begin;
    }
  }
  if (end - at > kExcerptAfter) {
    end = at + kExcerptAfter;
    cut_after = true;
    while (end < text.size() && !starts_character(text[end])) {
      ++end;
    }
  }
  while (end > at && text[end - 1] == '\r') {
    --end;
  }
  std::string padding(cut_before ? 3 : 0, ' ');
  for (const char c : text.substr(begin, at - begin)) {
    padding += c == '\t' ? "\t" : starts_character(c) ? " " : "";
  }
  return fmt::format("  {}{}{}\n  {}^\n", cut_before ? "..." : "", printable(text.substr(begin, end - begin)),
                     cut_after ? "..." : "", padding);
}

std::string Diagnostics::text() const {
  const std::vector<Diagnostic> errors = sorted();
  std::string out;
  for (std::size_t i = 0; i < std::min(errors.size(), kShown); ++i) {
    const Diagnostic& e = errors[i];
    if (e.where.source >= 0) {
      const SourcePosition at = position(e.where);
      out += fmt::format("{}:{}:{}: ", source(e.where.source).name, at.line, at.column);
    }
    out += e.pointer.empty() ? "" : shortened(e.pointer) + ": ";
    out += shortened(e.message) + (e.suggestion.empty() ? "" : "; " + e.suggestion) + "\n";
    out += e.where.source >= 0 && !source(e.where.source).text.empty() ? excerpt(e.where) : "";
  }
  if (errors.size() > kShown) {
    out += fmt::format("and {} more mistakes\n", errors.size() - kShown);
  }
  if (!out.empty()) {
    out.pop_back();
  }
  return out;
}

void Diagnostics::throw_if_any() const {
  if (!empty()) {
    throw Error(ErrorKind::kUsage, text());
  }
}

std::string Diagnostics::written(const JsonValue& value) const {
  if (value.kind == JsonKind::kArray || value.kind == JsonKind::kObject || value.where.source < 0) {
    return std::string(name_of(value.kind));
  }
  const std::string& text = source(value.where.source).text;
  const std::string_view whole =
      std::string_view(text).substr(value.where.begin, value.where.end - value.where.begin);
  const bool bare = value.kind == JsonKind::kString && !whole.starts_with('"');
  std::size_t end = std::min(whole.size(), kWritten);
  while (end < whole.size() && !starts_character(whole[end])) {
    ++end;
  }
  const std::string shown = printable(whole.substr(0, end)) + (end < whole.size() ? "..." : "");
  return bare ? '"' + shown + '"' : shown;
}

}  // namespace selfsame
