// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/shared_block.hpp"

#include <algorithm>
#include <limits>

namespace relume::math {

namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using BlockMap = Eigen::Map<const Matrix>;

constexpr std::uint32_t absent = std::numeric_limits<std::uint32_t>::max();

}  // namespace

SharedBlock::SharedBlock(const CurvatureLayout& l) : shared_of_parameter(l.n_parameters, absent), layout_(l) {
  for (std::uint32_t i = 0; i < l.n_parameters; ++i) {
    if (l.private_of_parameter[i] < 0) {
      shared_of_parameter[i] = static_cast<std::uint32_t>(shared.size());
      shared.push_back(i);
    }
  }
  choose_stacking();
}

void SharedBlock::choose_stacking() {
  double scattered = 0.0;
  for (const RowGroup& g : layout_.groups) scattered += 0.5 * static_cast<double>(g.columns.size() * g.columns.size());
  stacks_ = scattered > static_cast<double>(layout_.n_rows * shared.size());
  if (stacks_) {
    const auto rows = std::min<Eigen::Index>(stack_rows, static_cast<Eigen::Index>(layout_.n_rows));
    stack_.setZero(rows, static_cast<Eigen::Index>(shared.size()));
    stack_weight_.setZero(rows);
  }
}

void SharedBlock::flush_stack() {
  if (n_stacked_ == 0) return;
  const auto rows = stack_.topRows(n_stacked_);
  panel_weighted_.noalias() = stack_weight_.head(n_stacked_).asDiagonal() * rows;
  dense.triangularView<Eigen::Lower>() += rows.transpose() * panel_weighted_;
  stack_.setZero();
  n_stacked_ = 0;
}

void SharedBlock::stack_group(const RowGroup& g, const double* block, const Eigen::Ref<const Vector>& weight) {
  for (std::size_t done = 0; done < g.n_rows;) {
    const auto room = static_cast<std::size_t>(stack_.rows() - n_stacked_);
    const std::size_t take = std::min(room, g.n_rows - done);
    for (std::size_t c = 0; c < g.columns.size(); ++c) {
      const double* from = block + c * g.n_rows + done;
      double* to =
          stack_.data() + static_cast<Eigen::Index>(shared_of_parameter[g.columns[c]]) * stack_.rows() + n_stacked_;
      std::copy(from, from + take, to);
    }
    for (std::size_t r = 0; r < take; ++r) {
      stack_weight_[n_stacked_ + static_cast<Eigen::Index>(r)] = weight[static_cast<Eigen::Index>(done + r)];
    }
    n_stacked_ += static_cast<Eigen::Index>(take);
    done += take;
    if (n_stacked_ == stack_.rows()) flush_stack();
  }
}

/// dense += J^T diag(weight) J over the shared parameters (lower triangle).
void SharedBlock::add_weighted_rows(const RowGroup& g, const double* block, const Eigen::Ref<const Vector>& weight) {
  const auto rows = static_cast<Eigen::Index>(g.n_rows);
  const auto columns = static_cast<Eigen::Index>(g.columns.size());
  if (columns == 0) return;
  if (stacks_) return stack_group(g, block, weight);
  const BlockMap j(block, rows, columns);
  if (rows == 1) {
    const double w = weight[0];
    if (w == 0.0) return;
    for (Eigen::Index c = 0; c < columns; ++c) {
      const double x = w * j(0, c);
      if (x == 0.0) continue;
      double* out = dense.data() + static_cast<Eigen::Index>(shared_index(g, c)) * dense.rows();
      for (Eigen::Index d = c; d < columns; ++d) out[shared_index(g, d)] += x * j(0, d);
    }
    return;
  }
  constexpr Eigen::Index few_columns = 8;  // a product of matrices takes longer to set up than to compute
  if (columns <= few_columns) {
    for (Eigen::Index c = 0; c < columns; ++c) {
      double* out = dense.data() + static_cast<Eigen::Index>(shared_index(g, c)) * dense.rows();
      for (Eigen::Index d = c; d < columns; ++d) {
        double sum = 0.0;
        for (Eigen::Index r = 0; r < rows; ++r) sum += weight[r] * j(r, c) * j(r, d);
        out[shared_index(g, d)] += sum;
      }
    }
    return;
  }
  panel_weighted_.noalias() = weight.asDiagonal() * j;
  panel_.resize(columns, columns);
  panel_.triangularView<Eigen::Lower>().setZero();
  panel_.triangularView<Eigen::Lower>() += j.transpose() * panel_weighted_;
  scatter(g);
}

