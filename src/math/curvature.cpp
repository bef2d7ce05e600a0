// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/math/curvature.hpp"

#include <algorithm>
#include <cmath>

#include "math/gather.hpp"

namespace relume::math {

Curvature::Curvature(const CurvatureLayout& layout)
    : constraint(layout.n_parameters),
      exact_diagonal(layout.n_parameters),
      jacobian(layout.jacobian_size),
      private_slope(layout.privates.size()),
      weight_exact(layout.n_rows),
      weight_safe(layout.n_rows),
      coupling_scale(layout.couplings.size()),
      coupling_values(layout.coupling_size),
      pair_values(layout.pairs.size()),
      product_p(layout.product_columns.size()),
      product_q(layout.product_columns.size()),
      dense_exact(layout.dense_size),
      dense_safe(layout.dense_size),
      layout_(&layout),
      row_a_(layout.n_rows),
      row_b_(layout.n_rows) {}

namespace {

/// rows += block * v(columns)
void add_times(const double* block, const RowGroup& group, std::span<const double> v, std::span<double> rows) {
  if (group.n_rows == 1) {
    rows[0] += gathered_dot(block, group.columns.data(), group.columns.size(), v.data());
    return;
  }
  for (std::size_t c = 0; c < group.columns.size(); ++c) {
    const double x = v[group.columns[c]];
    if (x == 0.0) continue;
    const double* column = block + c * group.n_rows;
    for (std::size_t r = 0; r < group.n_rows; ++r) rows[r] += x * column[r];
  }
}

/// out(columns) += block^T * rows
void add_transposed(const double* block, const RowGroup& group, std::span<const double> rows, std::span<double> out) {
  if (group.n_rows == 1) {
    if (rows[0] != 0.0) scattered_add(block, group.columns.data(), group.columns.size(), rows[0], out.data());
    return;
  }
  for (std::size_t c = 0; c < group.columns.size(); ++c) {
    const double* column = block + c * group.n_rows;
    out[group.columns[c]] += plain_dot(column, rows.data(), group.n_rows);
  }
}

}  // namespace

void Curvature::multiply(std::span<const double> v, std::span<double> out, Form form) const {
  const CurvatureLayout& l = *layout_;
  const bool exact = form == Form::exact;
  const std::vector<double>& weight = exact ? weight_exact : weight_safe;
  for (std::size_t i = 0; i < l.n_parameters; ++i) {
    out[i] = (constraint[i] + (exact ? exact_diagonal[i] : 0.0)) * v[i];
  }
  for (const RowGroup& g : l.groups) {
    const std::span<double> shared = std::span(row_a_).subspan(g.first_row, g.n_rows);
    std::fill(shared.begin(), shared.end(), 0.0);
    add_times(jacobian.data() + g.jacobian, g, v, shared);
    // `back` collects what multiplies the Jacobian transposed; row_a_ keeps J v of the shared parameters alone, which
    // the couplings need.
    for (std::size_t r = 0; r < g.n_rows; ++r) {
      const std::size_t row = g.first_row + r;
      double slope = shared[r];
      for (std::uint32_t k = l.row_privates[row]; k < l.row_privates[row + 1]; ++k) {
        slope += private_slope[k] * v[l.privates[k].parameter];
      }
      const double pulled = weight[row] * slope;
      row_b_[row] = pulled;
      for (std::uint32_t k = l.row_privates[row]; k < l.row_privates[row + 1]; ++k) {
        out[l.privates[k].parameter] += private_slope[k] * pulled;
      }
    }
    if (exact) {
      for (std::size_t r = 0; r < g.n_rows; ++r) {
        const std::size_t row = g.first_row + r;
        for (std::uint32_t k = l.row_couplings[row]; k < l.row_couplings[row + 1]; ++k) {
          const CouplingEntry& c = l.couplings[k];
          const double scale = coupling_scale[k];
          if (scale == 0.0) continue;
          const CouplingMatrix& m = l.coupling_matrices[c.matrix];
          if (m.is_jacobian) {
            out[c.parameter] += scale * shared[r];
            row_b_[row] += scale * v[c.parameter];
            continue;
          }
          const double* values = coupling_values.data() + m.values + r;
          const double x = scale * v[c.parameter];
          double sum = 0.0;
          for (std::size_t j = 0; j < m.columns.size(); ++j) {
            const double value = values[j * g.n_rows];
            const std::uint32_t i = g.columns[m.columns[j]];
            sum += value * v[i];
            out[i] += value * x;
          }
          out[c.parameter] += scale * sum;
        }
      }
    }
    add_transposed(jacobian.data() + g.jacobian, g, std::span<const double>(row_b_).subspan(g.first_row, g.n_rows),
                   out);
  }
  const std::vector<double>& dense = exact ? dense_exact : dense_safe;
  for (const DenseBlock& block : l.dense_blocks) {
    const std::size_t n = block.parameters.size();
    for (std::size_t j = 0; j < n; ++j) {
      const double x = v[block.parameters[j]];
      if (x == 0.0) continue;
      scattered_add(dense.data() + block.offset + j * n, block.parameters.data(), n, x, out.data());
    }
  }
  if (!exact) return;
  for (std::size_t k = 0; k < l.pairs.size(); ++k) {
    out[l.pairs[k].first] += pair_values[k] * v[l.pairs[k].second];
    out[l.pairs[k].second] += pair_values[k] * v[l.pairs[k].first];
  }
  for (const ProductTerm& term : l.products) {
    const std::uint32_t* columns = l.product_columns.data() + term.first;
    const double* p = product_p.data() + term.first;
    const double* q = product_q.data() + term.first;
    const auto [pv, qv] = gathered_dots(p, q, columns, term.size, v.data());
    if (pv == 0.0 && qv == 0.0) continue;
    for (std::size_t j = 0; j < term.size; ++j) out[columns[j]] += p[j] * qv + q[j] * pv;
  }
}

void Curvature::diagonal(std::span<double> out, Form form, std::span<const char> wanted) const {
  const CurvatureLayout& l = *layout_;
  const bool exact = form == Form::exact;
  const std::vector<double>& weight = exact ? weight_exact : weight_safe;
  for (std::size_t i = 0; i < l.n_parameters; ++i) out[i] = constraint[i] + (exact ? exact_diagonal[i] : 0.0);
  for (const RowGroup& g : l.groups) {
    for (std::size_t c = 0; c < g.columns.size(); ++c) {
      if (!wanted.empty() && wanted[g.columns[c]] == 0) continue;
      const double* column = jacobian.data() + g.jacobian + c * g.n_rows;
      double sum = 0.0;
      for (std::size_t r = 0; r < g.n_rows; ++r) sum += weight[g.first_row + r] * column[r] * column[r];
      out[g.columns[c]] += sum;
    }
  }
  for (std::size_t k = 0; k < l.privates.size(); ++k) {
    out[l.privates[k].parameter] += weight[l.privates[k].row] * private_slope[k] * private_slope[k];
  }
  const std::vector<double>& dense = exact ? dense_exact : dense_safe;
  for (const DenseBlock& block : l.dense_blocks) {
    const std::size_t n = block.parameters.size();
    for (std::size_t j = 0; j < n; ++j) out[block.parameters[j]] += dense[block.offset + j * (n + 1)];
  }
  if (!exact) return;
  for (std::size_t j = 0; j < l.product_columns.size(); ++j) {
    out[l.product_columns[j]] += 2.0 * product_p[j] * product_q[j];
  }
}

void Curvature::absolute_slopes(std::span<double> out) const {
  const CurvatureLayout& l = *layout_;
  std::fill(out.begin(), out.end(), 0.0);
  for (const RowGroup& g : l.groups) {
    for (std::size_t c = 0; c < g.columns.size(); ++c) {
      const double* column = jacobian.data() + g.jacobian + c * g.n_rows;
      double sum = 0.0;
      for (std::size_t r = 0; r < g.n_rows; ++r) sum += std::fabs(column[r]);
      out[g.columns[c]] += sum;
    }
  }
  for (std::size_t k = 0; k < l.privates.size(); ++k) out[l.privates[k].parameter] += std::fabs(private_slope[k]);
}

}  // namespace relume::math
