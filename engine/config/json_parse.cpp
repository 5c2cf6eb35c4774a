// SPDX-License-Identifier: Apache-2.0
// A recursive-descent reader written for positions: every value and key keeps its byte range.
#include "engine/config/json_parse.hpp"

#include <charconv>
#include <cmath>
#include <unordered_set>

#include "engine/config/utf8.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Thrown after a mistake that leaves the rest of the text without meaning; caught in parse_json.
struct Abandon {};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '+' || c == '.';
}

class Parser {
 public:
  Parser(Diagnostics& diagnostics, int source, const JsonOptions& options)
      : diagnostics_(diagnostics),
        text_(diagnostics.source(source).text),
        source_(source),
        options_(options),
        at_(options.begin),
        pointer_(options.pointer) {}

  JsonValue document() {
    if (at_ == 0 && text_.starts_with(kByteOrderMark)) {
      at_ = kByteOrderMark.size();
    }
    skip_space();
    JsonValue value = this->value(1);
    skip_space();
    if (at_ < text_.size()) {
      abandon(at_, "expected the end of the text, got " + seen());
    }
    return value;
  }

 private:
  // ---- reporting
  // ---------------------------------------------------------------------------------------------
  void report(std::size_t begin, std::string message) {
    diagnostics_.error({source_, begin, at_}, pointer_, std::move(message));
  }

  [[noreturn]] void abandon(std::size_t begin, std::string message) {
    report(begin, std::move(message));
    throw Abandon{};
  }

  // What stands at the reading position, for "got ...".
  [[nodiscard]] std::string seen() const {
    if (at_ >= text_.size()) {
      return "the end of the text";
    }
    const std::size_t length = utf8_length(text_.substr(at_));
    if (length == 0 || static_cast<unsigned char>(text_[at_]) < 0x20) {
      return fmt::format("byte 0x{:02X}", static_cast<unsigned char>(text_[at_]));
    }
    std::size_t end = at_ + length;
    while (is_word(text_[at_]) && end < text_.size() && end < at_ + 30 && is_word(text_[end])) {
      ++end;
    }
    return fmt::format("'{}'", text_.substr(at_, end - at_));
  }

