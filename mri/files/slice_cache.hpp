// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <memory>

#include "mri/files/kspace_file.hpp"

namespace selfsame {

/// The k-space file `source`, decoded once into one file of the folder `cache` (which is created) and read
/// from there ever after: neither libhdf5 nor a decompressor stands between training and its data. The result
/// has the source's path and header, and is as thread-safe as any KSpaceFile.
///
/// The cache file is trusted for nothing:
/// - it is used only if it names this source with its size and time of change, and is whole (its table of
///   contents is hashed, its length is exact);
/// - every slice is hashed when it is written and checked each time it is read (XXH3-128);
/// - otherwise it is built again from the source, under a temporary name, and takes its place when it is
///   complete. Several processes may do so at once.
///
/// Errors:  Error(kData) as those of the source, also when it is changed while it is in use; Error(kIo) if
///          the cache cannot be written, also for lack of space.
/// Cost:    8 bytes per sample of k-space and 4 per pixel of the reference on disk; one pass of reading and
///          hashing per slice.
[[nodiscard]] std::unique_ptr<KSpaceFile> open_cached_kspace(const std::filesystem::path& source,
                                                             const std::filesystem::path& cache);

/// The cache file of a source: its name, and a hash of its absolute path.
[[nodiscard]] std::filesystem::path slice_cache_path(const std::filesystem::path& source,
                                                     const std::filesystem::path& cache);

}  // namespace selfsame
