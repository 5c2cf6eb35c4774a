// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/gradient_spread.hpp"

#include "engine/verify/bias_estimate.hpp"

namespace selfsame {

std::vector<double> gradient_spread(const DrawStatistics& statistics, bool self_supervised) {
  const DrawStatistics::MeanProducts means = statistics.mean_products();
  const std::vector<double> with_mean = products_with_mean(statistics, false);
  std::vector<double> values;
  for (std::int64_t m = 0; m < statistics.draws(); ++m) {
    const DrawProducts& p = statistics.products(m);
    double square = p.supervised - 2 * with_mean[static_cast<std::size_t>(m)] + means.supervised;
    if (self_supervised) {
      square += p.difference + 2 * p.cross;
    }
    values.push_back(square / means.supervised);
  }
  return values;
}

}  // namespace selfsame
