// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/row_elimination.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace relume::math {

namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr std::uint32_t absent = std::numeric_limits<std::uint32_t>::max();

}  // namespace

RowEliminator::RowEliminator(const CurvatureLayout& l) : layout(l) {
  stiffness.resize(l.n_parameters);
  fisher_diagonal_.resize(l.n_parameters);
  is_unconstrained_.resize(l.n_parameters);
  reduced_weight.resize(l.n_rows);
  eliminations.resize(l.n_rows);
}

void RowEliminator::prepare(const Curvature& hessian, std::span<const char> free_parameters, Form wanted,
                            double null_direction_share) {
  curvature = &hessian;
  free.assign(free_parameters.begin(), free_parameters.end());
  form = wanted;
  set_stiffness(null_direction_share, form == Form::preconditioner);
  if (form != Form::exact) reduce_rows_semidefinite();
}

void RowEliminator::set_stiffness(double share, bool with_exact_diagonal) {
  if (share == 0.0) {
    stiffness = curvature->constraint;
    return;
  }
  for (std::size_t i = 0; i < layout.n_parameters; ++i) is_unconstrained_[i] = curvature->constraint[i] == 0.0;
  curvature->diagonal(fisher_diagonal_, Form::semidefinite, is_unconstrained_);
  for (std::size_t i = 0; i < layout.n_parameters; ++i) {
    stiffness[i] = curvature->constraint[i];
    if (is_unconstrained_[i]) stiffness[i] += share * fisher_diagonal_[i];
    // What the exact diagonal adds makes conjugate gradients two to three times shorter; at least half of the
    // constraint stays, so that the form stays positive.
    if (with_exact_diagonal) stiffness[i] += std::max(curvature->exact_diagonal[i], -0.5 * curvature->constraint[i]);
    if (!(stiffness[i] > 0.0)) stiffness[i] = 1.0;  // a parameter without any effect: any value solves it
  }
}

/// Fisher form of the private blocks: diag(kappa) + w a a^T, inverted by Sherman-Morrison.
void RowEliminator::reduce_rows_semidefinite() {
  for (std::size_t r = 0; r < layout.n_rows; ++r) {
    double sum = 0.0;
    for (std::uint32_t k = layout.row_privates[r]; k < layout.row_privates[r + 1]; ++k) {
      const std::uint32_t i = layout.privates[k].parameter;
      if (is_free(i)) sum += curvature->private_slope[k] * curvature->private_slope[k] / stiffness[i];
    }
    reduced_weight[r] = curvature->weight_safe[r] / (1.0 + curvature->weight_safe[r] * sum);
  }
}

bool RowEliminator::factorise_row(std::size_t row, RowElimination& e) const {
  e.privates.clear();
  for (std::uint32_t k = layout.row_privates[row]; k < layout.row_privates[row + 1]; ++k) {
    if (is_free(layout.privates[k].parameter)) e.privates.push_back(k);
  }
  const auto n = static_cast<Eigen::Index>(e.privates.size());
  e.is_simple = false;
  e.factor.resize(n, n);
  if (n == 0) return true;
  for (Eigen::Index a = 0; a < n; ++a) {
    const std::uint32_t ka = e.privates[static_cast<std::size_t>(a)];
    const std::uint32_t i = layout.privates[ka].parameter;
    for (Eigen::Index b = 0; b <= a; ++b) {
      const std::uint32_t kb = e.privates[static_cast<std::size_t>(b)];
      e.factor(a, b) = curvature->weight_exact[row] * curvature->private_slope[ka] * curvature->private_slope[kb];
    }
    e.factor(a, a) += stiffness[i] + curvature->exact_diagonal[i];
  }
  for (std::uint32_t m = layout.row_pairs[row]; m < layout.row_pairs[row + 1]; ++m) {
    const PairEntry& pair = layout.pairs[m];
    Eigen::Index a = -1, b = -1;
    for (Eigen::Index x = 0; x < n; ++x) {
      const std::uint32_t i = layout.privates[e.privates[static_cast<std::size_t>(x)]].parameter;
      if (i == pair.first) a = x;
      if (i == pair.second) b = x;
    }
    if (a >= 0 && b >= 0) e.factor(std::max(a, b), std::min(a, b)) += curvature->pair_values[m];
  }
  if (n == 1) {
    if (!(e.factor(0, 0) > 0.0)) return false;
    e.factor(0, 0) = std::sqrt(e.factor(0, 0));
    e.is_simple = couples_through_jacobian(row, e);
    if (e.is_simple) make_simple(row, e);
    return true;
  }
  const Vector diagonal = e.factor.diagonal();
  const Eigen::LLT<Eigen::Ref<Matrix>> factor(e.factor);
  bool positive = factor.info() == Eigen::Success;
  for (Eigen::Index a = 0; positive && a < n; ++a) {
    positive = e.factor(a, a) * e.factor(a, a) > min_relative_pivot * diagonal[a];
  }
  return positive;
}