void SharedBlock::scatter(const RowGroup& g) {
  const Eigen::Index columns = panel_.cols();
  for (Eigen::Index c = 0; c < columns; ++c) {
    double* out = dense.data() + static_cast<Eigen::Index>(shared_index(g, c)) * dense.rows();
    for (Eigen::Index d = c; d < columns; ++d) out[shared_index(g, d)] += panel_(d, c);
  }
}

void SharedBlock::add_lower(std::uint32_t i, std::uint32_t j, double value) {
  const std::uint32_t a = shared_of_parameter[i], b = shared_of_parameter[j];
  dense(static_cast<Eigen::Index>(std::max(a, b)), static_cast<Eigen::Index>(std::min(a, b))) += value;
}

bool SharedBlock::assemble_dense(RowEliminator& eliminator) {
  const Curvature& curvature = *eliminator.curvature;
  const bool exact_elimination = eliminator.form == Form::exact;
  const auto n = static_cast<Eigen::Index>(shared.size());
  dense.setZero(n, n);
  if (n_stacked_ > 0) {  // of an assembly that was given up half-way
    stack_.setZero();
    n_stacked_ = 0;
  }
  for (std::size_t s = 0; s < shared.size(); ++s) {
    const std::uint32_t i = shared[s];
    dense(static_cast<Eigen::Index>(s), static_cast<Eigen::Index>(s)) =
        eliminator.stiffness[i] + (exact_elimination ? curvature.exact_diagonal[i] : 0.0);
  }
  Vector& weight = group_weight_;
  Matrix rows;
  for (const RowGroup& g : layout_.groups) {
    const double* jacobian = curvature.jacobian.data() + g.jacobian;
    const auto n_rows = static_cast<Eigen::Index>(g.n_rows);
    weight.resize(n_rows);
    if (!exact_elimination) {
      for (Eigen::Index r = 0; r < n_rows; ++r) {
        weight[r] = eliminator.reduced_weight[g.first_row + static_cast<std::size_t>(r)];
      }
      add_weighted_rows(g, jacobian, weight);
      continue;
    }
    // Rows whose privates couple through the Jacobian alone keep the form weight * j j^T; the others add explicit
    // rows.
    Eigen::Index n_extra = 0;
    for (Eigen::Index r = 0; r < n_rows; ++r) {
      const std::size_t row = g.first_row + static_cast<std::size_t>(r);
      weight[r] = curvature.weight_exact[row];
      if (layout_.row_privates[row] == layout_.row_privates[row + 1]) continue;
      RowElimination& e = eliminator.eliminations[row];
      if (!eliminator.factorise_row(row, e)) {
        failed_row = row;
        return false;
      }
      if (e.privates.empty()) continue;
      if (e.is_simple) {
        weight[r] = e.reduced_weight;
        continue;
      }
      const auto k = static_cast<Eigen::Index>(e.privates.size());
      if (eliminator.couples_through_jacobian(row, e)) {
        Vector scale(k);
        for (Eigen::Index a = 0; a < k; ++a)
          scale[a] = eliminator.jacobian_scale(row, e.privates[static_cast<std::size_t>(a)]);
        e.factor.triangularView<Eigen::Lower>().solveInPlace(scale);
        weight[r] -= scale.squaredNorm();
        continue;
      }
      const auto columns = static_cast<Eigen::Index>(g.columns.size());
      if (rows.rows() < n_extra + k || rows.cols() != columns) rows.conservativeResize(n_extra + k + n_rows, columns);
      Matrix coupling = Matrix::Zero(columns, k);
      for (Eigen::Index a = 0; a < k; ++a) {
        eliminator.coupling_row(g, row, e.privates[static_cast<std::size_t>(a)], coupling.col(a));
        eliminator.add_shared_pairs(row, e.privates[static_cast<std::size_t>(a)], g, coupling.col(a));
      }
      rows.middleRows(n_extra, k) = coupling.transpose();
      Matrix solved = rows.middleRows(n_extra, k);
      e.factor.triangularView<Eigen::Lower>().solveInPlace(solved);
      rows.middleRows(n_extra, k) = solved;
      n_extra += k;
    }
    add_weighted_rows(g, jacobian, weight);
    if (n_extra > 0) {
      const Matrix extra = rows.topRows(n_extra);
      panel_.resize(extra.cols(), extra.cols());
      panel_.triangularView<Eigen::Lower>().setZero();
      panel_.triangularView<Eigen::Lower>() -= extra.transpose() * extra;
      scatter(g);
    }
    if (layout_.couplings.empty() && layout_.pairs.empty()) continue;
    for (std::size_t row = g.first_row; row < g.first_row + g.n_rows; ++row) add_shared_row_terms(curvature, g, row);
  }
  flush_stack();
  const std::vector<double>& dense_values = exact_elimination ? curvature.dense_exact : curvature.dense_safe;
  for (const DenseBlock& block : layout_.dense_blocks) add_dense(block, dense_values.data() + block.offset);
  if (exact_elimination) {
    for (const ProductTerm& term : layout_.products) add_product(curvature, term);
  }
  for (std::size_t s = 0; s < shared.size(); ++s) {
    if (eliminator.is_free(shared[s])) continue;
    const auto i = static_cast<Eigen::Index>(s);
    dense.row(i).setZero();
    dense.col(i).setZero();
    dense(i, i) = 1.0;
  }
  return true;
}

