// SPDX-License-Identifier: Apache-2.0
#include "engine/run/environment.hpp"

#include <fmt/core.h>
#include <png.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <xxhash.h>

#include <fstream>
#if defined(SELFSAME_ONEDNN)
#include <oneapi/dnnl/dnnl_version.h>
#endif

#include "engine/files/json_text.hpp"
#include "kernels/device/isa.hpp"

namespace selfsame {
namespace {

std::string build_kind() {
  std::string text;
#if defined(__OPTIMIZE__)
  text = "optimised";
#else
  text = "not optimised";
#endif
#if !defined(NDEBUG)
  text += ", assertions";
#endif
#if defined(__SANITIZE_ADDRESS__)
  text += ", address sanitizer";
#endif
#if defined(__SANITIZE_THREAD__)
  text += ", thread sanitizer";
#endif
#if defined(SELFSAME_BUILD_FLAGS)
  text += ": " SELFSAME_BUILD_FLAGS;
#endif
  return text;
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "unknown";
}

std::string isa_name() {
  return isa_available(Isa::kAvx512) ? "avx512" : isa_available(Isa::kAvx2) ? "avx2" : "baseline";
}

std::string libraries() {
  std::string text = fmt::format("fmt {}.{}.{}, libpng {}, xxhash {}.{}.{}", FMT_VERSION / 10000,
                                 FMT_VERSION / 100 % 100, FMT_VERSION % 100, PNG_LIBPNG_VER_STRING,
                                 XXH_VERSION_MAJOR, XXH_VERSION_MINOR, XXH_VERSION_RELEASE);
#if defined(SELFSAME_ONEDNN)
  text += fmt::format(", oneDNN {}.{}.{}", DNNL_VERSION_MAJOR, DNNL_VERSION_MINOR, DNNL_VERSION_PATCH);
#endif
  return text;
}

}  // namespace

Environment build_and_machine() {
  utsname system{};
  ::uname(&system);
  const double bytes =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  Environment environment{{"version", kVersion}};
#if defined(SELFSAME_GIT_HASH)
  environment.emplace_back("git", SELFSAME_GIT_HASH);
#endif
#if defined(__clang__)
  environment.emplace_back("compiler", fmt::format("clang {}", __clang_version__));
#else
  environment.emplace_back("compiler", fmt::format("gcc {}", __VERSION__));
#endif
  environment.emplace_back("build", build_kind());
  environment.emplace_back("system", fmt::format("{} {} {}", system.sysname, system.release, system.machine));
  environment.emplace_back("cpu", cpu_model());
  environment.emplace_back("isa", isa_name());
  environment.emplace_back("processors", std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)));
  environment.emplace_back("memory_gib", fmt::format("{:.1f}", bytes / 1073741824.0));
  environment.emplace_back("libraries", libraries());
  return environment;
}

std::string environment_json(const Environment& environment) {
  std::string text = "{";
  const char* separator = "\n  ";
  for (const auto& [key, value] : environment) {
    text += separator;
    append_json_string(text, key);
    text += ": ";
    append_json_string(text, value);
    separator = ",\n  ";
  }
  return text + "\n}\n";
}

}  // namespace selfsame
