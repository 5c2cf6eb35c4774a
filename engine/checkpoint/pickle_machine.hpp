// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>
#include <utility>

#include "engine/checkpoint/pickle.hpp"
#include "kernels/base/error.hpp"

// What runs through a pickle's operations; they are in pickle.cpp. Private to this folder.

namespace selfsame::pickle {

using Kind = PickleValue::Kind;
using Index = std::uint32_t;

inline constexpr Index kMark = 0xffffffffu;  // on the stack
inline constexpr std::size_t kMostName = 512;

/// The machine of a pickle: a stack of indices, marks among them, and a memo.
class Machine {
 public:
  explicit Machine(std::span<const std::byte> bytes) : bytes_(bytes) {}
  Pickle run();

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    fail(ErrorKind::kData, "damaged pickle: {} at byte {}", why, at_);
  }

  // ---- bytes

  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - at_) {
      refuse(fmt::format("{} bytes where {} are left", count, bytes_.size() - at_));
    }
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + at_,
                                static_cast<std::size_t>(count));
    at_ += static_cast<std::size_t>(count);
    return text;
  }
  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string_view line() {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + at_, bytes_.size() - at_);
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      refuse("a line without end");
    }
    at_ += end + 1;
    return rest.substr(0, end);
  }

  // ---- values

  PickleValue& value(Index i) { return pickle_.values[i]; }
  Index make(Kind kind) {
    pickle_.values.emplace_back();
    pickle_.values.back().kind = kind;
    return static_cast<Index>(pickle_.values.size() - 1);
  }
  PickleValue& push(Kind kind) {
    stack_.push_back(make(kind));
    return value(stack_.back());
  }
  Index top() const {
    if (stack_.empty() || stack_.back() == kMark) {
      refuse("an empty stack");
    }
    return stack_.back();
  }
  Index pop() {
    const Index i = top();
    stack_.pop_back();
    return i;
  }
  /// What lies above the last mark; the mark goes too.
  std::vector<Index> pop_to_mark() {
    std::size_t mark = stack_.size();
    while (mark > 0 && stack_[mark - 1] != kMark) {
      --mark;
    }
    if (mark == 0) {
      refuse("no mark");
    }
    std::vector<Index> items(stack_.begin() + static_cast<std::ptrdiff_t>(mark), stack_.end());
    stack_.resize(mark - 1);
    return items;
  }
  /// The first items of a list, at most so many: what is not needed is not copied, so that time stays
  /// proportional to the bytes however often a long list is named.
  std::vector<Index> first_items(Index list, std::size_t most) {
    const std::vector<Index>& items = value(list).items;
    const std::size_t count = value(list).kind == Kind::kList ? std::min(items.size(), most) : 0;
    return {items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count)};
  }
  std::string name_in(Index i) {
    if (value(i).kind != Kind::kText || value(i).text.size() > kMostName) {
      refuse("a name that is no short text");
    }
    return value(i).text;
  }
  void push_text(std::string_view text) { push(Kind::kText).text = text; }
  void push_integer(std::int64_t v) { push(Kind::kInteger).integer = v; }
  void push_list(std::vector<Index> items) { push(Kind::kList).items = std::move(items); }
  void push_last(std::size_t count) {
    std::vector<Index> items(count);
    for (std::size_t i = count; i-- > 0;) {
      items[i] = pop();
    }
    push_list(std::move(items));
  }
  void push_long(std::uint64_t count) {
    const std::string_view digits = take(count);
    if (count > 8) {
      push(Kind::kOpaque);  // no size and no offset is that long
      return;
    }
    std::uint64_t v = count > 0 && (digits.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = digits.size(); i-- > 0;) {
      v = v << 8 | static_cast<unsigned char>(digits[i]);
    }
    push_integer(std::bit_cast<std::int64_t>(v));
  }

  /// Adds to a container; an opaque one swallows them.
  void add(Index to, const std::vector<Index>& items, Kind kind) {
    if (value(to).kind == Kind::kOpaque) {
      return;
    }
    if (value(to).kind != kind || (kind == Kind::kDict && items.size() % 2 != 0)) {
      refuse("items for what is no container of them");
    }
    value(to).items.insert(value(to).items.end(), items.begin(), items.end());
  }

  void remember(std::uint64_t place) {
    // A memo is numbered from 0 as it grows: one larger than the pickle is damage.
    if (place >= bytes_.size()) {
      refuse(fmt::format("memo {}", place));
    }
    if (memo_.size() <= place) {
      memo_.resize(static_cast<std::size_t>(place) + 1, kMark);
    }
    memo_[static_cast<std::size_t>(place)] = top();
  }
  void recall(std::uint64_t place) {
    if (place >= memo_.size() || memo_[static_cast<std::size_t>(place)] == kMark) {
      refuse(fmt::format("memo {} is empty", place));
    }
    stack_.push_back(memo_[static_cast<std::size_t>(place)]);
  }

  void persistent();
  void call();
  Index tensor(const std::vector<Index>& arguments);
  bool containers(unsigned char op);
  bool scalars(unsigned char op);
  bool objects(unsigned char op);

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  Pickle pickle_;
  std::vector<Index> stack_, memo_;
};

}  // namespace selfsame::pickle
