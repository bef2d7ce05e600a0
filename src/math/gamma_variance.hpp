// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Constraint by an auxiliary measurement whose variance is itself an estimate ("errors on errors", the gamma variance
// model: G. Cowan, Eur. Phys. J. C 79 (2019) 133, arXiv:1809.05778, section 2): u ~ Normal(theta, sigma^2) and, apart
// from it, v ~ Gamma(shape 1/(4 e^2), mean sigma^2), with e the relative uncertainty of sigma. With sigma^2 at its
// conditional estimate (v + k d^2)/(1 + k),
//
//   -ln L(theta) = 1/2 (1 + 1/k) ln(1 + k d^2 / v) + constant,   d = theta - u,   k = 2 e^2
//
// which is the density of Student's t with 1/k degrees of freedom and scale sqrt(v), and becomes d^2/(2 v) as e -> 0.
// It bends downwards where k d^2 > v.
#pragma once

#include <cmath>
#include <limits>
#include <numbers>

#include "math/poisson.hpp"
#include "math/random_stream.hpp"

namespace relume::math {

/// Value and derivatives in theta. The second derivative is `safe` + `bend`: `safe` >= 0 is the curvature of the
/// parabola that touches the term here and lies above it elsewhere, `bend` <= 0 is the rest.
struct GammaVarianceTerm {
  double value = 0.0, slope = 0.0, safe = 0.0, bend = 0.0;
};

/// Needs v > 0 and e >= 0. All digits for any e: the logarithm is taken of what exceeds 1.
inline GammaVarianceTerm gamma_variance_term(double d, double v, double e) {
  const double k = 2.0 * e * e;
  const double x = k * (d * d / v);
  // ln(1 + x)/x is 1 to all digits below this.
  constexpr double small = 1e-17;
  const double shape = x < small ? 1.0 : std::log1p(x) / x;
  const double safe = (1.0 + k) / (v + k * d * d);
  return {0.5 * (1.0 + k) * (d * d / v) * shape, safe * d, safe, -2.0 * safe * (x / (1.0 + x))};
}

/// What that leaves out of -ln L, with all constants of both densities: at d = 0 and the conditional sigma^2,
///
///   3/2 ln v + 1/2 ln(2 pi) + a - a ln a + ln Gamma(a) + 1/2 - (a + 1/2) ln(1 + 1/(2 a)),   a = 1/(4 e^2)
///
/// Needs e > 0: as e -> 0, v becomes certain and its density grows without limit.
inline double gamma_variance_saturated(double v, double e) {
  const double a = 0.25 / (e * e);
  return 1.5 * std::log(v) + 0.5 * std::log(2.0 * std::numbers::pi) + poisson_saturated(a) - std::log(a) + 0.5 -
         (a + 0.5) * std::log1p(0.5 / a);
}

/// -ln of the norm of Student's t with 1/k degrees of freedom and scale sqrt(v), which exp(-gamma_variance_term) is as
/// a density of theta:
///
///   1/2 ln(2 pi v) + 1/2 ln a + ln Gamma(a) - ln Gamma(a + 1/2),   a = 1/(4 e^2)
///
/// with ln Gamma(n + 1) = s(n) - n + n ln n, s(n) = poisson_saturated(n), in which the large terms cancel on paper: as
/// e -> 0 it becomes the norm of the normal distribution to all digits. Needs v > 0 and e > 0.
inline double student_t_norm(double v, double e) {
  const double a = 0.25 / (e * e);
  return 0.5 * std::log(2.0 * std::numbers::pi * v) + poisson_saturated(a) - poisson_saturated(a + 0.5) + 0.5 +
         (0.5 - a) * std::log1p(0.5 / a);
}

/// An estimate of the variance with this mean.
inline double draw_variance(double mean, double e, RandomStream& stream) {
  const double a = 0.25 / (e * e);
  // Small shapes come with numbers that no double holds; zero would be no variance.
  return std::fmax(mean / a * draw_gamma(a, stream), std::numeric_limits<double>::min());
}

/// theta, as such a measurement of u with estimated variance v and a flat prior leave it: Student's t.
inline double draw_from_gamma_variance(double u, double v, double e, RandomStream& stream) {
  const double half = 0.25 / (e * e);  // half of the degrees of freedom
  const double z = draw_normal(0.0, 1.0, stream);
  return u + z * std::sqrt(v * half / draw_gamma(half, stream));
}

}  // namespace relume::math
