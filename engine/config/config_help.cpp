// SPDX-License-Identifier: Apache-2.0
#include "engine/config/config_help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "engine/config/field_text.hpp"
#include "engine/config/json_value.hpp"
#include "engine/config/suggest.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

// One table of the tree and the default value that belongs to it.
struct HelpNode {
  const ObjectTable* object = nullptr;
  const TaggedTable* tagged = nullptr;
  const void* value = nullptr;
};

[[noreturn]] void no_such_help(std::string_view pointer, const std::string& name,
                               const std::vector<std::string>& known) {
  const std::string hint = did_you_mean(name, known);
  fail(ErrorKind::kUsage, "the configuration has no key {}: expected one of {}{}", pointer,
       choices_text(known), hint.empty() ? "" : "; " + hint);
}

// Help of one step of the pointer; a tagged object is searched through its alternatives.
std::string help_below(HelpNode node, std::string_view rest, std::string_view pointer) {
  while (rest.starts_with('/') || rest.starts_with('.')) {
    rest.remove_prefix(1);
  }
  if (rest.empty()) {
    return node.object != nullptr ? help_text(*node.object, node.value) : help_text(*node.tagged);
  }
  const std::size_t end = std::min(rest.find_first_of("/."), rest.size());
  const std::string name(rest.substr(0, end));
  if (node.tagged != nullptr) {
    std::string out;
    std::vector<std::string> known = node.tagged->names();
    for (const Alternative& alternative : node.tagged->alternatives) {
      const std::shared_ptr<void> value = alternative.make();
      if (const Field* field = alternative.table.find(name); field != nullptr) {
        const ObjectTable one{alternative.table.help, {*field}};
        out += fmt::format("with \"type\": {}\n", json_quoted(alternative.name)) +
               help_text(one, alternative.peek(value.get()), 1);
      } else if (alternative.name == name) {
        out += help_text(alternative.table, alternative.peek(value.get()));
      }
      const std::vector<std::string> names = alternative.table.names();
      std::copy(names.begin(), names.end(), std::back_inserter(known));
    }
    return out.empty() ? (no_such_help(pointer, name, known), out) : out;
  }
  const Field* field = node.object->find(name);
  if (field == nullptr) {
    no_such_help(pointer, name, node.object->names());
  }
  if (field->object == nullptr && field->tagged == nullptr) {
    return help_text({node.object->help, {*field}}, node.value);
  }
  return help_below({field->object, field->tagged, field->shown(node.value)}, rest.substr(end), pointer);
}

}  // namespace

std::string help_at(const ObjectTable& table, const void* defaults, std::string_view pointer) {
  return help_below({&table, nullptr, defaults}, pointer, pointer);
}

}  // namespace selfsame
