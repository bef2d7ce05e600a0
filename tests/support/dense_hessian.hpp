// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Second derivatives as a matrix, whatever the structure in which a model keeps them.
#pragma once

#include <vector>

#include <Eigen/Dense>

#include "relume/math/curvature.hpp"

namespace relume::test {

/// Column by column, from unit vectors: n products of the curvature.
inline Eigen::MatrixXd dense_hessian(const math::Curvature& curvature, math::Form form) {
  const std::size_t n = curvature.layout().n_parameters;
  Eigen::MatrixXd h(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(n));
  std::vector<double> unit(n, 0.0), column(n);
  for (std::size_t j = 0; j < n; ++j) {
    unit[j] = 1.0;
    curvature.multiply(unit, column, form);
    unit[j] = 0.0;
    h.col(static_cast<Eigen::Index>(j)) = Eigen::Map<const Eigen::VectorXd>(column.data(), h.rows());
  }
  return h;
}

}  // namespace relume::test
