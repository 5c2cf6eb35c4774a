// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace selfsame {

/// What went wrong, as a caller of the program sees it: the value is the process's exit code.
enum class ErrorKind {
  kInternal = 1,  ///< a broken contract inside the program (shapes, state)
  kUsage = 2,     ///< command line or configuration
  kData = 3,      ///< an input file that is missing, damaged or of the wrong kind
  kIo = 4,        ///< writing, disk space, permissions
  kDiverged = 5,  ///< NaN or infinity in training
  kDevice = 6,    ///< no such device, or out of memory
};

/// Every error of the library. `what()` is a sentence for a person, with the path and the values.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const { return kind_; }
  [[nodiscard]] int exit_code() const { return static_cast<int>(kind_); }

 private:
  ErrorKind kind_;
};

template <typename... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> text, Args&&... args) {
  throw Error(kind, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace selfsame

/// Checks a contract at a public entry; the message carries the values: SELFSAME_CHECK(a == b, "a {} b {}",
/// a, b).
#define SELFSAME_CHECK(condition, ...)                                                               \
  do {                                                                                               \
    if (!(condition)) {                                                                              \
      ::selfsame::fail(::selfsame::ErrorKind::kInternal, "{} [{}:{}: {}]", fmt::format(__VA_ARGS__), \
                       __FILE__, __LINE__, #condition);                                              \
    }                                                                                                \
  } while (false)
