// SPDX-License-Identifier: Apache-2.0
#include "models/subspace/subspace_moments.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/base/error.hpp"
#include "kernels/device/implementation.hpp"
#include "kernels/gemm/gemm.hpp"
#include "kernels/noise/noise.hpp"

namespace selfsame {
namespace {

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }
std::size_t doubles(std::int64_t count) { return index(count) * sizeof(double); }

/// to[i] = scale * normal(first + i) of the stream; `first` is a multiple of 4.
void fill_normals(double* to, std::int64_t count, std::int64_t first, double scale,
                  const RandomStream& random, const NormalImplementation& normals) {
  constexpr std::int64_t kGroups = 256;
  float piece[4 * kGroups];
  const PhiloxStreamKey key{random.key()[0], random.key()[1], random.a(), random.b()};
  for (std::int64_t done = 0; done < count; done += 4 * kGroups) {
    const std::int64_t here = std::min(count - done, 4 * kGroups);
    normals.normals(piece, static_cast<std::uint64_t>((first + done) / 4), (here + 3) / 4, key);
    for (std::int64_t i = 0; i < here; ++i) {
      to[done + i] = scale * static_cast<double>(piece[i]);
    }
  }
}

const NormalImplementation& best_normals() {
  for (const NormalImplementation& candidate : normal_implementations()) {
    if (candidate.supports(1024)) {
      return candidate;
    }
  }
  fail(ErrorKind::kInternal, "no version of the normal numbers runs here");
}

}  // namespace

SubspaceMoments::SubspaceMoments(const SubspaceProblem& problem, std::int64_t lanes, Stream& stream)
    : problem_(problem), lanes_(lanes) {
  problem.check();
  SELFSAME_CHECK(lanes >= 1, "{} lanes", lanes);
  const std::int64_t n = problem.n, d = problem.d;
  const DeviceKind device = stream.device();
  basis_ = MirroredBuffer(doubles(n * d), device);
  gram_ = MirroredBuffer(doubles(lanes * n * n), device);
  signal_ = MirroredBuffer(doubles(lanes * d * n), device);
  noise_ = MirroredBuffer(doubles(lanes * n * n), device);
  y_ = MirroredBuffer(doubles(lanes * kBlock * n), device);
  c_ = MirroredBuffer(doubles(lanes * kBlock * d), device);
  e_ = MirroredBuffer(doubles(lanes * kBlock * n), device);
}

void SubspaceMoments::draw(std::span<const double> basis, std::int64_t examples, std::int64_t first_repeat,
                           std::uint64_t seed, Stream& stream) {
  const std::int64_t n = problem_.n, d = problem_.d;
  SELFSAME_CHECK(basis.size() == index(n * d) && examples >= 1 && examples <= 0xFFFFFFFFLL,
                 "basis of {} numbers, {} examples", basis.size(), examples);
  std::memcpy(basis_.host<double>(), basis.data(), basis.size_bytes());
  basis_.to_device(stream);
  const double root_n = std::sqrt(static_cast<double>(n));
  const double code_scale = 1 / std::sqrt(static_cast<double>(d));
  const NormalImplementation& normals = best_normals();
  for (std::int64_t first = 0; first < examples; first += kBlock) {
    const std::int64_t count = std::min(kBlock, examples - first);
    stream.pool().run(lanes_, [&](std::int64_t lane, int) {
      const auto of = [&](RandomPurpose purpose) {
        return RandomStream(seed, purpose, static_cast<std::uint32_t>(examples),
                            static_cast<std::uint32_t>(first_repeat + lane));
      };
      fill_normals(c_.host<double>() + lane * kBlock * d, count * d, first * d, code_scale,
                   of(RandomPurpose::kGenerator), normals);
      fill_normals(y_.host<double>() + lane * kBlock * n, count * n, first * n, problem_.sigma / root_n,
                   of(RandomPurpose::kInputNoise), normals);
      fill_normals(e_.host<double>() + lane * kBlock * n, count * n, first * n, 1 / root_n,
                   of(RandomPurpose::kTargetNoise), normals);
    });
    for (const MirroredBuffer* buffer : {&c_, &y_, &e_}) {
      buffer->to_device(stream);
    }
    // Examples are rows: lanes lie kBlock rows apart, `count` of them are used.
    const auto rows = [&](const MirroredBuffer& buffer, std::int64_t width) {
      ParameterView view = matrices(buffer.device<double>(), lanes_, count, width);
      view.lane_stride = kBlock * width;
      return view;
    };
    const auto sums = [&](const MirroredBuffer& buffer, std::int64_t height) {
      return matrices(buffer.device<double>(), lanes_, height, n);
    };
    ConstParameterView shared = matrices(basis_.device<double>(), lanes_, n, d);
    shared.lane_stride = 0;
    const ParameterView y = rows(y_, n), c = rows(c_, d), e = rows(e_, n);
    const auto reserve = [&](std::int64_t rows_of_c, std::int64_t sum, GemmOp a, GemmOp b) {
      stream.reserve_workspace(gemm_workspace({lanes_, rows_of_c, n, sum, a, b, DType::kF64},
                                              stream.pool().threads(), stream.device()));
    };
    reserve(count, d, GemmOp::kNone, GemmOp::kTransposed);
    reserve(n, count, GemmOp::kTransposed, GemmOp::kNone);
    reserve(d, count, GemmOp::kTransposed, GemmOp::kNone);
    gemm(y, 1, c, GemmOp::kNone, shared, GemmOp::kTransposed, 1, stream);  // y = x + e
    const double before = first == 0 ? 0 : 1;
    gemm(sums(gram_, n), 1, y, GemmOp::kTransposed, y, GemmOp::kNone, before, stream);
    gemm(sums(signal_, d), 1, c, GemmOp::kTransposed, y, GemmOp::kNone, before, stream);
    gemm(sums(noise_, n), 1, e, GemmOp::kTransposed, y, GemmOp::kNone, before, stream);
    stream.synchronize();  // the host's blocks are written again
  }
  for (const MirroredBuffer* buffer : {&gram_, &signal_, &noise_}) {
    buffer->to_host(stream);
  }
  stream.synchronize();
}

void SubspaceMoments::cross(std::int64_t lane, std::span<const double> basis, double target_sigma,
                            std::span<double> result) const {
  const std::int64_t n = problem_.n, d = problem_.d;
  SELFSAME_CHECK(lane >= 0 && lane < lanes_ && result.size() == index(n * n), "lane {} of {}, {} numbers",
                 lane, lanes_, result.size());
  const double* signal = signal_.host<double>() + lane * d * n;
  const double* noise = noise_.host<double>() + lane * n * n;
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t p = 0; p < n; ++p) {
      double sum = target_sigma * noise[i * n + p];
      for (std::int64_t j = 0; j < d; ++j) {
        sum += basis[index(i * d + j)] * signal[j * n + p];
      }
      result[index(i * n + p)] = sum;
    }
  }
}

}  // namespace selfsame
