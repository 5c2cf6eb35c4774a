// SPDX-License-Identifier: Apache-2.0
#include "engine/config/field_table.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

template <typename Named>
const Named* find_named(const std::vector<Named>& list, std::string_view name) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const Named& item) { return item.name == name; });
  return found == list.end() ? nullptr : &*found;
}

template <typename Named>
std::vector<std::string> names_of(const std::vector<Named>& list) {
  std::vector<std::string> names;
  for (const Named& item : list) {
    names.push_back(item.name);
  }
  return names;
}

}  // namespace

// The enums have int as underlying type (checked in set_type); memcpy is the defined way to cross that
// border.
int Field::choice(const void* value) const {
  int number = 0;
  std::memcpy(&number, value, sizeof(number));
  return number;
}

void Field::set_choice(void* value, int number) const { std::memcpy(value, &number, sizeof(number)); }

const Field* ObjectTable::find(std::string_view name) const { return find_named(fields, name); }
std::vector<std::string> ObjectTable::names() const { return names_of(fields); }

const Alternative* TaggedTable::find(std::string_view name) const { return find_named(alternatives, name); }
std::vector<std::string> TaggedTable::names() const { return names_of(alternatives); }

const Alternative& TaggedTable::selected(const void* value) const {
  const auto found = std::find_if(alternatives.begin(), alternatives.end(),
                                  [&](const Alternative& item) { return item.peek(value) != nullptr; });
  SELFSAME_CHECK(found != alternatives.end(), "no alternative of '{}' is selected", help);
  return *found;
}

}  // namespace selfsame
