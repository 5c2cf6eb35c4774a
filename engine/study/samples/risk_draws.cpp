// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/risk_draws.hpp"

#include <algorithm>
#include <cmath>

namespace selfsame {

std::size_t RiskDraws::place(std::size_t size) const {
  return static_cast<std::size_t>(std::ranges::find(sizes, size) - sizes.begin());
}

SampleInterval RiskDraws::fall(std::size_t resamples) const {
  if (sizes.empty()) {
    return {};
  }
  std::vector<double> falls;
  for (std::size_t i = 0; repeated && i < resamples; ++i) {
    falls.push_back(row(i)[0] - row(i)[sizes.size() - 1]);
  }
  return interval_of(logs.front() - logs.back(), std::move(falls));
}

bool RiskDraws::falls(std::size_t resamples) const {
  const SampleInterval interval = fall(resamples);
  return repeated ? interval.low > 0 : interval.value > 0;
}

RiskDraws draw_risks(const std::vector<ScoreCell>& cells, const Resampling& resampling) {
  std::size_t most = 0;
  for (const ScoreCell& cell : cells) {
    most = std::max(most, cell.seeds);
  }
  RiskDraws draws;
  draws.repeated = most >= 2;
  for (std::size_t size = 0; size < cells.size(); ++size) {
    if (cells[size].seeds >= (draws.repeated ? 2u : 1u)) {
      draws.sizes.push_back(size);
      draws.logs.push_back(std::log(cells[size].mean));
      draws.weights.push_back(static_cast<double>(cells[size].seeds));
    }
  }
  if (draws.repeated) {
    draws.resampled.reserve(resampling.size() * draws.sizes.size());
    for (std::size_t i = 0; i < resampling.size(); ++i) {
      for (std::size_t k = 0; k < draws.sizes.size(); ++k) {
        const ScoreCell& cell = cells[draws.sizes[k]];
        draws.resampled.push_back(draws.logs[k] + resampling.shift(cell, i) / cell.mean);
      }
    }
  }
  return draws;
}

std::vector<ScoreCell> risk_cells(const ScoreTable& table, std::size_t method, std::size_t other,
                                  std::size_t sizes) {
  std::vector<ScoreCell> cells;
  for (std::size_t size = 0; size < sizes; ++size) {
    const bool alone = table.seeds(other, size).empty();
    cells.push_back(table.cell(method, size,
                               alone ? table.seeds(method, size) : table.shared(method, other, size),
                               &SampleScore::mse));
  }
  return cells;
}

}  // namespace selfsame
