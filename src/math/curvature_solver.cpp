// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/curvature_solver.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Dense>

#include "math/gather.hpp"
#include "math/row_elimination.hpp"
#include "math/shared_block.hpp"

namespace relume::math {

namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

}  // namespace

struct CurvatureSolver::Impl {
  explicit Impl(const CurvatureLayout& l) : layout(l), eliminator(l), block(l) {
    const double p = static_cast<double>(block.shared.size());
    const double b = static_cast<double>(l.n_rows);
    // Rows say all about the Hessian but a diagonal only without dense blocks.
    row_space =
        l.dense_blocks.empty() && p > small_dense && b * b * p / 2 + b * b * b / 6 < b * p * p / 2 + p * p * p / 6;
    shared_rhs.resize(static_cast<Eigen::Index>(block.shared.size()));
    shared_x.resize(static_cast<Eigen::Index>(block.shared.size()));
    row_vector.resize(static_cast<Eigen::Index>(l.n_rows));
  }

  /// Below this many shared parameters a dense factorisation costs next to nothing and serves the exact form too.
  static constexpr double small_dense = 24;

  const CurvatureLayout& layout;
  RowEliminator eliminator;
  SharedBlock block;
  bool row_space = false;

  Matrix row_matrix, scaled_jacobian;
  Eigen::LLT<Matrix> llt;
  Vector shared_rhs, shared_x, row_vector;
  std::vector<double> jacobian, private_slope;  ///< semidefinite forms: as they were factorised
  Vector inverse_root, root_weight;             ///< row space: stiffness^-1/2 per shared parameter, weight^1/2 per row

  Factorisation factorise_dense() {
    if (!block.assemble_dense(eliminator)) return Factorisation::not_positive_definite;
    shared_x = block.dense.diagonal();
    const Vector& diagonal = shared_x;
    llt.compute(block.dense);
    if (llt.info() != Eigen::Success) return Factorisation::not_positive_definite;
    for (Eigen::Index i = 0; i < diagonal.size(); ++i) {
      const double pivot = llt.matrixLLT()(i, i);
      if (!(pivot * pivot > min_relative_pivot * diagonal[i])) return Factorisation::not_positive_definite;
    }
    return Factorisation::positive_definite;
  }

  /// I + W^1/2 J D^-1 J^T W^1/2 over the rows.
  void factorise_row_space() {
    const auto b = static_cast<Eigen::Index>(layout.n_rows);
    scaled_jacobian.setZero(static_cast<Eigen::Index>(block.shared.size()),
                            b);  // one row of H's columns per shared parameter
    inverse_root.resize(shared_x.size());
    for (Eigen::Index s = 0; s < inverse_root.size(); ++s)
      inverse_root[s] = 1.0 / std::sqrt(eliminator.stiffness[block.shared[static_cast<std::size_t>(s)]]);
    root_weight.resize(b);
    for (Eigen::Index r = 0; r < b; ++r)
      root_weight[r] = std::sqrt(eliminator.reduced_weight[static_cast<std::size_t>(r)]);
    for (const RowGroup& g : layout.groups) {
      for (std::size_t c = 0; c < g.columns.size(); ++c) {
        const std::uint32_t i = g.columns[c];
        if (!eliminator.is_free(i)) continue;
        const std::uint32_t s = block.shared_of_parameter[i];
        const double* column = eliminator.curvature->jacobian.data() + g.jacobian + c * g.n_rows;
        for (std::size_t r = 0; r < g.n_rows; ++r) {
          const auto row = static_cast<Eigen::Index>(g.first_row + r);
          scaled_jacobian(s, row) = inverse_root[s] * root_weight[row] * column[r];
        }
      }
    }
    row_matrix.setIdentity(b, b);
    row_matrix.selfadjointView<Eigen::Lower>().rankUpdate(scaled_jacobian.transpose());
    llt.compute(row_matrix);
  }