/// Couplings of shared per-row parameters (a shapefactor of several channels) and pairs among them.
void SharedBlock::add_shared_row_terms(const Curvature& curvature, const RowGroup& g, std::size_t row) {
  const std::size_t r = row - g.first_row;
  for (std::uint32_t m = layout_.row_couplings[row]; m < layout_.row_couplings[row + 1]; ++m) {
    const CouplingEntry& c = layout_.couplings[m];
    if (c.private_index >= 0) continue;
    const CouplingMatrix& matrix = layout_.coupling_matrices[c.matrix];
    const double* values = curvature.coupling_values.data() + matrix.values + r;
    for (std::size_t j = 0; j < matrix.columns.size(); ++j) {
      const double value = curvature.coupling_scale[m] * values[j * g.n_rows];
      if (value != 0.0) add_lower(c.parameter, g.columns[matrix.columns[j]], value);
    }
  }
  for (std::uint32_t m = layout_.row_pairs[row]; m < layout_.row_pairs[row + 1]; ++m) {
    const PairEntry& pair = layout_.pairs[m];
    if (layout_.private_of_parameter[pair.first] < 0 && layout_.private_of_parameter[pair.second] < 0) {
      add_lower(pair.first, pair.second, curvature.pair_values[m]);
    }
  }
}

/// Parameters of a dense block ascend too.
void SharedBlock::add_dense(const DenseBlock& block, const double* values) {
  const std::size_t n = block.parameters.size();
  product_rows_.resize(n);
  for (std::size_t a = 0; a < n; ++a) product_rows_[a] = shared_of_parameter[block.parameters[a]];
  for (std::size_t b = 0; b < n; ++b) {
    double* out = dense.data() + static_cast<Eigen::Index>(product_rows_[b]) * dense.rows();
    const double* column = values + b * n;
    for (std::size_t a = b; a < n; ++a) out[product_rows_[a]] += column[a];
  }
}

/// Columns of a product term ascend, so its elements fall into the lower triangle.
void SharedBlock::add_product(const Curvature& curvature, const ProductTerm& term) {
  const std::uint32_t* columns = layout_.product_columns.data() + term.first;
  const double* p = curvature.product_p.data() + term.first;
  const double* q = curvature.product_q.data() + term.first;
  product_rows_.resize(term.size);
  for (std::size_t a = 0; a < term.size; ++a) product_rows_[a] = shared_of_parameter[columns[a]];
  for (std::size_t b = 0; b < term.size; ++b) {
    if (p[b] == 0.0 && q[b] == 0.0) continue;
    double* out = dense.data() + static_cast<Eigen::Index>(product_rows_[b]) * dense.rows();
    for (std::size_t a = b; a < term.size; ++a) out[product_rows_[a]] += p[a] * q[b] + q[a] * p[b];
  }
}

}  // namespace relume::math
