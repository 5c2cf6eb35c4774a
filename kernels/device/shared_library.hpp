// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

namespace selfsame {

/// A library that is loaded when something of it is asked for, and stays loaded. The program neither links it
/// nor needs it to start.
class SharedLibrary {
 public:
  struct Source {
    const char* asked_for;           ///< what a user asked for by name: "cudnn"
    const char* variable;            ///< environment variable with a path to be used instead of `names`
    std::vector<std::string> names;  ///< tried in this order, as the dynamic linker finds them
  };
  /// Errors: Error(kDevice), "cudnn was asked for, but libcudnn.so.9 cannot be loaded: ...", with the
  /// linker's reason for every name and the variable that names another library.
  explicit SharedLibrary(const Source& source);
  SharedLibrary(const SharedLibrary&) = delete;
  SharedLibrary& operator=(const SharedLibrary&) = delete;

  /// Errors: Error(kDevice) that names library and function.
  template <typename Function>
  void find(Function*& function, const char* name) const {
    function = reinterpret_cast<Function*>(symbol(name));
  }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  [[nodiscard]] void* symbol(const char* name) const;
  const char* asked_for_;
  std::string name_;
  void* handle_ = nullptr;
};

}  // namespace selfsame
