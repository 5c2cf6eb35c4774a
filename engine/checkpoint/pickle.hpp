// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace selfsame {

/// A Python value out of a pickle. Nothing of a pickle is ever run: a class or function is a name, and what a
/// call of it would give is `kOpaque`, but for the few below that build containers and tensors.
struct PickleValue {
  enum class Kind : std::uint8_t {
    kNone,
    kBool,
    kInteger,
    kReal,
    kText,  ///< str or bytes
    kList,  ///< list, tuple or set
    kDict,  ///< dict or OrderedDict: keys and values in turn
    kGlobal,
    kStorage,
    kTensor,
    kOpaque,
  };
  Kind kind = Kind::kNone;
  std::int64_t integer = 0;  ///< also of a bool; offset of a tensor, elements of a storage
  double real = 0;
  std::string text;                  ///< "module.name" of a global; key of a storage
  std::vector<std::uint32_t> items;  ///< indices; of a tensor: storage, size, stride; of a storage: its type
};

/// A pickle's values, in one array; values refer to each other by index, so that neither depth nor cycles
/// matter.
struct Pickle {
  std::vector<PickleValue> values;
  std::uint32_t root = 0;
  std::size_t bytes = 0;  ///< that it took, its STOP included

  [[nodiscard]] const PickleValue& operator[](std::uint32_t index) const { return values[index]; }
  [[nodiscard]] const PickleValue& top() const { return values[root]; }
  /// The value of a text key of a dict, or nullptr.
  [[nodiscard]] const PickleValue* find(const PickleValue& dict, std::string_view key) const;
};

/// Reads one pickle of protocol 2 to 5 from the start of `bytes`, with torch's persistent ids ('storage',
/// type, key, place, elements), torch._utils._rebuild_tensor(_v2), _rebuild_parameter and
/// collections.OrderedDict. Memory and time are proportional to its bytes.
/// Errors: Error(kData) without a path: what is wrong, and at which byte.
[[nodiscard]] Pickle read_pickle(std::span<const std::byte> bytes);

}  // namespace selfsame
