// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/config/train_config.hpp"
#include "kernels/device/stream.hpp"

namespace selfsame {

/// One slice as it was acquired or simulated.
struct RawSlice {
  std::int64_t coils = 0, h = 0, w = 0;
  std::vector<std::complex<float>> kspace;  ///< (coils, h, w), DC at (h / 2, w / 2)
  std::vector<std::uint8_t> mask;           ///< what was measured, w or h*w entries; empty: everything
};

struct SliceShape {
  std::int64_t coils = 0, h = 0, w = 0;
  friend bool operator==(const SliceShape&, const SliceShape&) = default;
};

/// A numbered set of slices with multi-coil k-space. All methods are const and thread-safe; the order depends
/// on names alone.
class KSpaceSource {
 public:
  virtual ~KSpaceSource() = default;
  [[nodiscard]] virtual std::int64_t count() const = 0;
  /// "PATH[slice]", for messages.
  [[nodiscard]] virtual std::string name(std::int64_t i) const = 0;
  /// The volume that slice i belongs to: slices of one are never divided between training and validation.
  [[nodiscard]] virtual std::int64_t volume(std::int64_t i) const = 0;
  /// The name of that volume's file, ending included, or empty: fastMRI seeds validation masks with it.
  [[nodiscard]] virtual std::string file_name(std::int64_t i) const = 0;
  [[nodiscard]] virtual SliceShape shape(std::int64_t i) const = 0;
  /// Errors: Error(kData) naming the file.
  [[nodiscard]] virtual RawSlice load(std::int64_t i, Stream& stream) const = 0;
};

struct OpenedKSpace {
  std::shared_ptr<const KSpaceSource> source;
  std::vector<std::string> warnings;
};

/// The files that a path means: itself, what lies in a folder (as `list_folder` orders it), or, for a text
/// file
/// *.txt, those that it names, one a line, relative to its folder; empty lines and lines that begin with '#'
/// are ignored. Errors: Error(kData) if there is nothing at `path` or a list names what is not there.
[[nodiscard]] std::vector<std::filesystem::path> source_files(const std::filesystem::path& path);

/// Opens a source of k-space. With `skip_bad`, files that cannot be read are left out and named in the
/// warnings; otherwise one error names them all (the first 20, and the number).
/// @param cache  folder in which decoded slices of files are kept (mri/files/slice_cache.hpp); empty: none
[[nodiscard]] OpenedKSpace open_kspace_source(const SourceConfig& config, bool skip_bad,
                                              const std::filesystem::path& cache = {});

/// Those of one kind. Each in a file of its own.
[[nodiscard]] OpenedKSpace open_kspace_files(const KSpaceSourceConfig& config, bool skip_bad,
                                             const std::filesystem::path& cache = {});
[[nodiscard]] OpenedKSpace open_simulated(const SimulatedSourceConfig& config, bool skip_bad);
[[nodiscard]] OpenedKSpace open_phantoms(const PhantomSourceConfig& config);

}  // namespace selfsame
