// SPDX-License-Identifier: Apache-2.0
// The codelets of mri/fourier/fourier_codelets.hpp whose radix is a product of small primes.
#include "mri/fourier/fourier_radix.hpp"

namespace selfsame::SELFSAME_ISA {
namespace {

constexpr FourierCodelets table() {
  using radix::codelet;
  FourierCodelets t{};
  t.of_radix[1] = codelet<1>, t.of_radix[2] = codelet<2>, t.of_radix[4] = codelet<4>;
  t.of_radix[6] = codelet<6>, t.of_radix[8] = codelet<8>, t.of_radix[9] = codelet<9>;
  t.of_radix[10] = codelet<10>, t.of_radix[12] = codelet<12>, t.of_radix[14] = codelet<14>;
  t.of_radix[15] = codelet<15>, t.of_radix[16] = codelet<16>, t.of_radix[20] = codelet<20>;
  t.of_radix[21] = codelet<21>, t.of_radix[24] = codelet<24>, t.of_radix[25] = codelet<25>;
  t.of_radix[28] = codelet<28>, t.of_radix[32] = codelet<32>;
  return t;
}
constexpr FourierCodelets kCodelets = table();

}  // namespace

const FourierCodelets& fourier_composites() { return kCodelets; }

}  // namespace selfsame::SELFSAME_ISA
