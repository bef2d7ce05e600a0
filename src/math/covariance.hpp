// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The inverse of the exact Hessian, or the direction along which it has none.
//
//   const CovarianceResult covariance = invert(curvature, free, true);
//   if (covariance.positive_definite) use(covariance.variances);
//
// Cost: that of an exact factorisation and P^3 multiply-adds; the full matrix needs n^2 numbers. Allocates.
#pragma once

#include <span>
#include <vector>

#include "relume/math/curvature.hpp"

namespace relume::math {

struct CovarianceResult {
  bool positive_definite = false;
  std::vector<double> variances;   ///< per parameter; 0 where not free
  std::vector<double> covariance;  ///< n x n, row by row, when asked for; else empty
  /// Where the Hessian has no inverse: the flattest direction, in units of each parameter's own curvature; else empty.
  std::vector<double> null_direction;
  bool curves_downwards = false;  ///< along the null direction, by more than rounding: a saddle
};

/// Inverse of the exact Hessian on the free parameters, private ones back-substituted.
CovarianceResult invert(const Curvature& curvature, std::span<const char> free, bool full_matrix);

}  // namespace relume::math
