// SPDX-License-Identifier: Apache-2.0
#include "mri/recon/classical.hpp"

#include <cmath>

#include "kernels/device/elementwise.hpp"
#include "mri/recon/proximal.hpp"
#include "mri/recon/tv_prox.hpp"

namespace selfsame {
namespace {

void check(ConstComplexView image, const SenseMeasurement& m, const Stream& stream) {
  const Shape4 s = m.maps.shape;
  SELFSAME_CHECK(image.shape == (Shape4{s.n, 1, s.h, s.w}) && image.dtype == m.maps.dtype &&
                     m.kspace.dtype == m.maps.dtype && m.mask.dtype == m.maps.dtype &&
                     m.maps.dtype != DType::kBF16 && stream.device() == DeviceKind::kCpu,
                 "image {} {}, maps {} {}, k-space {} {}, mask {} {} on {}", image.shape.text(),
                 name_of(image.dtype), s.text(), name_of(m.maps.dtype), m.kspace.shape.text(),
                 name_of(m.kspace.dtype), m.mask.shape.text(), name_of(m.mask.dtype),
                 name_of(stream.device()));
}

/// Errors: Error(kUsage) unless all are in range.
void check_options(const char* name, double lambda, int iterations, double tolerance, double scale) {
  if (!(lambda >= 0 && std::isfinite(lambda)) || iterations < 1 || !(tolerance >= 0) ||
      !(scale >= 0 && std::isfinite(scale))) {
    fail(ErrorKind::kUsage,
         "reconstruction {}: lambda {} (>= 0), iterations {} (>= 1), tolerance {} (>= 0), scale {} (>= 0)",
         name, lambda, iterations, tolerance, scale);
  }
}

/// Calls solve(system) in the type of the data, and writes what it returns.
template <typename Solve>
void run(ComplexView image, const SenseMeasurement& measurement, double scale, Stream& stream,
         Solve&& solve) {
  check(image, measurement, stream);
  elementwise::for_dtype(image.dtype, [&](auto zero) {
    using Real = decltype(zero);
    SenseSystem<Real> system(measurement, scale > 0 ? scale : data_scale(measurement, stream), stream);
    system.write(image, solve(system));
  });
}

class ZeroFilled final : public ClassicalReconstruction {
 public:
  [[nodiscard]] const char* name() const override { return "zero_filled"; }
  void reconstruct(ComplexView image, const SenseMeasurement& measurement, Stream& stream,
                   const ReconstructionCallback& /*callback*/) const override {
    run(image, measurement, 1, stream, [](auto& system) { return system.right_side(); });
  }
};

class CgSense final : public ClassicalReconstruction {
 public:
  explicit CgSense(const CgSenseOptions& options) : options_(options) {
    check_options(name(), options.lambda, options.iterations, options.tolerance, 1);
  }
  [[nodiscard]] const char* name() const override { return "cg_sense"; }
  void reconstruct(ComplexView image, const SenseMeasurement& measurement, Stream& stream,
                   const ReconstructionCallback& callback) const override {
    // Linear in the data: a scale would change nothing.
    run(image, measurement, 1, stream,
        [&](auto& system) { return solve_conjugate_gradients(system, options_, callback); });
  }

 private:
  CgSenseOptions options_;
};

template <typename Real>
class TvRegulariser final : public Regulariser<Real> {
 public:
  using typename Regulariser<Real>::Vector;
  TvRegulariser(const SenseSystem<Real>& system, const TvOptions& options)
      : options_(options), tv_(system.sets(), system.h(), system.w(), system.stream()) {}
  void prox(Vector& x, const Vector& v, double step) override {
    static_cast<void>(tv_.prox(x, v, options_.lambda * step, options_.inner_iterations));
  }
  [[nodiscard]] double value(const Vector& x) override { return options_.lambda * tv_.value(x); }
  void begin(int /*iteration*/) override {}
  [[nodiscard]] bool moving() const override { return false; }

