// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A quadratic form of a normal variable with given moments: a + b t + c t^2, t ~ N(0, 1), has mean a + c, variance
// b^2 + 2 c^2 and third central moment 6 b^2 c + 8 c^3 (arXiv:1809.05548, section 3).
//
//   const auto q = quadratic_moments(10.0, 4.0, 4.0);  // a = 9.8326, b = 1.9859, c = 0.1674
//
// Thread-safety: pure functions.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>

namespace relume::math {

struct QuadraticForm {
  double a = 0.0, b = 0.0, c = 0.0;
};

/// No such form is more skewed than this: there b vanishes.
inline constexpr double max_quadratic_skewness = 2.8284271247461901;  // 2 sqrt(2)

/// Nothing when |skewness| is beyond that or the variance is not positive. With c = sqrt(2 variance) s the third moment
/// reads skewness = 2 sqrt(2) (3 s - 4 s^3), the sine of a triple angle, of which the branch through c = 0 is taken:
/// the published arctangent form without its cancellation at small skewness.
inline std::optional<QuadraticForm> quadratic_moments(double mean, double variance, double third) {
  if (!(variance > 0.0)) return std::nullopt;
  const double share = third / (variance * std::sqrt(variance)) / max_quadratic_skewness;
  if (!(std::fabs(share) <= 1.0)) return std::nullopt;
  const double c = std::sqrt(2.0 * variance) * std::sin(std::asin(share) / 3.0);
  return QuadraticForm{mean - c, std::sqrt(std::fmax(0.0, variance - 2.0 * c * c)), c};
}

/// Correlation of t_I and t_J such that the forms have this covariance: the root of c_I c_J 2 rho^2 + b_I b_J rho =
/// covariance that stays finite as c vanishes. Nothing where there is none.
inline std::optional<double> quadratic_correlation(const QuadraticForm& i, const QuadraticForm& j, double covariance) {
  const double bb = i.b * j.b;
  const double discriminant = bb * bb + 8.0 * i.c * j.c * covariance;
  if (!(discriminant >= 0.0)) return std::nullopt;
  const double divisor = bb + std::sqrt(discriminant);
  if (!(divisor > 0.0)) return std::nullopt;
  return 2.0 * covariance / divisor;
}

/// b_I b_J rho + 2 c_I c_J rho^2.
inline double quadratic_covariance(const QuadraticForm& i, const QuadraticForm& j, double rho) {
  return (i.b * j.b + 2.0 * i.c * j.c * rho) * rho;
}

/// The rho within [-1, 1] whose covariance is nearest to this one; b_I b_J > 0. A covariance without a root is beyond
/// the vertex of the parabola in rho, which is the least (c_I c_J > 0) or the greatest one. On the side of the vertex
/// where the root is taken the covariance grows with rho, so that a root beyond +-1 means the nearest of these.
inline double nearest_quadratic_correlation(const QuadraticForm& i, const QuadraticForm& j, double covariance) {
  const auto root = quadratic_correlation(i, j, covariance);
  return std::clamp(root ? *root : -i.b * j.b / (4.0 * i.c * j.c), -1.0, 1.0);
}

}  // namespace relume::math
