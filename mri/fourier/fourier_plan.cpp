// SPDX-License-Identifier: Apache-2.0
#include "mri/fourier/fourier_plan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <numbers>
#include <vector>

#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

/// Those of fourier_codelets_simd.cpp and fourier_primes_simd.cpp.
constexpr int kRadices[] = {32, 31, 29, 28, 25, 24, 23, 21, 20, 19, 17, 16, 15,
                            14, 13, 12, 11, 10, 9,  8,  7,  6,  5,  4,  3,  2};

/// Roughly the instructions per point of one pass: its way through memory, and arithmetic by prime factors.
double cost(int radix) {
  double sum = 12;
  int rest = radix;
  for (int p = 2; rest > 1; ++p) {
    for (; rest % p == 0; rest /= p) {
      sum += p == 2 ? 2.4 : p == 3 ? 4.5 : p == 5 ? 7.2 : p == 7 ? 10.0 : p + 3.0;
    }
  }
  return sum;
}

struct Factors {
  std::vector<int> radices;
  double cost = 0;
};

/// The cheapest product of radices up to `largest` that is n, largest first.
Factors factors(std::ptrdiff_t n, int largest) {
  Factors best;
  if (n == 1) {
    return best;
  }
  best.cost = std::numeric_limits<double>::infinity();
  for (const int radix : kRadices) {
    if (radix <= largest && n % radix == 0) {
      Factors rest = factors(n / radix, radix);
      // The small term decides between equals only: radices of like size keep tiles small.
      rest.cost += cost(radix) + 1e-3 * radix;
      if (rest.cost < best.cost) {
        rest.radices.insert(rest.radices.begin(), radix);
        best = rest;
      }
    }
  }
  return best;
}

bool is_prime(int p) {
  for (int d = 2; d * d <= p; ++d) {
    if (p % d == 0) {
      return false;
    }
  }
  return p > 1;
}

std::vector<int> radices_of(std::ptrdiff_t n) {
  std::vector<int> large;  // primes without a codelet
  std::ptrdiff_t smooth = 1, rest = n;
  for (std::ptrdiff_t p = 2; rest > 1; ++p) {
    p = p * p > rest ? rest : p;
    for (; rest % p == 0; rest /= p) {
      if (p > FourierPlan::kLargestCodelet) {
        large.push_back(static_cast<int>(p));
      } else {
        smooth *= p;
      }
    }
  }
  std::vector<int> radices = factors(smooth, FourierPlan::kLargestCodelet).radices;
  radices.insert(radices.end(), large.begin(), large.end());
  return radices.empty() ? std::vector<int>{1} : radices;
}

/// Blocks are loaded and stored in pieces of 2 or 4 neighbouring points, of which there are n / first and
/// n / last: the order with the most whole pieces at both ends.
std::vector<int> in_best_order(std::vector<int> radices, std::ptrdiff_t n) {
  const auto pieces = [n](int radix) { return n / radix % 4 == 0 ? 2 : n / radix % 2 == 0 ? 1 : 0; };
  std::size_t first = 0, last = radices.size() - 1;
  int best = -1;
  for (std::size_t i = 0; i < radices.size(); ++i) {
    for (std::size_t j = 0; j < radices.size(); ++j) {
      const int score = pieces(radices[i]) + 2 * pieces(radices[j]);
      if ((i != j || radices.size() == 1) && score > best) {
        best = score, first = i, last = j;
      }
    }
  }
  std::vector<int> ordered{radices[first]};
  for (std::size_t i = 0; i < radices.size(); ++i) {
    if (i != first && i != last) {
      ordered.push_back(radices[i]);
    }
  }
  if (radices.size() > 1) {
    ordered.push_back(radices[last]);
  }
  return ordered;
}

