// SPDX-License-Identifier: Apache-2.0
#include "kernels/device/shared_library.hpp"

#include <dlfcn.h>

#include <cstdlib>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

std::string linker_error() {
  const char* text = dlerror();
  return text != nullptr ? text : "no reason given";
}

}  // namespace

SharedLibrary::SharedLibrary(const Source& source) : asked_for_(source.asked_for) {
  const char* other = std::getenv(source.variable);
  const std::vector<std::string> names =
      other != nullptr && *other != '\0' ? std::vector<std::string>{other} : source.names;
  SELFSAME_CHECK(!names.empty(), "{}: no name of a library", asked_for_);
  std::string reasons;
  for (const std::string& name : names) {
    handle_ = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ != nullptr) {
      name_ = name;
      return;
    }
    reasons += (reasons.empty() ? "" : "; ") + linker_error();
  }
  fail(ErrorKind::kDevice, "{} was asked for, but {} cannot be loaded: {} ({} names another library)",
       asked_for_, names.front(), reasons, source.variable);
}

void* SharedLibrary::symbol(const char* name) const {
  void* found = dlsym(handle_, name);
  if (found == nullptr) {
    fail(ErrorKind::kDevice, "{} was asked for, but {} has no function {}: {}", asked_for_, name_, name,
         linker_error());
  }
  return found;
}

}  // namespace selfsame
