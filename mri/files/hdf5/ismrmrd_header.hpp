// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "mri/files/scan_info.hpp"

namespace selfsame {

/// What the XML header of an ISMRMRD file (and of a fastMRI file) says of the first encoding; what is missing
/// or no number is absent.
struct IsmrmrdHeader {
  std::optional<std::int64_t> encoded_x, encoded_y, encoded_z;     ///< encodedSpace/matrixSize
  std::optional<std::int64_t> recon_x, recon_y;                    ///< reconSpace/matrixSize
  std::optional<std::int64_t> center, maximum;                     ///< encodingLimits/kspace_encoding_step_1
  std::optional<double> encoded_x_mm, encoded_y_mm, encoded_z_mm;  ///< encodedSpace/fieldOfView_mm
  std::optional<std::int64_t> h1_hz;  ///< experimentalConditions/H1resonanceFrequency_Hz
};

/// Reads the elements by their local names, whatever prefix their namespace has. Comments, CDATA and
/// processing instructions are skipped; of text that is no XML the part before that counts. Never throws for
/// any text. Source: http://www.ismrm.org/ISMRMRD
[[nodiscard]] IsmrmrdHeader read_ismrmrd_header(std::string_view xml);

/// What the header says of the images: pixels of encodedSpace's field of view by its matrix size, which are
/// those of a reconstruction from its k-space, however it is cropped; the slice likewise. What is absent, not
/// positive or beyond 10 m (10 GHz) is unknown. Our h is ISMRMRD's x, w its y.
[[nodiscard]] ScanInfo scan_info(const IsmrmrdHeader& header);

/// Which columns [left, right) of `width` were encoded:
///   left = encoded_y / 2 - center, right = left + maximum + 1, both limited to [0, width].
/// All of them, (0, width), if the header does not say or if nothing would be left.
/// Source: fastMRI, mri_data.py; peers use the same numbers.
[[nodiscard]] std::pair<std::int64_t, std::int64_t> encoded_columns(const IsmrmrdHeader& header,
                                                                    std::int64_t width);

}  // namespace selfsame