/// Plans with their tables.
class Tables {
 public:
  explicit Tables(std::ptrdiff_t n) {
    std::vector<int> radices = in_best_order(radices_of(n), n);
    SELFSAME_CHECK(radices.size() <= FourierPlan::kMaxPasses, "{} points in {} passes", n, radices.size());
    plans_.forward = plan(n, radices);
    std::reverse(radices.begin(), radices.end());
    plans_.inverse_order = plan(n, radices);
  }
  [[nodiscard]] const FourierPlans& plans() const { return plans_; }

 private:
  const float* keep(std::vector<float> values) {
    tables_.push_back(std::move(values));
    return tables_.back().data();
  }

  /// exp(-2 pi i p k / n_i) for p < m, k < radix, times `scale`.
  const float* twiddles(const FourierPass& pass, double scale) {
    const std::ptrdiff_t points = pass.m * pass.radix;
    std::vector<float> values;
    values.reserve(static_cast<std::size_t>(2 * points));
    for (std::ptrdiff_t p = 0; p < pass.m; ++p) {
      for (std::ptrdiff_t k = 0; k < pass.radix; ++k) {
        const double angle =
            2 * std::numbers::pi * static_cast<double>(p * k % points) / static_cast<double>(points);
        values.push_back(static_cast<float>(scale * std::cos(angle)));
        values.push_back(static_cast<float>(-scale * std::sin(angle)));
      }
    }
    return keep(std::move(values));
  }

  const float* circle(int radix) {
    std::vector<float> values(static_cast<std::size_t>(2 * radix));
    for (int m = 0; m < radix; ++m) {
      const double angle = 2 * std::numbers::pi * m / radix;
      values[static_cast<std::size_t>(m)] = static_cast<float>(std::cos(angle));
      values[static_cast<std::size_t>(radix + m)] = static_cast<float>(std::sin(angle));
    }
    return keep(std::move(values));
  }

  const float* halves(int radix) {
    std::vector<float> values;
    for (int k = 1; k <= radix / 2; ++k) {
      for (int j = 1; j <= radix / 2; ++j) {
        const double angle = 2 * std::numbers::pi * (j * k % radix) / radix;
        values.push_back(static_cast<float>(std::cos(angle)));
        values.push_back(static_cast<float>(std::sin(angle)));
      }
    }
    return keep(std::move(values));
  }

  FourierPlan plan(std::ptrdiff_t n, const std::vector<int>& radices) {
    FourierPlan made;
    made.n = n;
    made.centre = n / 2;
    made.passes = static_cast<int>(radices.size());
    std::ptrdiff_t s = 1;
    for (int i = 0; i < made.passes; ++i) {
      FourierPass& pass = made.pass[i];
      pass.radix = radices[static_cast<std::size_t>(i)];
      pass.s = s;
      pass.m = n / s / pass.radix;
      s *= pass.radix;
      const bool first = i == 0, last = i + 1 == made.passes;
      if (first || !last) {
        pass.twiddles = twiddles(pass, first ? 1 / std::sqrt(static_cast<double>(n)) : 1.0);
      }
      if (pass.radix > FourierPlan::kLargestCodelet) {
        pass.circle = circle(pass.radix);
      } else if (pass.radix >= FourierPlan::kFirstSparse && is_prime(pass.radix)) {
        pass.halves = halves(pass.radix);
      }
      made.largest_radix = std::max(made.largest_radix, pass.radix);
    }
    return made;
  }

  std::vector<std::vector<float>> tables_;
  FourierPlans plans_;
};

}  // namespace

const FourierPlans& fourier_plans(std::ptrdiff_t n) {
  static std::mutex lock;
  static std::map<std::ptrdiff_t, std::unique_ptr<const Tables>> all;
  SELFSAME_CHECK(n >= 1, "{} points", n);
  const std::scoped_lock guard(lock);
  std::unique_ptr<const Tables>& tables = all[n];
  if (tables == nullptr) {
    tables = std::make_unique<const Tables>(n);
  }
  return tables->plans();
}

}  // namespace selfsame