  // ---- white space and comments
  // ------------------------------------------------------------------------------
  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else if (c == '/' && options_.comments == JsonComments::kAllowed) {
        skip_comment();
      } else {
        return;
      }
    }
  }

  void skip_comment() {
    const std::size_t begin = at_;
    if (text_.substr(at_, 2) == "//") {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (text_.substr(at_, 2) == "/*") {
      const std::size_t close = text_.find("*/", at_ + 2);
      if (close == std::string_view::npos) {
        abandon(begin, "expected the end of this comment, */");
      }
      at_ = close + 2;
    } else {
      abandon(begin, "expected a value or a comment, got '/'");
    }
  }

  // ---- values
  // ------------------------------------------------------------------------------------------------
  JsonValue value(int depth) {
    const std::size_t begin = at_;
    if (++values_ > options_.values) {
      abandon(begin, fmt::format("expected at most {} values", options_.values));
    }
    JsonValue result;
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (c == '{' || c == '[') {
      if (depth > options_.depth) {
        abandon(begin, fmt::format("expected at most {} nested arrays and objects", options_.depth));
      }
      c == '{' ? object(result, depth) : array(result, depth);
    } else if (c == '"') {
      result.kind = string(result.string) ? JsonKind::kString : JsonKind::kInvalid;
    } else {
      scalar(result);
    }
    result.where = {source_, begin, at_};
    return result;
  }

  void object(JsonValue& result, int depth) {
    result.kind = JsonKind::kObject;
    std::unordered_set<std::string> names;
    ++at_;
    for (skip_space(); !take('}'); skip_space()) {
      if (!names.empty() && !comma('}')) {
        continue;
      }
      member(result, names, depth);
    }
  }

  void member(JsonValue& result, std::unordered_set<std::string>& names, int depth) {
    JsonMember member;
    const std::size_t begin = at_;
    if (at_ >= text_.size() || text_[at_] != '"') {
      abandon(begin, "expected a key in double quotes, got " + seen());
    }
    string(member.name);
    member.where = {source_, begin, at_};
    const std::size_t parent = pointer_.size();
    pointer_ += '/' + pointer_step(member.name);
    const bool first = names.insert(member.name).second;
    if (!first) {
      report(begin, "duplicate key " + json_quoted(member.name));
    }
    skip_space();
    if (!take(':')) {
      abandon(at_, "expected ':' after the key, got " + seen());
    }
    skip_space();
    member.value = value(depth + 1);
    pointer_.resize(parent);
    if (first) {
      result.members.push_back(std::move(member));
    }
  }

  void array(JsonValue& result, int depth) {
    result.kind = JsonKind::kArray;
    ++at_;
    for (skip_space(); !take(']'); skip_space()) {
      if (!result.items.empty() && !comma(']')) {
        continue;
      }
      const std::size_t parent = pointer_.size();
      pointer_ += '/' + std::to_string(result.items.size());
      result.items.push_back(value(depth + 1));
      pointer_.resize(parent);
    }
  }

  bool take(char c) {
    if (at_ < text_.size() && text_[at_] == c) {
      ++at_;
      return true;
    }
    return false;
  }

  // Reads the comma between two elements; false after a trailing one, which is reported.
  bool comma(char close) {
    const std::size_t begin = at_;
    if (!take(',')) {
      abandon(begin, fmt::format("expected ',' or '{}', got {}", close, seen()));
    }
    skip_space();
    if (at_ < text_.size() && text_[at_] == close) {
      report(begin, fmt::format("expected no comma before '{}'", close));
      return false;
    }
    return true;
  }

  // ---- scalars
  // -----------------------------------------------------------------------------------------------
  void scalar(JsonValue& result) {
    const std::size_t begin = at_;
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) {
      ++end;
    }
    const std::string_view word = text_.substr(begin, end - begin);
    if (word == "true" || word == "false") {
      result.kind = JsonKind::kBoolean;
      result.boolean = word == "true";
    } else if (word == "null") {
      result.kind = JsonKind::kNull;
    } else if (is_number(word)) {
      number(result, word);
    } else if (is_not_finite(word)) {
      result.kind = JsonKind::kInvalid;
      report(begin, fmt::format("expected a finite number, got {}", word));
    } else {
      abandon(begin, "expected a value, got " + seen());
    }
    at_ = end;
  }

  static bool is_not_finite(std::string_view word) {
    if (word.starts_with('-') || word.starts_with('+')) {
      word.remove_prefix(1);
    }
    for (const std::string_view name : {"NaN", "nan", "Infinity", "infinity", "Inf", "inf"}) {
      if (word == name) {
        return true;
      }
    }
    return false;
  }

  // -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
  static bool is_number(std::string_view word) {
    std::size_t i = 0;
    const auto digits = [&] {
      const std::size_t first = i;
      while (i < word.size() && word[i] >= '0' && word[i] <= '9') {
        ++i;
      }
      return i - first;
    };
    const auto skip = [&](std::string_view set) {
      const bool present = i < word.size() && set.find(word[i]) != std::string_view::npos;
      i += present ? 1 : 0;
      return present;
    };
    skip("-");
    const bool zero = i < word.size() && word[i] == '0';
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1) || (skip(".") && digits() == 0)) {
      return false;
    }
    if (skip("eE")) {
      skip("+-");
      if (digits() == 0) {
        return false;
      }
    }
    return i == word.size();
  }

  void number(JsonValue& result, std::string_view word) {
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), result.number);
    result.kind = JsonKind::kNumber;
    if (code != std::errc{} || end != word.data() + word.size() || !std::isfinite(result.number)) {
      result.kind = JsonKind::kInvalid;
      report(at_, fmt::format("expected a number in the range of a double, got {}", word.substr(0, 40)));
    }
  }

  // ---- strings
  // ----------------------------------------------------------------------------------------------- Reads a
  // string with its quotes; false if it holds invalid bytes or escapes, which are reported once.
  bool string(std::string& out) {
    const std::size_t begin = at_;
    bool valid = true;
    for (++at_; !take('"');) {
      if (at_ >= text_.size()) {
        abandon(begin, "expected the closing quote of this string");
      }
      if (at_ - begin > options_.string_bytes) {
        abandon(begin, fmt::format("expected a string of at most {} bytes", options_.string_bytes));
      }
      const std::size_t here = at_;
      std::string problem = text_[at_] == '\\' ? escape(out) : plain(out);
      if (!problem.empty() && valid) {
        valid = false;
        report(here, std::move(problem));
      }
    }
    return valid;
  }

  std::string plain(std::string& out) {
    const auto byte = static_cast<unsigned char>(text_[at_]);
    if (byte == '\n' || byte == '\r') {
      abandon(at_, "expected the closing quote of this string before the end of the line");
    }
    const std::size_t length = utf8_length(text_.substr(at_));
    if (byte < 0x20 || length == 0) {
      ++at_;
      out += "\xEF\xBF\xBD";
      return byte < 0x20 ? fmt::format("expected control byte 0x{:02X} to be escaped", byte)
                         : fmt::format("invalid UTF-8: byte 0x{:02X}", byte);
    }
    out.append(text_.substr(at_, length));
    at_ += length;
    return {};
  }

  std::string escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    ++at_;
    const char letter = at_ < text_.size() ? text_[at_] : '\0';
    if (const std::size_t i = kLetters.find(letter); i != std::string_view::npos && letter != '\0') {
      ++at_;
      out += kMeanings[i];
      return {};
    }
    unsigned code = 0;
    if (letter != 'u' || !hex(code)) {
      return fmt::format("expected an escape of JSON after '\\', got {}", seen());
    }
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
      unsigned low = 0;
      ++at_;
      if (!hex(low) || low < 0xDC00 || low > 0xDFFF) {
        return "invalid surrogate pair";
      }
      code = 0x10000U + ((code - 0xD800U) << 10U) + (low - 0xDC00U);
    }
    if (code >= 0xD800 && code <= 0xDFFF) {
      return "invalid surrogate pair";
    }
    append_utf8(out, code);
    return {};
  }

  // Reads the four digits after a 'u'.
  bool hex(unsigned& code) {
    const std::string_view digits = text_.substr(at_ + 1, 4);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (error != std::errc{} || digits.size() < 4 || end != digits.data() + 4) {
      return false;
    }
    at_ += 5;
    return true;
  }

  Diagnostics& diagnostics_;
  std::string_view text_;
  int source_;
  const JsonOptions& options_;
  std::size_t at_;
  std::size_t values_ = 0;
  std::string pointer_;  // of the value being read
};

}  // namespace

JsonValue parse_json(Diagnostics& diagnostics, int source, const JsonOptions& options) {
  JsonValue invalid;
  invalid.kind = JsonKind::kInvalid;
  invalid.where = {source, options.begin, options.begin};
  const std::size_t size = diagnostics.source(source).text.size();
  if (size > options.bytes) {
    diagnostics.error(invalid.where, options.pointer,
                      fmt::format("expected at most {} bytes, got {}", options.bytes, size));
    return invalid;
  }
  try {
    return Parser(diagnostics, source, options).document();
  } catch (const Abandon&) {
    return invalid;
  }
}

}  // namespace selfsame
