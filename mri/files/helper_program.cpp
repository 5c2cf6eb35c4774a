// SPDX-License-Identifier: Apache-2.0
#include "mri/files/helper_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "mri/files/isolated_process.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

std::string printable(std::string text) {
  for (char& c : text) {
    c = static_cast<unsigned char>(c) < 32 || c == 127 ? ' ' : c;
  }
  return text;
}

}  // namespace

fs::path find_helper_program(const std::string& name) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  for (const fs::path& folder : {self.parent_path(), self.parent_path().parent_path()}) {
    if (!error && fs::is_regular_file(folder / name, error)) {
      return folder / name;
    }
    error.clear();
  }
  return {};
}

HelperAnswer ask_helper(const fs::path& program, const HelperMagic& magic, std::vector<std::string> words,
                        const HelperLimits& limits) {
  const std::vector<std::string> given{fmt::format("{}", limits.memory_bytes),
                                       fmt::format("{:.0f}", std::ceil(limits.processor_seconds)),
                                       fmt::format("{:.0f}", std::ceil(limits.seconds))};
  words.insert(words.begin() + 1, given.begin(), given.end());
  const std::uint64_t longest = std::max(limits.longest_answer_bytes, kHelperLongestRefusal);
  IsolatedResult result = run_isolated(program, words, {limits.seconds, kHelperPrefixBytes + longest});
  HelperAnswer answer;
  if (!result.failure.empty()) {
    answer.failure = std::move(result.failure);
    return answer;
  }
  std::uint64_t size = 0;
  const std::string_view found = std::string_view(result.output).substr(0, 8);
  if (result.output.size() >= kHelperPrefixBytes) {
    std::memcpy(&size, result.output.data() + 8, sizeof size);
  }
  if (result.output.size() < kHelperPrefixBytes || size != result.output.size() - kHelperPrefixBytes ||
      (found != magic.answer && found != magic.refusal)) {
    answer.failure = fmt::format("answered {} bytes of something else", result.output.size());
    return answer;
  }
  const bool refused = found == magic.refusal;
  result.output.erase(0, kHelperPrefixBytes);
  if (refused) {
    answer.refusal = printable(std::move(result.output));
    answer.refusal = answer.refusal.empty() ? "no reason given" : answer.refusal;
  } else {
    answer.content = std::move(result.output);
  }
  return answer;
}

}  // namespace selfsame
