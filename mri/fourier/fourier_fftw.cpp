// SPDX-License-Identifier: Apache-2.0
#include "mri/fourier/fourier_fftw.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <tuple>

#include "kernels/device/shared_library.hpp"

namespace selfsame::fourier_fftw {
namespace {

// What FFTW's manual (version 3.3) declares; its header is not needed.
using Point = float[2];
using PlanHandle = struct FftwPlan*;
struct Dimension {  // fftw_iodim64
  std::ptrdiff_t n, in_stride, out_stride;
};
constexpr unsigned kMeasure = 0;
constexpr unsigned kUnaligned = 1u << 1;

struct Library {
  PlanHandle (*plan_guru)(int, const Dimension*, int, const Dimension*, Point*, Point*, int,
                          unsigned) = nullptr;
  void (*execute)(PlanHandle, Point*, Point*) = nullptr;
  void* (*allocate)(std::size_t) = nullptr;
  void (*release)(void*) = nullptr;
};

const Library* load() {
  try {
    static const SharedLibrary file(
        {"fftw", "SELFSAME_FFTW_LIBRARY", {"libfftw3f.so.3", "libfftw3f.so", "libfftw3f.3.dylib"}});
    static Library functions;
    file.find(functions.plan_guru, "fftwf_plan_guru64_dft");
    file.find(functions.execute, "fftwf_execute_dft");
    file.find(functions.allocate, "fftwf_malloc");
    file.find(functions.release, "fftwf_free");
    return &functions;
  } catch (const Error&) {
    return nullptr;
  }
}

const Library* library() {
  static const Library* const loaded = load();
  return loaded;
}

/// Plans of one plane, in place or not, for each direction.
class Plans {
 public:
  PlanHandle of(std::int64_t h, std::int64_t w, FourierAxes axes, FourierDirection direction, bool in_place) {
    const std::scoped_lock guard(lock_);  // FFTW's planner is not thread-safe
    PlanHandle& plan = all_[{h, w, axes, direction, in_place}];
    if (plan == nullptr) {
      plan = make(h, w, axes, direction, in_place);
    }
    return plan;
  }

 private:
  static PlanHandle make(std::int64_t h, std::int64_t w, FourierAxes axes, FourierDirection direction,
                         bool in_place) {
    const Dimension along_h{h, w, w}, along_w{w, 1, 1};
    const Dimension both[] = {along_h, along_w};
    const Library& fftw = *library();
    const std::size_t bytes = static_cast<std::size_t>(h * w) * sizeof(Point);
    auto* const x = static_cast<Point*>(fftw.allocate(bytes));
    auto* const y = in_place ? x : static_cast<Point*>(fftw.allocate(bytes));
    std::memset(x, 0, bytes);
    std::memset(y, 0, bytes);
    const bool two = axes == FourierAxes::kBoth;
    const Dimension& along = axes == FourierAxes::kHeight ? along_h : along_w;
    const Dimension& many = axes == FourierAxes::kHeight ? along_w : along_h;
    const PlanHandle plan =
        fftw.plan_guru(two ? 2 : 1, two ? both : &along, two ? 0 : 1, two ? nullptr : &many, x, y,
                       direction == FourierDirection::kForward ? -1 : 1, kMeasure | kUnaligned);
    fftw.release(x);
    if (!in_place) {
      fftw.release(y);
    }
    SELFSAME_CHECK(plan != nullptr, "fftw has no plan for {}x{}", h, w);
    return plan;
  }

  std::mutex lock_;
  std::map<std::tuple<std::int64_t, std::int64_t, FourierAxes, FourierDirection, bool>, PlanHandle> all_;
};

Plans& plans() {
  static Plans& all = *new Plans;  // never destroyed: FFTW's plans live to the end of the process
  return all;
}

/// to[(i + shift) mod n] = from[i] * scale along the axes: with shift floor(n/2), fftshift; with ceil(n/2),
/// ifftshift.
void shift_plane(float* to, const float* from, std::int64_t h, std::int64_t w, std::int64_t shift_h,
                 std::int64_t shift_w, float scale) {
  for (std::int64_t r = 0; r < h; ++r) {
    float* row = to + 2 * ((r + shift_h) % h) * w;
    for (std::int64_t c = 0; c < w; ++c) {
      const std::int64_t at = (c + shift_w) % w;
      row[2 * at] = from[2 * (r * w + c)] * scale;
      row[2 * at + 1] = from[2 * (r * w + c) + 1] * scale;
    }
  }
}

}  // namespace

bool available() { return library() != nullptr; }

std::size_t prepare(Shape4 shape, FourierAxes axes, Stream& stream) {
  for (const FourierDirection direction : {FourierDirection::kForward, FourierDirection::kInverse}) {
    static_cast<void>(plans().of(shape.h, shape.w, axes, direction, true));
  }
  const std::size_t plane = Scratch::rounded(static_cast<std::size_t>(shape.h * shape.w) * sizeof(Point));
  return static_cast<std::size_t>(stream.pool().threads()) * plane;
}

void transform(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction,
               Stream& stream) {
  const std::int64_t H = x.shape.h, W = x.shape.w;
  const bool along_h = axes != FourierAxes::kWidth, along_w = axes != FourierAxes::kHeight;
  const std::int64_t half_h = along_h ? H / 2 : 0, half_w = along_w ? W / 2 : 0;
  const double points = static_cast<double>(along_h ? H : 1) * static_cast<double>(along_w ? W : 1);
  const PlanHandle plan = plans().of(H, W, axes, direction, true);
  Scratch scratch(stream);
  const std::size_t plane = Scratch::rounded(static_cast<std::size_t>(H * W) * sizeof(Point)) / sizeof(float);
  float* const memory = scratch.take<float>(plane * static_cast<std::size_t>(stream.pool().threads()));
  stream.pool().run(x.shape.n * x.shape.c, [&](std::int64_t unit, int thread) {
    float* const shifted = memory + static_cast<std::size_t>(thread) * plane;
    shift_plane(shifted, x.as<float>() + 2 * unit * H * W, H, W, (H - half_h) % H, (W - half_w) % W, 1.0f);
    library()->execute(plan, reinterpret_cast<Point*>(shifted), reinterpret_cast<Point*>(shifted));
    shift_plane(y.as<float>() + 2 * unit * H * W, shifted, H, W, half_h, half_w,
                static_cast<float>(1 / std::sqrt(points)));
  });
}

void transform_uncentred(ComplexView y, ConstComplexView x, FourierAxes axes, FourierDirection direction,
                         Stream& stream) {
  const std::int64_t plane = x.shape.h * x.shape.w;
  const PlanHandle plan = plans().of(x.shape.h, x.shape.w, axes, direction, y.data == x.data);
  stream.pool().run(x.shape.n * x.shape.c, [&](std::int64_t unit, int) {
    // FFTW's interface takes the input as not const; a transform that is not in place leaves it as it was.
    auto* const from = const_cast<float*>(x.as<float>()) + 2 * unit * plane;
    library()->execute(plan, reinterpret_cast<Point*>(from),
                       reinterpret_cast<Point*>(y.as<float>() + 2 * unit * plane));
  });
}

}  // namespace selfsame::fourier_fftw
