// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/pickle.hpp"

#include <bit>
#include <string_view>

#include "engine/checkpoint/pickle_machine.hpp"

namespace selfsame {
namespace pickle {

/// ('storage', type, key, place, elements, ...)
void Machine::persistent() {
  const Index id = pop();
  const std::vector<Index> items = first_items(id, 5);
  const bool storage = items.size() == 5 && value(items[0]).kind == Kind::kText &&
                       value(items[0]).text == "storage" && value(items[1]).kind == Kind::kGlobal &&
                       value(items[2]).kind == Kind::kText && value(items[4]).kind == Kind::kInteger;
  if (!storage) {
    refuse("a persistent id that is no storage");
  }
  const Index made = make(Kind::kStorage);
  value(made).text = name_in(items[2]);
  value(made).integer = value(items[4]).integer;
  value(made).items = {items[1]};
  stack_.push_back(made);
}

/// (storage, offset, size, stride, ...)
Index Machine::tensor(const std::vector<Index>& a) {
  const bool fits = a.size() >= 4 && value(a[0]).kind == Kind::kStorage &&
                    value(a[1]).kind == Kind::kInteger && value(a[2]).kind == Kind::kList &&
                    value(a[3]).kind == Kind::kList;
  if (!fits) {
    refuse("a tensor without storage, offset, size and stride");
  }
  const Index made = make(Kind::kTensor);
  value(made).integer = value(a[1]).integer;
  value(made).items = {a[0], a[2], a[3]};
  return made;
}

/// A call of a function or class: by name the few that matter, else something opaque.
void Machine::call() {
  const Index arguments = pop(), function = pop();
  const std::vector<Index> items = first_items(arguments, 4);
  const std::string name = value(function).kind == Kind::kGlobal ? value(function).text : std::string();
  if (name == "torch._utils._rebuild_tensor_v2" || name == "torch._utils._rebuild_tensor") {
    stack_.push_back(tensor(items));
  } else if (name == "torch._utils._rebuild_parameter" && !items.empty()) {
    stack_.push_back(items[0]);
  } else if (name == "collections.OrderedDict") {
    const Index made = make(Kind::kDict);
    if (!items.empty() && value(items[0]).kind == Kind::kList) {  // of pairs
      for (std::size_t i = 0; i < value(items[0]).items.size(); ++i) {
        const PickleValue& pair = value(value(items[0]).items[i]);
        if (pair.kind != Kind::kList || pair.items.size() != 2) {
          refuse("an OrderedDict of what are no pairs");
        }
        value(made).items.insert(value(made).items.end(), pair.items.begin(), pair.items.end());
      }
    }
    stack_.push_back(made);
  } else {
    push(Kind::kOpaque);
  }
}

bool Machine::scalars(unsigned char op) {
  switch (op) {
    case 'N':
      push(Kind::kNone);
      return true;
    case 0x88:
      push(Kind::kBool).integer = 1;
      return true;
    case 0x89:
      push(Kind::kBool);
      return true;
    case 'J':
      push_integer(number<std::int32_t>());
      return true;
    case 'K':
      push_integer(number<std::uint8_t>());
      return true;
    case 'M':
      push_integer(number<std::uint16_t>());
      return true;
    case 0x8a:
      push_long(number<std::uint8_t>());
      return true;
    case 0x8b:
      push_long(number<std::uint32_t>());
      return true;
    case 'G': {  // big-endian
      std::uint64_t bits = 0;
      for (const char c : take(8)) {
        bits = bits << 8 | static_cast<unsigned char>(c);
      }
      push(Kind::kReal).real = std::bit_cast<double>(bits);
      return true;
    }
    case 'X':
    case 'T':
    case 'B':
      push_text(take(number<std::uint32_t>()));
      return true;
    case 'U':
    case 'C':
    case 0x8c:
      push_text(take(number<std::uint8_t>()));
      return true;
    case 0x8d:
    case 0x8e:
      push_text(take(number<std::uint64_t>()));
      return true;
    default:
      return false;
  }
}

bool Machine::containers(unsigned char op) {
  switch (op) {
    case '}':
      push(Kind::kDict);
      return true;
    case ']':
    case ')':
    case 0x8f:
      push(Kind::kList);
      return true;
    case '(':
      stack_.push_back(kMark);
      return true;
    case 't':
    case 'l':
    case 0x91:
      push_list(pop_to_mark());
      return true;
    case 0x85:
      push_last(1);
      return true;
    case 0x86:
      push_last(2);
      return true;
    case 0x87:
      push_last(3);
      return true;
    case 'd': {
      const std::vector<Index> items = pop_to_mark();
      add(make(Kind::kDict), items, Kind::kDict);
      stack_.push_back(static_cast<Index>(pickle_.values.size() - 1));
      return true;
    }
    case 'a': {
      const Index item = pop();
      add(top(), {item}, Kind::kList);
      return true;
    }
    case 'e':
    case 0x90: {
      const std::vector<Index> items = pop_to_mark();
      add(top(), items, Kind::kList);
      return true;
    }
    case 's': {
      const Index item = pop(), key = pop();
      add(top(), {key, item}, Kind::kDict);
      return true;
    }
    case 'u': {
      const std::vector<Index> items = pop_to_mark();
      add(top(), items, Kind::kDict);
      return true;
    }
    default:
      return false;
  }
}

bool Machine::objects(unsigned char op) {
  switch (op) {
    case 'c': {
      const std::string module(line());
      push(Kind::kGlobal).text = module + "." + std::string(line());
      return true;
    }
    case 0x93: {
      const std::string name = name_in(pop()), module = name_in(pop());
      push(Kind::kGlobal).text = module + "." + name;
      return true;
    }
    case 'R':
      call();
      return true;
    case 0x81:
      call();
      return true;  // class.__new__(class, *arguments)
    case 0x92:
      pop();
      call();
      return true;  // the same with named arguments
    case 'b':
      pop();
      top();
      return true;  // the state of an object: none that matters here
    case 'Q':
      persistent();
      return true;
    case 'q':
      remember(number<std::uint8_t>());
      return true;
    case 'r':
      remember(number<std::uint32_t>());
      return true;
    case 0x94:
      remember(memo_.size());
      return true;
    case 'h':
      recall(number<std::uint8_t>());
      return true;
    case 'j':
      recall(number<std::uint32_t>());
      return true;
    case '0':
      pop();
      return true;
    case '1':
      pop_to_mark();
      return true;
    case '2':
      stack_.push_back(top());
      return true;
    case 0x95:
      take(8);
      return true;  // length of a frame
    default:
      return false;
  }
}

Pickle Machine::run() {
  if (number<std::uint8_t>() != 0x80 || number<std::uint8_t>() > 5) {
    refuse("no protocol from 2 to 5");
  }
  for (;;) {
    const auto op = number<std::uint8_t>();
    if (op == '.') {
      pickle_.root = pop();
      pickle_.bytes = at_;
      return std::move(pickle_);
    }
    if (!scalars(op) && !containers(op) && !objects(op)) {
      refuse(fmt::format("unknown operation {:#04x}", op));
    }
  }
}

}  // namespace pickle

const PickleValue* Pickle::find(const PickleValue& dict, std::string_view key) const {
  for (std::size_t i = 0; dict.kind == PickleValue::Kind::kDict && i + 1 < dict.items.size(); i += 2) {
    const PickleValue& k = values[dict.items[i]];
    if (k.kind == PickleValue::Kind::kText && k.text == key) {
      return &values[dict.items[i + 1]];
    }
  }
  return nullptr;
}

Pickle read_pickle(std::span<const std::byte> bytes) { return pickle::Machine(bytes).run(); }

}  // namespace selfsame
