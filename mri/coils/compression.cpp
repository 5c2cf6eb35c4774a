// SPDX-License-Identifier: Apache-2.0
#include "mri/coils/compression.hpp"

#include <algorithm>
#include <numeric>

#include "mri/coils/hermitian_eigen.hpp"

namespace selfsame {

double CoilCompression::kept() const {
  const double all = std::accumulate(energy.begin(), energy.end(), 0.0);
  return std::accumulate(energy.begin(), energy.begin() + virtual_coils, 0.0) / all;
}

CoilCompression compress_coils(ConstComplexView kspace, const CalibrationRegion& region,
                               std::int64_t virtual_coils) {
  const std::int64_t coils = kspace.shape.c;
  if (virtual_coils < 1 || virtual_coils > coils) {
    fail(ErrorKind::kUsage, "coil compression to {} virtual coils of {} measured ones", virtual_coils, coils);
  }
  HermitianEigen eigen(coils);
  eigen.solve(coil_gram(calibration_data(kspace, region), coils), virtual_coils);
  CoilCompression compression{coils, virtual_coils, {}, {}};
  for (const double value : eigen.values()) {
    compression.energy.push_back(std::max(value, 0.0));
  }
  for (std::int64_t v = 0; v < virtual_coils; ++v) {
    for (const std::complex<double> value : eigen.vector(v)) {
      compression.matrix.push_back(std::conj(value));
    }
  }
  return compression;
}

}  // namespace selfsame
