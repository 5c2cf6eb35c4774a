// SPDX-License-Identifier: Apache-2.0
#pragma once
#if defined(SELFSAME_CUFFT)
#include "mri/fourier/fourier.hpp"

/// cuFFT, an alternative to be asked for by the name "cufft"; the library is loaded when it is first asked
/// for (kernels/device/cuda/cufft_library.hpp). It knows no centre, so that planes are turned about before
/// and after, the second time scaled too: two passes more, and a copy of the planes in the workspace. Not yet
/// run on a GPU.
namespace selfsame::fourier_cufft {

/// Loads the library and makes the plan of these planes, which is kept to the end of the process.
[[nodiscard]] std::size_t prepare(Shape4 shape, FourierAxes axes, Stream& stream);
/// Errors: Error(kInternal) if planes of a new shape come while the stream records a graph.
void transform(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction,
               Stream& stream);

}  // namespace selfsame::fourier_cufft
#endif
