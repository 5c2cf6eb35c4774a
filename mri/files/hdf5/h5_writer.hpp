// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "mri/files/atomic_file.hpp"
#include "mri/files/kspace_file.hpp"

namespace selfsame {

/// Writes an HDF5 file without libhdf5, so that results can be written by every build, in parts of any size,
/// and never by a library that might fail half-way: superblock 0, one root group, contiguous data sets of
/// little-endian float32 or of the compound {r, i} of two, and attributes of the root that are a double or a
/// text of variable length (h5py gives float and str). The same calls give the same bytes.
///
/// Data are appended in the order in which the data sets were given, C order. Errors: Error(kInternal) for
/// names or sizes that do not fit, and when the parts are not the whole; Error(kIo) when writing fails.
/// Source: HDF5 File Format Specification, version 1.1 structures.
class H5Writer {
 public:
  struct DataSet {
    std::string name;
    std::vector<std::int64_t> shape;  ///< 1 to 8 dimensions, each at least 1
    bool complex = false;
  };
  struct Attribute {
    std::string name;
    std::variant<double, std::string> value;
  };

  /// At most 8 data sets.
  H5Writer(const std::filesystem::path& path, std::vector<DataSet> data_sets,
           std::span<const Attribute> attributes);
  void append(std::span<const float> values);  ///< two floats for a complex element
  void commit();

 private:
  AtomicFile file_;
  std::uint64_t missing_ = 0;  ///< floats
};

/// The file that fastMRI's evaluate.py and leaderboard expect for one input file of the same name:
/// `reconstruction`, float32 (slices, h, w).
void write_h5_reconstruction(const std::filesystem::path& path, std::span<const float> values,
                             std::int64_t slices, std::int64_t h, std::int64_t w);

/// A file in fastMRI's layout: `kspace` (slices, coils, h, w) - (slices, h, w) if `header.coils` is 1 and
/// `single` - with the reference image `header.reference` (slices, recon_h, recon_w) unless that is empty,
/// `mask` (float32, w or (h, w)) unless empty, and the attributes that `header` has. `kspace` and `reference`
/// give the slices, in order, each once.
/// @param norm  attribute: Euclidean norm of the reference volume, as fastMRI files have it; none if absent
struct H5KSpaceSlices {
  std::function<std::vector<std::complex<float>>(std::int64_t)> kspace;
  std::function<std::vector<float>(std::int64_t)> reference;
};
void write_h5_kspace(const std::filesystem::path& path, const KSpaceHeader& header,
                     const H5KSpaceSlices& slices, bool single, std::optional<double> norm = {});

}  // namespace selfsame
