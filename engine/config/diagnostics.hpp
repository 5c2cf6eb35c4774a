// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/config/json_value.hpp"

namespace selfsame {

/// A text that configuration was read from: a file, or one argument of the command line.
struct Source {
  std::string name;  ///< as the user wrote it: "quickstart.json", "--set seed=1"
  std::string text;
  std::string folder;  ///< absolute; relative paths written in this text start here
  int layer = 0;       ///< the place in the order of merging: a later layer overrides an earlier one
};

/// Line and column as an editor shows them: from 1, columns in characters (not bytes).
struct SourcePosition {
  std::size_t line = 1;
  std::size_t column = 1;
};

/// One mistake in the configuration.
struct Diagnostic {
  SourceRange where;
  std::string pointer;     ///< JSON pointer; empty: the text as a whole
  std::string message;     ///< "expected X, got Y"
  std::string suggestion;  ///< `did you mean "name"?`, or empty
};

/// The texts of one configuration and every mistake found in them so far.
class Diagnostics {
 public:
  /// Adds a text and returns its number.
  int add_source(Source source);
  [[nodiscard]] const Source& source(int index) const { return sources_[static_cast<std::size_t>(index)]; }
  [[nodiscard]] Source& source(int index) { return sources_[static_cast<std::size_t>(index)]; }
  [[nodiscard]] int source_count() const { return static_cast<int>(sources_.size()); }

  void error(SourceRange where, std::string pointer, std::string message, std::string suggestion = {});

  [[nodiscard]] bool empty() const { return errors_.empty(); }
  [[nodiscard]] std::size_t count() const { return errors_.size(); }
  /// Takes back the errors after the first `count`: what was tried may be read in another way.
  void keep_first(std::size_t count) { errors_.resize(count); }
  /// In the order of the texts: by source, then by position; each mistake once.
  [[nodiscard]] std::vector<Diagnostic> sorted() const;
  [[nodiscard]] SourcePosition position(const SourceRange& where) const;

  /// Every mistake as "FILE:LINE:COL: /pointer: expected X, got Y; did you mean "name"?", the line and a
  /// caret. At most kShown in full, then their number.
  [[nodiscard]] std::string text() const;
  static constexpr std::size_t kShown = 100;

  /// Throws Error(kUsage) with text() if there is any mistake.
  void throw_if_any() const;

  /// The value as it was written, shortened to 40 characters; containers by their kind.
  [[nodiscard]] std::string written(const JsonValue& value) const;

 private:
  [[nodiscard]] std::string excerpt(const SourceRange& where) const;

  std::vector<Source> sources_;
  std::vector<Diagnostic> errors_;
};

}  // namespace selfsame