  /// shared_x = (Schur complement)^-1 shared_rhs
  void solve_shared() {
    if (!uses_row_space()) {
      for (std::size_t s = 0; s < block.shared.size(); ++s) {
        if (!eliminator.is_free(block.shared[s])) shared_rhs[static_cast<Eigen::Index>(s)] = 0.0;
      }
      shared_x = llt.solve(shared_rhs);
      return;
    }
    for (std::size_t s = 0; s < block.shared.size(); ++s) {
      const auto i = static_cast<Eigen::Index>(s);
      shared_x[i] = eliminator.is_free(block.shared[s]) ? shared_rhs[i] * inverse_root[i] : 0.0;
    }
    row_vector.noalias() = scaled_jacobian.transpose() * shared_x;
    llt.solveInPlace(row_vector);
    shared_x.noalias() -= scaled_jacobian * row_vector;
    for (std::size_t s = 0; s < block.shared.size(); ++s) {
      const auto i = static_cast<Eigen::Index>(s);
      shared_x[i] = eliminator.is_free(block.shared[s]) ? shared_x[i] * inverse_root[i] : 0.0;
    }
  }

  bool uses_row_space() const { return row_space && eliminator.form != Form::exact; }

  void gather_shared(std::span<const double> b) {
    for (std::size_t s = 0; s < block.shared.size(); ++s) shared_rhs[static_cast<Eigen::Index>(s)] = b[block.shared[s]];
  }
  void spread_shared(std::span<double> x) const {
    std::fill(x.begin(), x.end(), 0.0);
    for (std::size_t s = 0; s < block.shared.size(); ++s) {
      if (eliminator.is_free(block.shared[s])) x[block.shared[s]] = shared_x[static_cast<Eigen::Index>(s)];
    }
  }

  /// shared_rhs(columns) += row * factor, for a group of one row.
  void shared_columns(const RowGroup& g, const double* row, double factor) {
    for (std::size_t c = 0; c < g.columns.size(); ++c) {
      shared_rhs[block.shared_of_parameter[g.columns[c]]] += row[c] * factor;
    }
  }

  void solve_semidefinite(std::span<const double> b, std::span<double> x) {
    const std::vector<double>& stiffness = eliminator.stiffness;
    const std::vector<double>& reduced_weight = eliminator.reduced_weight;
    gather_shared(b);
    // Row vector w (a^T Gamma^-1 b_gamma), to be subtracted through J^T.
    for (const RowGroup& g : layout.groups) {
      if (layout.row_privates[g.first_row] == layout.row_privates[g.first_row + g.n_rows]) continue;
      bool any = false;
      for (std::size_t row = g.first_row; row < g.first_row + g.n_rows; ++row) {
        double sum = 0.0;
        for (std::uint32_t k = layout.row_privates[row]; k < layout.row_privates[row + 1]; ++k) {
          const std::uint32_t i = layout.privates[k].parameter;
          if (eliminator.is_free(i)) sum += private_slope[k] * b[i] / stiffness[i];
        }
        row_vector[static_cast<Eigen::Index>(row)] = reduced_weight[row] * sum;
        any = any || sum != 0.0;
      }
      if (!any) continue;
      if (g.n_rows == 1) {
        const double pulled = -row_vector[static_cast<Eigen::Index>(g.first_row)];
        shared_columns(g, jacobian.data() + g.jacobian, pulled);
        continue;
      }
      for (std::size_t c = 0; c < g.columns.size(); ++c) {
        const double* column = jacobian.data() + g.jacobian + c * g.n_rows;
        double sum = 0.0;
        for (std::size_t r = 0; r < g.n_rows; ++r) {
          sum += column[r] * row_vector[static_cast<Eigen::Index>(g.first_row + r)];
        }
        shared_rhs[block.shared_of_parameter[g.columns[c]]] -= sum;
      }
    }
    solve_shared();
    spread_shared(x);
    for (const RowGroup& g : layout.groups) {
      for (std::size_t r = 0; r < g.n_rows; ++r) {
        const std::size_t row = g.first_row + r;
        if (layout.row_privates[row] == layout.row_privates[row + 1]) continue;
        double s = 0.0;
        if (g.n_rows == 1) {
          s = gathered_dot(jacobian.data() + g.jacobian, g.columns.data(), g.columns.size(), x.data());
        } else {
          for (std::size_t c = 0; c < g.columns.size(); ++c) {
            s += jacobian[g.jacobian + c * g.n_rows + r] * x[g.columns[c]];
          }
        }
        double sum = 0.0;
        for (std::uint32_t k = layout.row_privates[row]; k < layout.row_privates[row + 1]; ++k) {
          const std::uint32_t i = layout.privates[k].parameter;
          if (eliminator.is_free(i)) sum += private_slope[k] * b[i] / stiffness[i];
        }
        const double pull = reduced_weight[row] * (s + sum);
        for (std::uint32_t k = layout.row_privates[row]; k < layout.row_privates[row + 1]; ++k) {
          const std::uint32_t i = layout.privates[k].parameter;
          if (eliminator.is_free(i)) x[i] = (b[i] - private_slope[k] * pull) / stiffness[i];
        }
      }
    }
  }

