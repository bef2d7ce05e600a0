// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/covariance.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Dense>

#include "math/row_elimination.hpp"
#include "math/shared_block.hpp"

namespace relume::math {

namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

/// In units of each parameter's own curvature, before the private ones are eliminated, pivots and eigenvalues are
/// comparable: what elimination leaves of a flat direction is rounding on that scale.
Vector units_of(const SharedBlock& block, const RowEliminator& eliminator, std::span<const double> own_curvature) {
  Vector scale(block.dense.rows());
  for (Eigen::Index i = 0; i < scale.size(); ++i) {
    const std::uint32_t parameter = block.shared[static_cast<std::size_t>(i)];
    const double own = eliminator.is_free(parameter) ? std::max(own_curvature[parameter], block.dense(i, i)) : 1.0;
    scale[i] = own > 0.0 ? 1.0 / std::sqrt(own) : 1.0;
  }
  return scale;
}

Matrix scaled_by(const Vector& scale, const SharedBlock& block) {
  Matrix scaled = block.dense.selfadjointView<Eigen::Lower>();
  scaled = scale.asDiagonal() * scaled * scale.asDiagonal();
  return scaled;
}

/// A direction in which no rate and no constraint changes; empty: there is none. Along a valley that bends, the exact
/// curvature keeps what is left of the gradient, which hides a flat direction; its semidefinite part does not.
Vector flat_direction(const Curvature& curvature, std::span<const char> free, std::span<const double> own_curvature) {
  RowEliminator eliminator(curvature.layout());
  SharedBlock block(curvature.layout());
  eliminator.prepare(curvature, free, Form::semidefinite, 0.0);
  if (!block.assemble_dense(eliminator)) return {};
  const Vector scale = units_of(block, eliminator, own_curvature);
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(scaled_by(scale, block));
  constexpr double rounding = 1e-12;  // of numbers that add up to one, a few hundred of them
  if (!(eigen.eigenvalues()(0) <= rounding)) return {};
  return scale.asDiagonal() * eigen.eigenvectors().col(0);
}

}  // namespace

