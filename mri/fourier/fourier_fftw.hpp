// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "mri/fourier/fourier.hpp"

// FFTW 3 in single precision, as a yardstick and an oracle: never linked (it is under the GPL), and loaded by
// name when an implementation or a bench first asks for it. SELFSAME_FFTW_LIBRARY names another file.

namespace selfsame::fourier_fftw {

/// Loads the library at the first call; false where there is none.
[[nodiscard]] bool available();

/// Plans are made by measuring, one thread each: a plane per call. `prepare` makes those of `transform`; any
/// other is made by the first call that needs it.
std::size_t prepare(Shape4 shape, FourierAxes axes, Stream& stream);
void transform(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction,
               Stream& stream);

/// A transform as FFTW does it, index 0 first and not scaled, of every plane of x.
void transform_uncentred(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction,
                         Stream& stream);

}  // namespace selfsame::fourier_fftw
