// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Elimination of the private parameters of a row, those that act in that row only. With Gamma their block of the
// Hessian and B their coupling to the shared parameters, the shared block loses B^T Gamma^-1 B. The semidefinite form
// has Gamma = diag(kappa) + w a a^T and B = w a j^T, so that elimination only makes the weight of the row smaller
// (Sherman-Morrison); the exact form factorises Gamma.
//
//   RowEliminator eliminator(layout);
//   eliminator.prepare(curvature, free, Form::exact, 0.0);
//   if (eliminator.factorise_row(row, eliminator.eliminations[row])) ...
//
// Cost: a few operations per private parameter and coupling. Rows with several private parameters allocate.
// Thread-safety: one eliminator per thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Dense>

#include "relume/math/curvature.hpp"

namespace relume::math {

/// Smallest pivot of a Cholesky factor, relative to the diagonal it came from, that still counts as curvature: below
/// it the direction is flat to within the rounding of the Hessian itself.
inline constexpr double min_relative_pivot = 1e-13;

/// The private parameters of one row with their exact curvature, factorised: Gamma = L L^T.
struct RowElimination {
  std::vector<std::uint32_t> privates;  ///< indices into layout.privates, the free ones of the row
  Eigen::MatrixXd factor;
  bool is_simple = false;       ///< one private parameter that couples through the row's Jacobian alone,
  double jacobian_scale = 0.0;  ///< to this multiple of it,
  double reduced_weight = 0.0;  ///< which leaves the row this weight

  /// v = Gamma^-1 v
  void solve_row(Eigen::VectorXd& v) const;
};

class RowEliminator {
 public:
  explicit RowEliminator(const CurvatureLayout& layout);

  /// Takes over which Hessian is meant, on the parameters with free[i] != 0. The exact form reads `curvature` again in
  /// what follows. `null_direction_share`: what directions without curvature get of their own Fisher diagonal; 0 keeps
  /// the Hessian as it is. All but the exact form have their rows reduced here; exact rows are factorised one by one.
  void prepare(const Curvature& curvature, std::span<const char> free, Form form, double null_direction_share);

  bool is_free(std::uint32_t parameter) const { return free[parameter] != 0; }

  /// Gamma of one row in exact form; false when it is not positive definite.
  bool factorise_row(std::size_t row, RowElimination& e) const;

  /// Coupling of private `k` in row r to the shared parameters, exact form: w a J_r + sum of scaled coupling rows.
  void coupling_row(const RowGroup& g, std::size_t row, std::uint32_t k, Eigen::Ref<Eigen::VectorXd> out) const;

  /// Private-shared pairs of one row add to a private's coupling row.
  void add_shared_pairs(std::size_t row, std::uint32_t k, const RowGroup& g, Eigen::Ref<Eigen::VectorXd> out) const;

  /// True when the coupling of each private is a multiple of the row's Jacobian, namely jacobian_scale times it.
  bool couples_through_jacobian(std::size_t row, const RowElimination& e) const;
  double jacobian_scale(std::size_t row, std::uint32_t k) const;
  /// The part of it that comes from second derivatives of the rate.
  double coupling_scale(std::size_t row, std::uint32_t k) const;

  /// Of a simple row: its private parameter.
  std::uint32_t parameter_of(const RowElimination& e) const { return layout.privates[e.privates[0]].parameter; }

  /// The entries of `b` that belong to the row's privates.
  Eigen::VectorXd private_part(const RowElimination& e, std::span<const double> b) const;

  /// Calls f(group, elimination, coupling rows: columns x privates) for every row with free privates.
  template <class F>
  void for_each_elimination(F&& f, bool skip_simple = false);

  /// Calls f(group, first element of the row in the group's Jacobian, elimination) for every simple row.
  template <class F>
  void for_each_simple_row(F&& f) const;

  const CurvatureLayout& layout;
  const Curvature* curvature = nullptr;
  std::vector<char> free;
  Form form = Form::semidefinite;
  std::vector<double> stiffness;             ///< per parameter: the diagonal that is not a row's
  std::vector<double> reduced_weight;        ///< per row: its weight after elimination; all but the exact form
  std::vector<RowElimination> eliminations;  ///< per row: exact form

 private:
  void set_stiffness(double share, bool with_exact_diagonal);
  void reduce_rows_semidefinite();

  void make_simple(std::size_t row, RowElimination& e) const;

  std::vector<double> fisher_diagonal_;
  std::vector<char> is_unconstrained_;
  Eigen::MatrixXd row_coupling_;  ///< of one row's privates
};

template <class F>
void RowEliminator::for_each_simple_row(F&& f) const {
  if (layout.privates.empty()) return;
  for (const RowGroup& g : layout.groups) {
    for (std::size_t r = 0; r < g.n_rows; ++r) {
      const RowElimination& e = eliminations[g.first_row + r];
      if (e.is_simple) f(g, curvature->jacobian.data() + g.jacobian + r, e);
    }
  }
}

template <class F>
void RowEliminator::for_each_elimination(F&& f, bool skip_simple) {
  if (layout.privates.empty()) return;
  Eigen::MatrixXd& coupling = row_coupling_;
  for (const RowGroup& g : layout.groups) {
    for (std::size_t row = g.first_row; row < g.first_row + g.n_rows; ++row) {
      const RowElimination& e = eliminations[row];
      if (e.privates.empty() || (skip_simple && e.is_simple)) continue;
      coupling.setZero(static_cast<Eigen::Index>(g.columns.size()), static_cast<Eigen::Index>(e.privates.size()));
      for (std::size_t a = 0; a < e.privates.size(); ++a) {
        coupling_row(g, row, e.privates[a], coupling.col(static_cast<Eigen::Index>(a)));
        add_shared_pairs(row, e.privates[a], g, coupling.col(static_cast<Eigen::Index>(a)));
      }
      f(g, e, coupling);
    }
  }
}

}  // namespace relume::math
