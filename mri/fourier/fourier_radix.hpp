// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/device/vec.hpp"
#include "mri/fourier/fourier_codelets.hpp"

// The arithmetic of a codelet, unrolled by the compiler's front end, so that every intermediate is a variable
// of its own. Only for fourier_*_simd.cpp.

#define SELFSAME_INLINE inline __attribute__((always_inline))
#define SELFSAME_INLINE_LAMBDA __attribute__((always_inline))

namespace selfsame::SELFSAME_ISA {

struct Complex {
  Vec re, im;
};
SELFSAME_INLINE Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
SELFSAME_INLINE Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
/// -i a.
SELFSAME_INLINE Complex turned(Complex a) { return {a.im, -a.re}; }

namespace radix {

template <int N>
struct Int {
  static constexpr int value = N;
};
template <int... K>
struct Row {
  template <typename F>
  static SELFSAME_INLINE void each(F&& f) {
    (f(Int<K>{}), ...);
  }
};
template <int N, int... K>
struct RowOf : RowOf<N - 1, N - 1, K...> {};
template <int... K>
struct RowOf<0, K...> {
  using Type = Row<K...>;
};
/// f(Int<0>), ..., f(Int<N-1>).
template <int N, typename F>
SELFSAME_INLINE void unroll(F&& f) {
  RowOf<N>::Type::each(f);
}

struct Angle {
  double cos, sin;
};
/// Of 2 pi m / n, by series on an eighth of the circle.
constexpr Angle angle(int m, int n) {
  const int eighth = 8 * (m % n) / n;
  const bool back = eighth % 2 != 0;  // measured back from the next quarter
  const double part = static_cast<double>(8 * (m % n)) / n - eighth;
  const double x = (back ? 1 - part : part) * 0.78539816339744830962;
  double c = 1, s = x, term = x;
  for (int k = 2; k < 24; ++k) {
    term *= x / k;
    (k % 2 == 0 ? c : s) += k / 2 % 2 == 0 ? term : -term;
  }
  s = back ? -s : s;
  switch ((eighth + 1) / 2 % 4) {
    case 0:
      return {c, s};
    case 1:
      return {-s, c};
    case 2:
      return {-c, -s};
    default:
      return {s, -c};
  }
}

/// a exp(-2 pi i M / N).
template <int M, int N>
SELFSAME_INLINE Complex rotated(Complex a) {
  constexpr Angle w = angle(M, N);
  constexpr float c = static_cast<float>(w.cos), s = static_cast<float>(w.sin);
  if constexpr (M % N == 0) {
    return a;
  } else if constexpr (4 * M % N == 0) {
    constexpr int quarter = 4 * M / N % 4;
    return quarter == 1 ? Complex{a.im, -a.re} : quarter == 2 ? Complex{-a.re, -a.im} : Complex{-a.im, a.re};
  } else if constexpr (8 * M % N == 0) {
    constexpr bool same_sign = (c > 0) == (s > 0);
    return same_sign ? Complex{(a.re + a.im) * c, (a.im - a.re) * c}
                     : Complex{(a.re - a.im) * c, (a.im + a.re) * c};
  } else {
    return {a.re * c + a.im * s, a.im * c - a.re * s};
  }
}

/// R = A * (R / A) for the radices that are products; A = R for primes.
template <int R>
constexpr int first_factor() {
  if (R == 32) {
    return 8;
  }
  const int factors[] = {4, 2, 3, 5, 7};
  for (const int a : factors) {
    if (R % a == 0 && R > a) {
      return a;
    }
  }
  return R;
}

template <int R, typename In, typename Out>
SELFSAME_INLINE void transform(In&& in, Out&& out);

template <typename In, typename Out>
SELFSAME_INLINE void transform_4(In&& in, Out&& out) {
  const Complex a = in(Int<0>{}) + in(Int<2>{}), b = in(Int<0>{}) - in(Int<2>{});
  const Complex c = in(Int<1>{}) + in(Int<3>{}), d = turned(in(Int<1>{}) - in(Int<3>{}));
  out(Int<0>{}, a + c);
  out(Int<1>{}, b + d);
  out(Int<2>{}, a - c);
  out(Int<3>{}, b - d);
}

/// z_j + z_(P-j), z_j - z_(P-j) for j = 1 ... (P-1)/2, and z_0.
template <int P>
struct Folded {
  Complex zero, t[P / 2], u[P / 2];
};

#if defined(SELFSAME_ISA_avx512)
/// sums[k - 1] += sum_j cos(2 pi j k / P) v(j), or with sines, for k = 1 ... (P-1)/2. There are only (P-1)/2
/// factors but for their sign: with 32 registers they stay in registers beside the sums, and what is loaded
/// serves (P-1)/2 products, where a factor from memory serves two. The empty statements keep the compiler
/// from mixing several calls, for which there are not enough registers.
template <int P, bool kSines, typename Get>
SELFSAME_INLINE void add_prime_sums(Vec* sums, Get&& v) {
  constexpr int H = P / 2;
  Vec factors[H];
  unroll<H>([&](auto m) SELFSAME_INLINE_LAMBDA {
    constexpr int M = decltype(m)::value;
    constexpr Angle w = angle(M + 1, P);
    factors[M] = Vec{} + static_cast<float>(kSines ? w.sin : w.cos);
    asm volatile("" : "+v"(factors[M]));
  });
  unroll<H>([&](auto j) SELFSAME_INLINE_LAMBDA {
    constexpr int J = decltype(j)::value;
    Vec value = v(j);
    asm volatile("" : "+v"(value));
    unroll<H>([&](auto k) SELFSAME_INLINE_LAMBDA {
      constexpr int K = decltype(k)::value, M = (J + 1) * (K + 1) % P;
      const Vec product = value * factors[(M > H ? P - M : M) - 1];
      sums[K] = kSines && M > H ? sums[K] - product : sums[K] + product;
    });
  });
}

/// Real parts of all outputs, then imaginary ones.
template <int P, typename Out>
SELFSAME_INLINE void prime_outputs(const Folded<P>& in, Out&& out) {
  constexpr int H = P / 2;
  Vec a[H], b[H], re[H], mirrored_re[H];
  unroll<H>([&](auto k) SELFSAME_INLINE_LAMBDA {
    a[decltype(k)::value] = in.zero.re;
    b[decltype(k)::value] = Vec{};
  });
  add_prime_sums<P, false>(a, [&](auto j) SELFSAME_INLINE_LAMBDA { return in.t[decltype(j)::value].re; });
  add_prime_sums<P, true>(b, [&](auto j) SELFSAME_INLINE_LAMBDA { return in.u[decltype(j)::value].im; });
  unroll<H>([&](auto k) SELFSAME_INLINE_LAMBDA {
    constexpr int K = decltype(k)::value;
    re[K] = a[K] + b[K];
    mirrored_re[K] = a[K] - b[K];
    a[K] = in.zero.im;
    b[K] = Vec{};
  });
  add_prime_sums<P, false>(a, [&](auto j) SELFSAME_INLINE_LAMBDA { return in.t[decltype(j)::value].im; });
  add_prime_sums<P, true>(b, [&](auto j) SELFSAME_INLINE_LAMBDA { return in.u[decltype(j)::value].re; });
  unroll<H>([&](auto k) SELFSAME_INLINE_LAMBDA {
    constexpr int K = decltype(k)::value;
    out(Int<K + 1>{}, Complex{re[K], a[K] - b[K]});
    out(Int<P - 1 - K>{}, Complex{mirrored_re[K], a[K] + b[K]});
  });
}
#else
/// One output (and its mirror) at a time: 16 registers do not hold more.
template <int P, typename Out>
SELFSAME_INLINE void prime_outputs(const Folded<P>& in, Out&& out) {
  constexpr int H = P / 2;
  unroll<H>([&](auto k) SELFSAME_INLINE_LAMBDA {
    constexpr int K = decltype(k)::value + 1;
    Complex a = in.zero, b{};
    unroll<H>([&](auto j) SELFSAME_INLINE_LAMBDA {
      constexpr int J = decltype(j)::value;
      constexpr Angle w = angle((J + 1) * K, P);
      constexpr float c = static_cast<float>(w.cos), s = static_cast<float>(w.sin);
      const Complex t = in.t[J], u = in.u[J];
      a = {a.re + t.re * c, a.im + t.im * c};
      b = J == 0 ? Complex{u.re * s, u.im * s} : Complex{b.re + u.re * s, b.im + u.im * s};
    });
    out(Int<K>{}, a + turned(b));
    out(Int<P - K>{}, a - turned(b));
  });
}
#endif

/// An odd prime: with t_j = z_j + z_(P-j) and u_j = z_j - z_(P-j), j = 1 ... (P-1)/2,
///   y_k, y_(P-k) = (z_0 + sum_j cos(2 pi j k / P) t_j) -+ i sum_j sin(2 pi j k / P) u_j.
template <int P, typename In, typename Out>
SELFSAME_INLINE void transform_prime(In&& in, Out&& out) {
  Folded<P> folded;
  folded.zero = in(Int<0>{});
  Complex sum = folded.zero;
  unroll<P / 2>([&](auto j) SELFSAME_INLINE_LAMBDA {
    constexpr int J = decltype(j)::value;
    const Complex a = in(Int<J + 1>{}), b = in(Int<P - 1 - J>{});
    folded.t[J] = a + b;
    folded.u[J] = a - b;
    sum = sum + folded.t[J];
  });
  out(Int<0>{}, sum);
  prime_outputs<P>(folded, out);
}

/// R = A B: B transforms of A points, rotations, A transforms of B points.
template <int A, int B, typename In, typename Out>
SELFSAME_INLINE void transform_product(In&& in, Out&& out) {
  Complex middle[A * B];
  unroll<B>([&](auto b) SELFSAME_INLINE_LAMBDA {
    constexpr int kB = decltype(b)::value;
    transform<A>([&](auto a) SELFSAME_INLINE_LAMBDA { return in(Int<B* decltype(a)::value + kB>{}); },
                 [&](auto k, Complex v) SELFSAME_INLINE_LAMBDA {
                   constexpr int K = decltype(k)::value;
                   middle[K * B + kB] = rotated<K * kB, A * B>(v);
                 });
  });
  unroll<A>([&](auto k) SELFSAME_INLINE_LAMBDA {
    constexpr int K = decltype(k)::value;
    transform<B>([&](auto b) SELFSAME_INLINE_LAMBDA { return middle[K * B + decltype(b)::value]; },
                 [&](auto l, Complex v) SELFSAME_INLINE_LAMBDA { out(Int<K + A* decltype(l)::value>{}, v); });
  });
}

/// out(k, sum_j in(j) exp(-2 pi i j k / R)). `in` may be asked twice for a point.
template <int R, typename In, typename Out>
SELFSAME_INLINE void transform(In&& in, Out&& out) {
  if constexpr (R == 1) {
    out(Int<0>{}, in(Int<0>{}));
  } else if constexpr (R == 2) {
    const Complex a = in(Int<0>{}), b = in(Int<1>{});
    out(Int<0>{}, a + b);
    out(Int<1>{}, a - b);
  } else if constexpr (R == 4) {
    transform_4(in, out);
  } else if constexpr (first_factor<R>() == R) {
    transform_prime<R>(in, out);
  } else {
    transform_product<first_factor<R>(), R / first_factor<R>()>(in, out);
  }
}

template <int R, bool kTwiddled>
SELFSAME_INLINE void butterflies(const CodeletCall& call) {
  const float* from = call.in;
  float* to = call.out;
  const float* twiddles = call.twiddles;
  const std::ptrdiff_t in_stride = call.in_stride, out_stride = call.out_stride;
  for (std::ptrdiff_t i = 0; i < call.count; ++i) {
    transform<R>(
        [&](auto j) SELFSAME_INLINE_LAMBDA {
          const float* at = from + decltype(j)::value * in_stride;
          return Complex{load(at), load(at + kWidth)};
        },
        [&](auto k, Complex v) SELFSAME_INLINE_LAMBDA {
          constexpr int K = decltype(k)::value;
          float* at = to + K * out_stride;
          if constexpr (kTwiddled) {
            // The first is real: 1, or the scale.
            const float c = twiddles[2 * K], s = twiddles[2 * K + 1];
            v = K == 0 ? Complex{v.re * c, v.im * c} : Complex{v.re * c - v.im * s, v.im * c + v.re * s};
          }
          store(at, v.re);
          store(at + kWidth, v.im);
        });
    from += call.in_step;
    to += call.out_step;
    twiddles += call.twiddle_step;
  }
}

template <int R>
void codelet(const CodeletCall& call) {
  call.twiddles != nullptr ? butterflies<R, true>(call) : butterflies<R, false>(call);
}

}  // namespace radix
}  // namespace selfsame::SELFSAME_ISA
