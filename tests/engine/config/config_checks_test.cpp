// SPDX-License-Identifier: Apache-2.0
// Every case of wrong_configs.txt: exact places, pointers and messages, and no mistake more or less.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/engine/config/config_cases.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame::testing {
namespace {

struct Case {
  std::size_t line = 0;  // in the file
  std::string text;
  std::vector<std::string> expected;  // "pointer: message"
};

std::string with_macros(std::string text) {
  for (std::size_t at = text.find("OK"); at != std::string::npos; at = text.find("OK", at + kOk.size())) {
    text.replace(at, 2, kOk);
  }
  for (std::size_t at = text.find('%'); at != std::string::npos; at = text.find('%', at + 1)) {
    text.replace(at, 4, 1, static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16)));
  }
  return text;
}

std::vector<Case> read_cases() {
  std::ifstream file(source_root() / "tests/engine/config/wrong_configs.txt");
  std::vector<Case> cases;
  Case current;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.starts_with("> ")) {
      current.expected.push_back(line.substr(2));
    } else if (line.empty() || (line.starts_with("# ") && current.text.empty())) {
      if (!current.expected.empty()) {
        cases.push_back(std::exchange(current, {}));
      }
    } else {
      current.line = current.line == 0 ? number : current.line;
      current.text += (current.text.empty() ? "" : "\n") + line;
    }
  }
  if (!current.expected.empty()) {
    cases.push_back(current);
  }
  return cases;
}

TEST(WrongConfigs, ReportEveryMistakeAtItsPlace) {
  const std::vector<Case> cases = read_cases();
  ASSERT_GE(cases.size(), 100U);
  for (const Case& one : cases) {
    const Marked marked = unmark(with_macros(one.text));
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < one.expected.size(); ++i) {
      // The last mark stands for all further mistakes of the same place.
      const std::string& place = marked.places.at(std::min(i, marked.places.size() - 1));
      expected.push_back(place + ": " +
                         (one.expected[i].starts_with(": ") ? one.expected[i].substr(2) : one.expected[i]));
    }
    EXPECT_EQ(mistakes(marked.text), expected) << "wrong_configs.txt:" << one.line << "\n" << marked.text;
  }
}

TEST(WrongConfigs, TheTextThatAllCasesShareIsValid) {
  EXPECT_EQ(mistakes("{" + kOk + "}"), std::vector<std::string>{});
}

}  // namespace
}  // namespace selfsame::testing