  void solve_exact(std::span<const double> b, std::span<double> x) {
    constexpr bool skip_simple = true;
    gather_shared(b);
    eliminator.for_each_simple_row([&](const RowGroup& g, const double* row, const RowElimination& e) {
      const double v = e.jacobian_scale * b[eliminator.parameter_of(e)] / (e.factor(0, 0) * e.factor(0, 0));
      if (v == 0.0) return;
      for (std::size_t c = 0; c < g.columns.size(); ++c) {
        shared_rhs[block.shared_of_parameter[g.columns[c]]] -= row[c * g.n_rows] * v;
      }
    });
    eliminator.for_each_elimination(
        [&](const RowGroup& g, const RowElimination& e, const Matrix& coupling) {
          Vector v = eliminator.private_part(e, b);
          e.solve_row(v);
          const Vector pulled = coupling * v;
          for (Eigen::Index c = 0; c < pulled.size(); ++c) shared_rhs[block.shared_index(g, c)] -= pulled[c];
        },
        skip_simple);
    solve_shared();
    spread_shared(x);
    eliminator.for_each_simple_row([&](const RowGroup& g, const double* row, const RowElimination& e) {
      double s = 0.0;
      for (std::size_t c = 0; c < g.columns.size(); ++c) s += row[c * g.n_rows] * x[g.columns[c]];
      const std::uint32_t i = eliminator.parameter_of(e);
      x[i] = (b[i] - e.jacobian_scale * s) / (e.factor(0, 0) * e.factor(0, 0));
    });
    eliminator.for_each_elimination(
        [&](const RowGroup& g, const RowElimination& e, const Matrix& coupling) {
          Vector v = eliminator.private_part(e, b);
          Vector at(coupling.rows());
          for (Eigen::Index c = 0; c < at.size(); ++c) at[c] = x[g.columns[static_cast<std::size_t>(c)]];
          v.noalias() -= coupling.transpose() * at;
          e.solve_row(v);
          for (std::size_t a = 0; a < e.privates.size(); ++a) {
            x[layout.privates[e.privates[a]].parameter] = v[static_cast<Eigen::Index>(a)];
          }
        },
        skip_simple);
  }
};

CurvatureSolver::CurvatureSolver(const CurvatureLayout& layout) : impl_(std::make_unique<Impl>(layout)) {}
CurvatureSolver::~CurvatureSolver() = default;

bool CurvatureSolver::prefers_dense() const { return !impl_->row_space; }

Factorisation CurvatureSolver::factorise(const Curvature& curvature, std::span<const char> free, Form form) {
  Impl& s = *impl_;
  s.eliminator.prepare(curvature, free, form, null_direction_share);
  if (form != Form::exact) {
    s.jacobian = curvature.jacobian;
    s.private_slope = curvature.private_slope;
  }
  if (s.uses_row_space()) {
    s.factorise_row_space();
    return Factorisation::positive_definite;
  }
  return s.factorise_dense();
}

void CurvatureSolver::solve(std::span<const double> b, std::span<double> x) {
  if (impl_->eliminator.form == Form::exact) {
    impl_->solve_exact(b, x);
  } else {
    impl_->solve_semidefinite(b, x);
  }
}

}  // namespace relume::math
