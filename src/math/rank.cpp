// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/rank.hpp"

#include <cmath>
#include <vector>

#include <Eigen/Dense>

namespace relume::math {

std::size_t rank(const Curvature& curvature, std::span<const char> free) {
  const std::size_t n = curvature.layout().n_parameters;
  std::vector<double> unit(n, 0.0), column(n), diagonal(n);
  curvature.diagonal(diagonal, Form::semidefinite);
  std::vector<std::size_t> held;  // parameters that do something
  for (std::size_t i = 0; i < n; ++i) {
    if (free[i] != 0 && diagonal[i] > 0.0) held.push_back(i);
  }
  // In units of each parameter's own curvature, so that eigenvalues are comparable.
  const auto p = static_cast<Eigen::Index>(held.size());
  Eigen::MatrixXd matrix(p, p);
  for (Eigen::Index k = 0; k < p; ++k) {
    const std::size_t i = held[static_cast<std::size_t>(k)];
    unit[i] = 1.0;
    curvature.multiply(unit, column, Form::semidefinite);
    unit[i] = 0.0;
    for (Eigen::Index l = 0; l < p; ++l) {
      const std::size_t j = held[static_cast<std::size_t>(l)];
      matrix(l, k) = column[j] / std::sqrt(diagonal[i] * diagonal[j]);
    }
  }
  if (p == 0) return 0;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(matrix, Eigen::EigenvaluesOnly);
  // What rounding leaves of a flat direction: a few units in the last place of numbers that add up to p.
  const double flat = 1e-13 * static_cast<double>(p) + 1e-12;
  std::size_t rank = 0;
  for (Eigen::Index k = 0; k < p; ++k) rank += eigen.eigenvalues()[k] > flat ? 1 : 0;
  return rank;
}

}  // namespace relume::math
