// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace selfsame::test {

/// A stored result of another tool: named tensors of a small safetensors file (float32 or float64), as
/// doubles. For tests only, and independent of the reader that the engine has, so that neither can hide a
/// mistake of the other.
class Fixture {
 public:
  struct Tensor {
    std::vector<std::int64_t> shape;  ///< empty: a scalar
    std::vector<double> values;       ///< row-major
  };

  /// Throws Error(kData) with the path and the reason if the file is missing, not well-formed, has gaps or
  /// overlaps, or holds another type.
  explicit Fixture(const std::string& path);
  /// tests/fixtures/NAME.safetensors of the source tree whose root is given.
  static Fixture load(const std::string& name);

  /// Throws Error(kData) if there is no such tensor.
  [[nodiscard]] const Tensor& tensor(const std::string& name) const;
  [[nodiscard]] double scalar(const std::string& name) const;
  /// The description of the network in the file's metadata.
  [[nodiscard]] const std::string& text(const std::string& key) const;
  [[nodiscard]] std::int64_t integer(const std::string& key) const;
  /// The rest of all names that start with `prefix`: names_below("parameter/") are the state_dict keys.
  [[nodiscard]] std::vector<std::string> names_below(const std::string& prefix) const;

 private:
  std::string path_;
  std::map<std::string, Tensor> tensors_;
  std::map<std::string, std::string> texts_;
};

}  // namespace selfsame::test