 private:
  TvOptions options_;
  TotalVariation<Real> tv_;
};

class Tv final : public ClassicalReconstruction {
 public:
  explicit Tv(const TvOptions& options) : options_(options) {
    check_options(name(), options.lambda, options.iterations, options.tolerance, options.scale);
    if (options.inner_iterations < 1) {
      fail(ErrorKind::kUsage, "reconstruction tv: {} inner iterations (>= 1)", options.inner_iterations);
    }
  }
  [[nodiscard]] const char* name() const override { return "tv"; }
  void reconstruct(ComplexView image, const SenseMeasurement& measurement, Stream& stream,
                   const ReconstructionCallback& callback) const override {
    run(image, measurement, options_.scale, stream, [&]<typename Real>(SenseSystem<Real>& system) {
      TvRegulariser<Real> regulariser(system, options_);
      return minimise_proximal<Real>(system, regulariser, {options_.iterations, options_.tolerance},
                                     callback);
    });
  }

 private:
  TvOptions options_;
};

template <typename Real>
class WaveletRegulariser final : public Regulariser<Real> {
 public:
  using typename Regulariser<Real>::Vector;
  WaveletRegulariser(const SenseSystem<Real>& system, const WaveletOptions& options)
      : options_(options),
        wavelet_(system.h(), system.w(), options.family, options.levels),
        plane_(static_cast<std::size_t>(system.h() * system.w())),
        coefficients_(plane_) {}
  void prox(Vector& x, const Vector& v, double step) override {
    for (std::size_t first = 0; first < v.size(); first += plane_) {
      wavelet_.forward(coefficients_, std::span(v).subspan(first, plane_), shift_);
      wavelet_.soft_threshold(coefficients_, options_.lambda * step);
      wavelet_.inverse(std::span(x).subspan(first, plane_), coefficients_, shift_);
    }
  }
  [[nodiscard]] double value(const Vector& x) override {
    double sum = 0;
    for (std::size_t first = 0; first < x.size(); first += plane_) {
      wavelet_.forward(coefficients_, std::span(x).subspan(first, plane_), shift_);
      sum += wavelet_.detail_norm(coefficients_);
    }
    return options_.lambda * sum;
  }
  void begin(int iteration) override {
    if (options_.cycle_spinning) {
      const WaveletShift shift = cycle_shift(iteration, std::int64_t{1} << wavelet_.levels());
      shift_ = {shift.y, shift.x};
    }
  }
  [[nodiscard]] bool moving() const override { return options_.cycle_spinning; }

 private:
  WaveletOptions options_;
  OrthogonalWavelet<Real> wavelet_;
  std::size_t plane_;
  Vector coefficients_;
  typename OrthogonalWavelet<Real>::Shift shift_;
};

class Wavelet final : public ClassicalReconstruction {
 public:
  explicit Wavelet(const WaveletOptions& options) : options_(options) {
    check_options(name(), options.lambda, options.iterations, options.tolerance, options.scale);
    if (options.levels < 0) {
      fail(ErrorKind::kUsage, "reconstruction wavelet: {} levels (>= 0)", options.levels);
    }
  }
  [[nodiscard]] const char* name() const override { return "wavelet"; }
  void reconstruct(ComplexView image, const SenseMeasurement& measurement, Stream& stream,
                   const ReconstructionCallback& callback) const override {
    run(image, measurement, options_.scale, stream, [&]<typename Real>(SenseSystem<Real>& system) {
      WaveletRegulariser<Real> regulariser(system, options_);
      return minimise_proximal<Real>(system, regulariser, {options_.iterations, options_.tolerance},
                                     callback);
    });
  }

 private:
  WaveletOptions options_;
};

}  // namespace

std::unique_ptr<ClassicalReconstruction> make_classical(const ClassicalOptions& options) {
  struct Maker {
    std::unique_ptr<ClassicalReconstruction> operator()(const ZeroFilledOptions&) const {
      return std::make_unique<ZeroFilled>();
    }
    std::unique_ptr<ClassicalReconstruction> operator()(const CgSenseOptions& o) const {
      return std::make_unique<CgSense>(o);
    }
    std::unique_ptr<ClassicalReconstruction> operator()(const TvOptions& o) const {
      return std::make_unique<Tv>(o);
    }
    std::unique_ptr<ClassicalReconstruction> operator()(const WaveletOptions& o) const {
      return std::make_unique<Wavelet>(o);
    }
  };
  return std::visit(Maker{}, options);
}

}  // namespace selfsame
