// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Published covariances and correlations as numbers: eigenvalues, inverses, the nearest matrix that is a correlation.
// Matrices are square, symmetric, row by row.
//
//   const auto eigen = eigen_decomposition(covariance, n);
//   if (eigen.values.front() < 0.0) ...
//
// Cost: a few n^3. Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace relume::math {

struct EigenDecomposition {
  std::vector<double> values;   ///< ascending
  std::vector<double> vectors;  ///< vector k: [k * n, (k + 1) * n)
};
EigenDecomposition eigen_decomposition(std::span<const double> matrix, std::size_t n);

/// The normal distribution with unit variances and this correlation.
struct CorrelatedNormal {
  bool is_positive_definite = false;  ///< if not, what follows the eigenvalues is empty
  double smallest_eigenvalue = 0.0, largest_eigenvalue = 0.0;
  std::vector<double> precision;  ///< the inverse
  std::vector<double> root;       ///< lower triangle L with L L^T = correlation, row by row
  double log_determinant = 0.0;
};
/// Eigenvalues below `smallest` count as not positive.
CorrelatedNormal correlated_normal(std::span<const double> correlation, std::size_t n, double smallest);

/// The correlation matrix nearest to a symmetric one in the Frobenius norm whose eigenvalues are at least `smallest`:
/// alternating projections with Dykstra's correction (Higham, IMA J. Numer. Anal. 22 (2002) 329, algorithm 3.3).
struct NearestCorrelation {
  std::vector<double> matrix;
  double distance = 0.0;        ///< Frobenius norm of the change
  double largest_change = 0.0;  ///< of one entry
  bool is_converged = false;
};
NearestCorrelation nearest_correlation(std::span<const double> matrix, std::size_t n, double smallest);

}  // namespace relume::math
