// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/base/error.hpp"

namespace selfsame {

/// "a, b, c" of what `name` gives for every item, or "none": for messages.
template <typename Range, typename Name>
[[nodiscard]] std::string names_of(const Range& range, Name name) {
  std::string names;
  for (const auto& item : range) {
    names += names.empty() ? "" : ", ";
    names += name(item);
  }
  return names.empty() ? "none" : names;
}

/// What files register themselves in, before main and in no particular order: objectives, mask families.
/// `Info` has a `name`, which lives as long as the program, and `options`, each with a `name`.
template <typename Info>
class Registry {
 public:
  /// @param what  an entry in messages: "objective"
  /// @param with  how a message about its options begins, and its verb: "masks", "have"
  explicit Registry(const char* what) : Registry(what, what, "has") {}
  Registry(const char* what, const char* with, const char* verb) : what_(what), with_(with), verb_(verb) {}

  /// Throws Error(kInternal) if the name is taken.
  bool add(const Info& info) {
    const bool added = entries_.emplace(info.name, info).second;
    SELFSAME_CHECK(added, "{} '{}' is registered twice", what_, info.name);
    return added;
  }
  /// Sorted by name.
  [[nodiscard]] std::vector<Info> all() const {
    std::vector<Info> list;
    for (const auto& [name, info] : entries_) {
      list.push_back(info);
    }
    return list;
  }
  /// Errors: Error(kUsage) that lists the known names.
  [[nodiscard]] const Info& find(std::string_view name) const {
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
      fail(ErrorKind::kUsage, "no {} '{}'; known: {}", what_, name,
           names_of(entries_, [](const auto& entry) { return entry.first; }));
    }
    return found->second;
  }
  /// Errors: Error(kUsage) that lists the entry's options.
  [[nodiscard]] auto& option(const Info& info, std::string_view name) const {
    const auto known = std::find_if(info.options.begin(), info.options.end(),
                                    [&](const auto& option) { return option.name == name; });
    if (known == info.options.end()) {
      fail(ErrorKind::kUsage, "{} '{}' {} no option '{}'; known: {}", with_, info.name, verb_, name,
           names_of(info.options, [](const auto& option) { return option.name; }));
    }
    return *known;
  }

 private:
  const char *what_, *with_, *verb_;
  std::map<std::string_view, Info> entries_;
};

}  // namespace selfsame
