// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace selfsame {

/// What the XML header of an ISMRMRD file (and of a fastMRI file) says of the first encoding; what is missing
/// or no number is absent.
struct IsmrmrdHeader {
  std::optional<std::int64_t> encoded_x, encoded_y;  ///< encodedSpace/matrixSize
  std::optional<std::int64_t> recon_x, recon_y;      ///< reconSpace/matrixSize
  std::optional<std::int64_t> center, maximum;       ///< encodingLimits/kspace_encoding_step_1
};

/// Reads the elements by their local names, whatever prefix their namespace has. Comments, CDATA and
/// processing instructions are skipped; of text that is no XML the part before that counts. Never throws for
/// any text. Source: http://www.ismrm.org/ISMRMRD
[[nodiscard]] IsmrmrdHeader read_ismrmrd_header(std::string_view xml);

/// Which columns [left, right) of `width` were encoded:
///   left = encoded_y / 2 - center, right = left + maximum + 1, both limited to [0, width].
/// All of them, (0, width), if the header does not say or if nothing would be left.
/// Source: fastMRI, mri_data.py; peers use the same numbers.
[[nodiscard]] std::pair<std::int64_t, std::int64_t> encoded_columns(const IsmrmrdHeader& header,
                                                                    std::int64_t width);

}  // namespace selfsame
