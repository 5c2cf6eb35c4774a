// SPDX-License-Identifier: Apache-2.0
// The codelets of mri/fourier/fourier_codelets.hpp whose radix is an odd prime, and the sum for any odd
// radix.
#include "mri/fourier/fourier_radix.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

SELFSAME_INLINE Complex point(const float* at) { return {load(at), load(at + kWidth)}; }
SELFSAME_INLINE void put(float* at, Complex v) {
  store(at, v.re);
  store(at + kWidth, v.im);
}

/// The scheme of radix::transform_prime as loops, for any odd radix, two outputs (and their mirrors) at a
/// time.
void butterfly(const CodeletCall& call, const float* in, float* out, const float* twiddles) {
  const std::ptrdiff_t R = call.pass->radix, H = R / 2, P = 2 * kWidth;
  const float* cosines = call.pass->circle;
  const float* sines = cosines + R;
  float* t = call.folded;
  float* u = t + H * P;
  const Complex zero = point(in);
  Complex sum = zero;
  for (std::ptrdiff_t j = 1; j <= H; ++j) {
    const Complex a = point(in + j * call.in_stride), b = point(in + (R - j) * call.in_stride);
    put(t + (j - 1) * P, a + b);
    put(u + (j - 1) * P, a - b);
    sum = sum + (a + b);
  }
  const auto finish = [&](std::ptrdiff_t k, Complex v) {
    if (twiddles != nullptr) {
      const float c = twiddles[2 * k], s = twiddles[2 * k + 1];
      v = {v.re * c - v.im * s, v.im * c + v.re * s};
    }
    put(out + k * call.out_stride, v);
  };
  finish(0, sum);
  for (std::ptrdiff_t k = 1; k <= H; k += 2) {
    const std::ptrdiff_t l = k < H ? k + 1 : k;
    Complex ak = zero, bk{}, al = zero, bl{};
    std::ptrdiff_t jk = 0, jl = 0;  // j k and j l modulo R
    for (std::ptrdiff_t j = 0; j < H; ++j) {
      jk = jk + k < R ? jk + k : jk + k - R;
      jl = jl + l < R ? jl + l : jl + l - R;
      const Complex tj = point(t + j * P), uj = point(u + j * P);
      const float ck = cosines[jk], sk = sines[jk], cl = cosines[jl], sl = sines[jl];
      ak = {ak.re + tj.re * ck, ak.im + tj.im * ck};
      bk = {bk.re + uj.re * sk, bk.im + uj.im * sk};
      al = {al.re + tj.re * cl, al.im + tj.im * cl};
      bl = {bl.re + uj.re * sl, bl.im + uj.im * sl};
    }
    finish(k, ak + turned(bk));
    finish(R - k, ak - turned(bk));
    finish(l, al + turned(bl));
    finish(R - l, al - turned(bl));
  }
}

void any_odd(const CodeletCall& call) {
  for (std::ptrdiff_t i = 0; i < call.count; ++i) {
    butterfly(call, call.in + i * call.in_step, call.out + i * call.out_step,
              call.twiddles != nullptr ? call.twiddles + i * call.twiddle_step : nullptr);
  }
}

constexpr FourierCodelets table() {
  using radix::codelet;
  FourierCodelets t{};
  t.of_radix[3] = codelet<3>, t.of_radix[5] = codelet<5>, t.of_radix[7] = codelet<7>;
  t.of_radix[11] = codelet<11>, t.of_radix[13] = codelet<13>, t.of_radix[17] = codelet<17>;
  t.of_radix[19] = codelet<19>, t.of_radix[23] = codelet<23>, t.of_radix[29] = codelet<29>;
  t.of_radix[31] = codelet<31>;
  t.any_odd = any_odd;
  return t;
}
constexpr FourierCodelets kCodelets = table();

}  // namespace

const FourierCodelets& fourier_primes() { return kCodelets; }

}  // namespace selfsame::SELFSAME_ISA
