// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/safetensors.hpp"

namespace selfsame {

enum class CheckpointSlot { kLast, kBest };

/// The checkpoints of a run: FOLDER/checkpoints/{last,best}.safetensors, each with one older generation
/// NAME.previous.safetensors. One file holds everything: tensors with the prefixes `model.`, `ema.`,
/// `optim.`, and the trainer's state (counters, schedule, best value, seed) as text in the metadata; doubles
/// there with to_exact.
///
/// A save is one durable temporary and one rename per generation (atomic_file.hpp): killed at any moment, the
/// run keeps a complete checkpoint that is at most one save old.
class CheckpointStore {
 public:
  /// Creates FOLDER/checkpoints and removes the temporaries of dead processes there. Errors: Error(kIo).
  explicit CheckpointStore(const std::filesystem::path& run_folder);

  /// Errors: Error(kIo); the older generations stay as they were.
  void save(CheckpointSlot slot, std::span<const StoredTensor> tensors, const Metadata& state) const;

  struct Loaded {
    SafetensorsFile file;
    std::string warning;  ///< empty, or why the previous generation was taken
  };
  /// The newest generation that is complete and undamaged.
  /// Errors: Error(kData) that names every generation and what is wrong with it, also when there is none.
  [[nodiscard]] Loaded load(CheckpointSlot slot) const;

  /// True if there is a file of either generation.
  [[nodiscard]] bool exists(CheckpointSlot slot) const;
  [[nodiscard]] std::filesystem::path path(CheckpointSlot slot) const;
  [[nodiscard]] std::filesystem::path previous_path(CheckpointSlot slot) const;

 private:
  std::filesystem::path folder_;
};

/// Where a float32 tensor of a file goes: product(shape) contiguous values.
struct TensorDestination {
  std::string name;
  std::vector<std::int64_t> shape;
  float* data = nullptr;
};

/// Which element types a destination accepts.
enum class LoadTypes {
  kFloat32Only,  ///< an exact copy: resuming
  kAnyFloating,  ///< F64, F16 and BF16 too, rounded to the nearest float32: foreign weights. PyTorch's
                 ///< counters NAME.num_batches_tracked are ignored.
};

/// Copies tensors of `file` to their destinations. The file's tensors that begin with `prefix` and the
/// destinations must be the same set, with the same shapes; numbers of
/// an objective, PREFIXobjective.NAME, may be left in the file. Errors: Error(kData) that lists all missing,
/// unexpected and mismatched names at once; nothing is copied then.
void load_into(std::span<const TensorDestination> destinations, const SafetensorsFile& file,
               std::string_view prefix, LoadTypes types);

/// The text of a metadata key. Errors: Error(kData) with path and key if absent.
[[nodiscard]] const std::string& metadata_at(const SafetensorsFile& file, const std::string& key);

}  // namespace selfsame
