// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Interpolation between the nominal and the +-1 sigma variations, with first and second derivatives.
// Reference: CERN-OPEN-2012-016 (HistFactory), section 4; the numbering of codes is ROOT's and pyhf's.
//
// Additive codes act through two scalar functions of alpha only: with D = (hi - lo)/2 and M = (hi + lo)/2 - nominal per
// bin, delta = l(alpha) D + s(alpha) M. Everything non-linear is a scalar per parameter.
#pragma once

#include <array>
#include <cmath>

namespace relume::math {

struct Jet {
  double value = 0.0, slope = 0.0, curvature = 0.0;
};

/// Pair (l, s) of an additive code.
struct AdditiveShape {
  Jet linear, symmetric;
};

/// Code 0, piecewise linear: s = |alpha|. The sign bit of a zero selects the side.
inline AdditiveShape additive_code0(double alpha) {
  const double sign = std::signbit(alpha) ? -1.0 : 1.0;
  return {{alpha, 1.0, 0.0}, {std::fabs(alpha), sign, 0.0}};
}

/// Code 2, quadratic inside, linear outside, continuous with continuous slope: s = alpha^2, or 2|alpha| - 1.
inline AdditiveShape additive_code2(double alpha) {
  const double size = std::fabs(alpha);
  const double sign = alpha < 0.0 ? -1.0 : 1.0;
  if (size <= 1.0) return {{alpha, 1.0, 0.0}, {alpha * alpha, 2.0 * alpha, 2.0}};
  return {{alpha, 1.0, 0.0}, {2.0 * size - 1.0, 2.0 * sign, 0.0}};
}

/// Code 2 as pyhf 0.7.6 evaluates it: the response jumps at |alpha| = 1, because the value there is missing above
/// (scikit-hep/pyhf issue 2729) and the slope alone is taken below (issue 2668). l = alpha - 1, s = 2 (alpha - 1) for
/// alpha > 1; l = alpha, s = -2 alpha for alpha < -1.
inline AdditiveShape additive_code2_pyhf(double alpha) {
  if (alpha > 1.0) return {{alpha - 1.0, 1.0, 0.0}, {2.0 * (alpha - 1.0), 2.0, 0.0}};
  if (alpha < -1.0) return {{alpha, 1.0, 0.0}, {-2.0 * alpha, -2.0, 0.0}};
  return {{alpha, 1.0, 0.0}, {alpha * alpha, 2.0 * alpha, 2.0}};
}

/// Code 4p: sixth-order polynomial inside, linear outside; value, slope and curvature continuous at |alpha| = 1.
/// s = alpha^2 (15 - 10 alpha^2 + 3 alpha^4) / 8, or |alpha|.
inline AdditiveShape additive_code4p(double alpha) {
  const double size = std::fabs(alpha);
  if (size >= 1.0) {
    const double sign = alpha < 0.0 ? -1.0 : 1.0;
    return {{alpha, 1.0, 0.0}, {size, sign, 0.0}};
  }
  const double a2 = alpha * alpha;
  return {{alpha, 1.0, 0.0},
          {0.125 * a2 * (15.0 + a2 * (-10.0 + 3.0 * a2)), 0.125 * alpha * (30.0 + a2 * (-40.0 + 18.0 * a2)),
           0.125 * (30.0 + a2 * (-120.0 + 90.0 * a2))}};
}

/// The parabola through both variations and the nominal, everywhere: l = alpha, s = alpha^2 (arXiv:1809.05548,
/// eq. 3.1).
inline AdditiveShape additive_parabola(double alpha) { return {{alpha, 1.0, 0.0}, {alpha * alpha, 2.0 * alpha, 2.0}}; }

/// A multiplicative response with factors lo at -1 and hi at +1.
struct MultiplicativeResponse {
  double log_hi = 0.0, log_lo = 0.0;   ///< -infinity where a factor is 0
  std::array<double, 6> polynomial{};  ///< code 4: 1 + sum_i polynomial[i-1] alpha^i for |alpha| < 1
};

/// Code 4 coefficients: value, slope and curvature match hi^alpha and lo^-alpha at alpha = +-1. A factor of 0 is taken
/// in the limit (x ln x and x ln^2 x vanish), so a 100% uncertainty is well defined: the response is 0 from alpha = -1
/// on. Differs from pyhf: which gives NaN for every |alpha| < 1 when lo or hi is 0.
inline MultiplicativeResponse multiplicative_response(double lo, double hi) {
  MultiplicativeResponse r;
  r.log_hi = std::log(hi);
  r.log_lo = std::log(lo);
  const double u1 = hi > 0.0 ? hi * r.log_hi : 0.0, u2 = hi > 0.0 ? u1 * r.log_hi : 0.0;
  const double d1 = lo > 0.0 ? -lo * r.log_lo : 0.0, d2 = lo > 0.0 ? -d1 * r.log_lo : 0.0;
  // Even and odd parts at +1: P(1) -+ P(-1), and likewise for slope and curvature.
  const double e0 = 0.5 * (hi + lo) - 1.0, o0 = 0.5 * (hi - lo);
  const double e1 = 0.5 * (u1 - d1), o1 = 0.5 * (u1 + d1);
  const double e2 = 0.5 * (u2 + d2), o2 = 0.5 * (u2 - d2);
  // Odd: a1 + a3 + a5 = o0, a1 + 3 a3 + 5 a5 = o1, 6 a3 + 20 a5 = o2.
  r.polynomial[0] = (15.0 * o0 - 7.0 * o1 + o2) / 8.0;
  r.polynomial[2] = (-5.0 * o0 + 5.0 * o1 - o2) / 4.0;
  r.polynomial[4] = (3.0 * o0 - 3.0 * o1 + o2) / 8.0;
  // Even: a2 + a4 + a6 = e0, 2 a2 + 4 a4 + 6 a6 = e1, 2 a2 + 12 a4 + 30 a6 = e2.
  r.polynomial[1] = (24.0 * e0 - 9.0 * e1 + e2) / 8.0;
  r.polynomial[3] = (-12.0 * e0 + 7.0 * e1 - e2) / 4.0;
  r.polynomial[5] = (8.0 * e0 - 5.0 * e1 + e2) / 8.0;
  return r;
}

/// base^size for size > 0, with its derivatives in alpha = sign * size.
inline Jet exponential(double log_base, double size, double sign) {
  if (std::isinf(log_base)) return {0.0, 0.0, 0.0};
  const double value = std::exp(log_base * size);
  return {value, sign * log_base * value, log_base * log_base * value};
}

/// Code 1, piecewise exponential: hi^alpha for alpha > 0, lo^-alpha for alpha < 0. The sign bit of a zero selects the
/// side.
inline Jet multiplicative_code1(const MultiplicativeResponse& r, double alpha) {
  return std::signbit(alpha) ? exponential(r.log_lo, -alpha, -1.0) : exponential(r.log_hi, alpha, 1.0);
}

/// Code 4: sixth-order polynomial for |alpha| < 1, exponential outside.
inline Jet multiplicative_code4(const MultiplicativeResponse& r, double alpha) {
  if (alpha >= 1.0) return exponential(r.log_hi, alpha, 1.0);
  if (alpha <= -1.0) return exponential(r.log_lo, -alpha, -1.0);
  const auto& c = r.polynomial;
  const double x = alpha;
  return {1.0 + x * (c[0] + x * (c[1] + x * (c[2] + x * (c[3] + x * (c[4] + x * c[5]))))),
          c[0] + x * (2 * c[1] + x * (3 * c[2] + x * (4 * c[3] + x * (5 * c[4] + x * 6 * c[5])))),
          2 * c[1] + x * (6 * c[2] + x * (12 * c[3] + x * (20 * c[4] + x * 30 * c[5])))};
}

}  // namespace relume::math