CovarianceResult invert(const Curvature& curvature, std::span<const char> free, bool full_matrix) {
  const CurvatureLayout& layout = curvature.layout();
  RowEliminator eliminator(layout);
  SharedBlock block(layout);
  eliminator.prepare(curvature, free, Form::exact, 0.0);
  CovarianceResult result;
  const std::size_t n = layout.n_parameters;
  result.variances.assign(n, 0.0);
  if (!block.assemble_dense(eliminator)) {
    // Some row's own parameters have no curvature between them.
    result.null_direction.assign(n, 0.0);
    for (std::uint32_t k = layout.row_privates[block.failed_row]; k < layout.row_privates[block.failed_row + 1]; ++k) {
      if (eliminator.is_free(layout.privates[k].parameter)) result.null_direction[layout.privates[k].parameter] = 1.0;
    }
    return result;
  }

  const Eigen::Index p = block.dense.rows();
  std::vector<double> fisher_diagonal(n);
  curvature.diagonal(fisher_diagonal, Form::semidefinite);
  const Vector scale = units_of(block, eliminator, fisher_diagonal);
  const Matrix scaled = scaled_by(scale, block);
  const Eigen::LLT<Matrix> llt(scaled);
  // A pivot below this share of its diagonal is a direction in which the likelihood does not change.
  constexpr double flat = 1e-11;
  // Below this one it may be one: correlations of published models leave more.
  constexpr double suspicious = 1e-5;
  bool positive = llt.info() == Eigen::Success;
  double smallest = 1.0;
  for (Eigen::Index i = 0; positive && i < p; ++i) {
    smallest = std::min(smallest, llt.matrixLLT()(i, i) * llt.matrixLLT()(i, i));
    positive = smallest > flat;
  }
  if (positive && smallest < suspicious) {
    const Vector direction = flat_direction(curvature, free, fisher_diagonal);
    if (direction.size() > 0) {
      result.null_direction.assign(n, 0.0);
      for (Eigen::Index i = 0; i < p; ++i)
        result.null_direction[block.shared[static_cast<std::size_t>(i)]] = direction(i);
      return result;
    }
  }
  if (!positive) {
    const Eigen::SelfAdjointEigenSolver<Matrix> eigen(scaled);
    // In units of the parameters' own curvature: far above what rounding makes of a flat direction.
    constexpr double downwards = 1e-6;
    result.curves_downwards = eigen.eigenvalues()(0) < -downwards;
    result.null_direction.assign(n, 0.0);
    for (Eigen::Index i = 0; i < p; ++i)
      result.null_direction[block.shared[static_cast<std::size_t>(i)]] = eigen.eigenvectors()(i, 0);
    return result;
  }
  result.positive_definite = true;
  Matrix inverse = Matrix::Identity(p, p);
  llt.solveInPlace(inverse);
  inverse = scale.asDiagonal() * inverse * scale.asDiagonal();
  for (Eigen::Index i = 0; i < p; ++i) {
    const std::uint32_t parameter = block.shared[static_cast<std::size_t>(i)];
    if (eliminator.is_free(parameter)) result.variances[parameter] = inverse(i, i);
  }
  if (full_matrix) {
    result.covariance.assign(n * n, 0.0);
    for (Eigen::Index i = 0; i < p; ++i) {
      const std::uint32_t pi = block.shared[static_cast<std::size_t>(i)];
      if (!eliminator.is_free(pi)) continue;
      for (Eigen::Index j = 0; j < p; ++j) {
        const std::uint32_t pj = block.shared[static_cast<std::size_t>(j)];
        if (eliminator.is_free(pj)) result.covariance[pi * n + pj] = inverse(i, j);
      }
    }
  }
  // Private parameters: C_gs = -Gamma^-1 B C_ss, C_gg = Gamma^-1 + Gamma^-1 B C_ss B^T Gamma^-1.
  std::size_t n_private = 0;
  for (const RowElimination& e : eliminator.eliminations) n_private += e.privates.size();
  if (n_private == 0) return result;
  Matrix coupled(static_cast<Eigen::Index>(full_matrix ? n_private : 0), p);  // Gamma^-1 B, one row per private
  std::vector<std::uint32_t> order;
  Matrix local;  // C_ss on the columns of the current group
  const RowGroup* local_group = nullptr;
  eliminator.for_each_elimination([&](const RowGroup& g, const RowElimination& e, const Matrix& coupling) {
    const auto k = static_cast<Eigen::Index>(e.privates.size());
    Matrix gamma_inverse = Matrix::Identity(k, k);
    e.factor.triangularView<Eigen::Lower>().solveInPlace(gamma_inverse);
    e.factor.triangularView<Eigen::Lower>().transpose().solveInPlace(gamma_inverse);
    const Matrix solved = gamma_inverse * coupling.transpose();  // k x columns
    // B C_ss B^T needs the columns of this row only.
    const Eigen::Index m = coupling.rows();
    if (!full_matrix) {
      if (local_group != &g) {
        local_group = &g;
        local.resize(m, m);
        for (Eigen::Index b = 0; b < m; ++b) {
          for (Eigen::Index a = 0; a < m; ++a) {
            const bool both = eliminator.is_free(g.columns[static_cast<std::size_t>(a)]) &&
                              eliminator.is_free(g.columns[static_cast<std::size_t>(b)]);
            local(a, b) = both ? inverse(block.shared_index(g, a), block.shared_index(g, b)) : 0.0;
          }
        }
      }
      const Matrix spread = solved * local;
      for (Eigen::Index a = 0; a < k; ++a) {
        result.variances[layout.privates[e.privates[static_cast<std::size_t>(a)]].parameter] =
            gamma_inverse(a, a) + spread.row(a).dot(solved.row(a));
      }
      return;
    }
    for (Eigen::Index a = 0; a < k; ++a) {
      const auto row = static_cast<Eigen::Index>(order.size());
      const std::uint32_t pa = layout.privates[e.privates[static_cast<std::size_t>(a)]].parameter;
      order.push_back(pa);
      coupled.row(row).setZero();
      for (Eigen::Index c = 0; c < m; ++c) {
        if (eliminator.is_free(g.columns[static_cast<std::size_t>(c)]))
          coupled(row, block.shared_index(g, c)) = solved(a, c);
      }
      for (Eigen::Index b = 0; b < k; ++b) {
        const std::uint32_t pb = layout.privates[e.privates[static_cast<std::size_t>(b)]].parameter;
        result.covariance[pa * n + pb] = gamma_inverse(a, b);
      }
    }
  });
  if (!full_matrix) return result;
  const Matrix cross = -coupled * inverse;           // privates x shared
  const Matrix both = -cross * coupled.transpose();  // privates x privates
  for (std::size_t a = 0; a < order.size(); ++a) {
    for (Eigen::Index j = 0; j < p; ++j) {
      const std::uint32_t pj = block.shared[static_cast<std::size_t>(j)];
      if (!eliminator.is_free(pj)) continue;
      result.covariance[order[a] * n + pj] = result.covariance[pj * n + order[a]] =
          cross(static_cast<Eigen::Index>(a), j);
    }
    for (std::size_t b = 0; b < order.size(); ++b) {
      result.covariance[order[a] * n + order[b]] += both(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b));
    }
    result.variances[order[a]] = result.covariance[order[a] * n + order[a]];
  }
  return result;
}

}  // namespace relume::math
