// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <complex>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mri/files/scan_info.hpp"

namespace selfsame {

/// What a file of measured k-space says of itself, before a sample is read.
struct KSpaceHeader {
  std::int64_t slices = 0, coils = 0;                ///< coils = 1 for single-coil files
  std::int64_t h = 0, w = 0;                         ///< readout, phase encoding
  std::int64_t recon_h = 0, recon_w = 0;             ///< size of the reference image (0: as k-space)
  std::int64_t padding_left = 0, padding_right = 0;  ///< columns [left, right) were encoded; (0, w) = all
  std::vector<std::uint8_t> mask;       ///< w or h*w entries, if the file says what was sampled; else empty
  std::string reference;                ///< name of the reference data set ("reconstruction_rss"), or empty
  std::optional<double> max;            ///< attribute: largest value of the reference volume
  std::string acquisition, patient_id;  ///< attributes, or empty
  std::optional<std::int64_t> acceleration, num_low_frequency;
  ScanInfo scan;  ///< of the ISMRMRD header
};

/// A file with multi-coil k-space: fastMRI .h5, BART .cfl/.hdr, .ra, complex .npy. Slices are read one by
/// one. All methods are const and thread-safe.
class KSpaceFile {
 public:
  virtual ~KSpaceFile() = default;
  [[nodiscard]] virtual const std::filesystem::path& path() const = 0;
  [[nodiscard]] virtual const KSpaceHeader& header() const = 0;
  /// (coils, h, w), DC at (h / 2, w / 2). Errors: Error(kData) naming the file and the slice.
  [[nodiscard]] virtual std::vector<std::complex<float>> slice(std::int64_t index) const = 0;
  /// (recon_h, recon_w) reference image. Errors: Error(kData) if the file has none.
  [[nodiscard]] virtual std::vector<float> reference_slice(std::int64_t index) const = 0;
};

/// Opens by content, then by ending. Errors: Error(kData) naming the file and what is wrong with it; a
/// damaged HDF5 file, whatever libhdf5 does with it, is such an error.
[[nodiscard]] std::unique_ptr<KSpaceFile> open_kspace(const std::filesystem::path& path);

/// The k-space files of a folder in the order of their names' bytes, or the one file that `path` is.
[[nodiscard]] std::vector<std::filesystem::path> kspace_paths(const std::filesystem::path& path);

}  // namespace selfsame
