// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace selfsame {

struct KSpaceConversion {
  std::string in, out;
  std::string data_set;  ///< of an HDF5 file: the images to convert; empty: k-space, or the file's own images
  bool overwrite = false;
};

/// Whether a path is a file of k-space or of reconstructions: HDF5, .cfl/.hdr, .ra, or a complex npy.
[[nodiscard]] bool is_kspace_input(const std::string& path);

/// k-space to *.npy (complex, (slices, coils, h, w)), *.cfl with *.hdr, *.ra or *.h5 in fastMRI's layout;
/// images of an HDF5 file, (slices, h, w), to what write_volume knows (mri/files/volume_writer.hpp) or a
/// folder of PNG previews. Returns the exit code. Errors: Error(kUsage), Error(kData), Error(kIo).
int convert_kspace(const KSpaceConversion& conversion);

}  // namespace selfsame