void RowEliminator::coupling_row(const RowGroup& g, std::size_t row, std::uint32_t k, Eigen::Ref<Vector> out) const {
  const std::size_t r = row - g.first_row;
  const double wa = curvature->weight_exact[row] * curvature->private_slope[k];
  double jacobian_scale = wa;
  for (std::uint32_t m = layout.row_couplings[row]; m < layout.row_couplings[row + 1]; ++m) {
    const CouplingEntry& c = layout.couplings[m];
    if (c.private_index != static_cast<std::int32_t>(k)) continue;
    const CouplingMatrix& matrix = layout.coupling_matrices[c.matrix];
    if (matrix.is_jacobian) {
      jacobian_scale += curvature->coupling_scale[m];
    } else {
      const double* values = curvature->coupling_values.data() + matrix.values + r;
      for (std::size_t j = 0; j < matrix.columns.size(); ++j) {
        out[static_cast<Eigen::Index>(matrix.columns[j])] += curvature->coupling_scale[m] * values[j * g.n_rows];
      }
    }
  }
  const double* values = curvature->jacobian.data() + g.jacobian + r;
  for (std::size_t j = 0; j < g.columns.size(); ++j) {
    out[static_cast<Eigen::Index>(j)] += jacobian_scale * values[j * g.n_rows];
  }
}

void RowEliminator::add_shared_pairs(std::size_t row, std::uint32_t k, const RowGroup& g,
                                     Eigen::Ref<Vector> out) const {
  const std::uint32_t i = layout.privates[k].parameter;
  for (std::uint32_t m = layout.row_pairs[row]; m < layout.row_pairs[row + 1]; ++m) {
    const PairEntry& pair = layout.pairs[m];
    const std::uint32_t other = pair.first == i ? pair.second : pair.second == i ? pair.first : absent;
    if (other == absent || layout.private_of_parameter[other] >= 0) continue;
    const auto at = std::lower_bound(g.columns.begin(), g.columns.end(), other);
    out[at - g.columns.begin()] += curvature->pair_values[m];
  }
}

bool RowEliminator::couples_through_jacobian(std::size_t row, const RowElimination& e) const {
  for (std::uint32_t m = layout.row_couplings[row]; m < layout.row_couplings[row + 1]; ++m) {
    const CouplingEntry& c = layout.couplings[m];
    if (c.private_index < 0 || layout.coupling_matrices[c.matrix].is_jacobian) continue;
    if (std::find(e.privates.begin(), e.privates.end(), static_cast<std::uint32_t>(c.private_index)) !=
        e.privates.end()) {
      return false;
    }
  }
  for (std::uint32_t m = layout.row_pairs[row]; m < layout.row_pairs[row + 1]; ++m) {
    const bool first = layout.private_of_parameter[layout.pairs[m].first] >= 0;
    const bool second = layout.private_of_parameter[layout.pairs[m].second] >= 0;
    if (first != second) return false;
  }
  return true;
}

/// With Gamma = kappa + w a^2 and coupling (w a + c) J, what is left of w is w - (w a + c)^2 / Gamma; multiplied out,
/// the two large terms cancel before they are rounded.
void RowEliminator::make_simple(std::size_t row, RowElimination& e) const {
  const std::uint32_t k = e.privates[0];
  const double w = curvature->weight_exact[row], a = curvature->private_slope[k], c = coupling_scale(row, k);
  const double kappa = stiffness[parameter_of(e)] + curvature->exact_diagonal[parameter_of(e)];
  e.jacobian_scale = w * a + c;
  e.reduced_weight = (w * kappa - c * (2.0 * w * a + c)) / (e.factor(0, 0) * e.factor(0, 0));
}

double RowEliminator::jacobian_scale(std::size_t row, std::uint32_t k) const {
  return curvature->weight_exact[row] * curvature->private_slope[k] + coupling_scale(row, k);
}

double RowEliminator::coupling_scale(std::size_t row, std::uint32_t k) const {
  double scale = 0.0;
  for (std::uint32_t m = layout.row_couplings[row]; m < layout.row_couplings[row + 1]; ++m) {
    if (layout.couplings[m].private_index == static_cast<std::int32_t>(k)) scale += curvature->coupling_scale[m];
  }
  return scale;
}

void RowElimination::solve_row(Vector& v) const {
  factor.triangularView<Eigen::Lower>().solveInPlace(v);
  factor.triangularView<Eigen::Lower>().transpose().solveInPlace(v);
}

Vector RowEliminator::private_part(const RowElimination& e, std::span<const double> b) const {
  Vector v(static_cast<Eigen::Index>(e.privates.size()));
  for (std::size_t a = 0; a < e.privates.size(); ++a) {
    v[static_cast<Eigen::Index>(a)] = b[layout.privates[e.privates[a]].parameter];
  }
  return v;
}

}  // namespace relume::math
