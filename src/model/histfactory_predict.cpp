// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Derivatives of the predicted yields of every sample. With the notation of histfactory_model.hpp, of
// rate_b = F G_b h_b:
//
//   d/d theta_k (additive)  F G_b h'_kb,        h'_kb = l' D_kb + s' M_kb
//   d/d theta_i (factor)    (F without f_i) f'_i G_b h_b
//   d/d gamma_b             F (G_b without gamma_b) h_b
#include "model/histfactory_model.hpp"

namespace relume::model {

PredictionSlopes HistFactory::prediction_slopes(std::span<const double> point) const {
  RateWork work(*this, true);
  rates(point, work, true);
  PredictionSlopes result;
  std::vector<double> in_block;  // per scalar parameter of a block and bin
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    const Block& block = blocks[k];
    const math::ProductTerm& term = layout_.products[block.product];
    const std::uint32_t n = block.n_bins;
    const double* const h = work.shifted.data() + block.nominal;
    const double* const g = work.bin_product.data() + block.nominal;
    in_block.assign(term.size * n, 0.0);
    for (std::uint32_t i = 0; i < block.n_factors; ++i) {
      const Factor& f = factors[block.factors + i];
      double slope = work.factor_slope[block.factors + i];
      for (std::uint32_t j = 0; j < block.n_factors; ++j) {
        if (j != i) slope *= work.factor[block.factors + j];
      }
      for (std::uint32_t b = 0; b < n; ++b) in_block[f.position * n + b] += slope * g[b] * h[b];
    }
    for (std::uint32_t i = 0; i < block.n_additives; ++i) {
      const Additive& a = additives[block.additives + i];
      const math::AdditiveShape& shape = work.shapes[a.shape];
      for (std::uint32_t b = 0; b < n; ++b) {
        const double symmetric =
            a.symmetric == Additive::no_symmetric ? 0.0 : shape.symmetric.slope * coefficients[a.symmetric + b];
        in_block[a.position * n + b] +=
            work.block_product[k] * g[b] * (shape.linear.slope * coefficients[a.linear + b] + symmetric);
      }
    }
    const auto add = [&](std::uint32_t parameter, double slope) {
      if (slope == 0.0) return;
      result.parameters.push_back(parameter);
      result.slopes.push_back(slope);
    };
    for (std::uint32_t b = 0; b < n; ++b) {
      for (std::size_t j = 0; j < term.size; ++j) add(layout_.product_columns[term.first + j], in_block[j * n + b]);
      // A clipped sample (G = 0) does not respond to any parameter.
      for (std::uint32_t i = 0; g[b] != 0.0 && i < block.n_bin_factors; ++i) {
        double slope = work.block_product[k] * h[b];
        for (std::uint32_t j = 0; j < block.n_bin_factors; ++j) {
          if (j != i) slope *= point[bin_parameters[bin_factors[block.bin_factors + j].first + b]];
        }
        add(bin_parameters[bin_factors[block.bin_factors + i].first + b], slope);
      }
      result.rows.push_back(result.parameters.size());
    }
  }
  return result;
}

}  // namespace relume::model
