// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Factors of single bins at their minima, all others held.
#include <algorithm>
#include <cmath>

#include "math/bin_factor.hpp"
#include "model/histfactory_model.hpp"

namespace relume::model {

void HistFactory::settle(std::span<double> point, const Data& data, std::span<const char> fixed,
                         Scratch& scratch) const noexcept {
  if (clip_bin || clip_sample || layout_.privates.empty()) return;
  Work& work = static_cast<Work&>(scratch);
  rates(point, work, false, data.masked);
  // What of each bin's rate its factor multiplies.
  std::vector<double>& scaled = work.slope;
  std::fill(scaled.begin(), scaled.end(), 0.0);
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    const Block& block = blocks[k];
    const double* const product = work.bin_product.data() + block.nominal;
    const double* const shifted = work.shifted.data() + block.nominal;
    for (std::uint32_t i = 0; i < block.n_bin_factors; ++i) {
      const std::size_t first = bin_factors[block.bin_factors + i].first;
      for (std::uint32_t b = 0; b < block.n_bins; ++b) {
        if (bin_columns[first + b] == no_column)
          scaled[block.first_bin + b] += work.block_product[k] * product[b] * shifted[b];
      }
    }
  }
  for (std::size_t b = 0; b < n_bins; ++b) {
    if (layout_.row_privates[b + 1] - layout_.row_privates[b] != 1 || data.is_masked(channel_of_bin[b])) continue;
    const std::size_t i = layout_.privates[layout_.row_privates[b]].parameter;
    const Parameter& p = parameters_[i];
    const double n = data.values[b], a = scaled[b] / point[i], rest = work.rate[b] - scaled[b];
    if (fixed[i] != 0 || !(a > 0.0) || !std::isfinite(a)) continue;
    const Constraint& c = p.constraint;
    double best = point[i];
    if (c.kind == ConstraintKind::poisson) {
      best = math::best_factor_poisson(n, a, rest, data.values[c.data_index], c.rate);
    } else if (c.kind == ConstraintKind::normal) {
      best = math::best_factor_normal(n, a, rest, data.values[c.data_index], c.width);
    }
    best = std::clamp(best, p.lower, p.upper);
    // Rates that others hold below zero are the minimiser's to mend.
    if (a * best + rest > 0.0) point[i] = best;
  }
}

}  // namespace relume::model
