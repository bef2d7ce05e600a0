// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The factor of one bin (a Monte Carlo statistics gamma) at its minimum, all else held: with rate a g + b and n events,
//
//   a g + b - n ln(a g + b) + tau g - m ln g            Poisson constraint: a count of m where tau g is expected
//   a g + b - n ln(a g + b) + (g - m)^2 / (2 width^2)   normal constraint
//
// are convex in g where a >= 0, and their derivative times what it is divided by is a quadratic, whose larger root is
// the minimum: there the rate is not negative (Barlow, Beeston, Comput. Phys. Commun. 77 (1993) 219).
//
//   double gamma = best_factor_poisson(n, a, b, m, tau);
//
// NaN where the quadratic has no root. Thread-safety: pure.
#pragma once

#include <cmath>

namespace relume::math {

/// The larger root of a x^2 + 2 h x + c, a > 0, without cancellation.
inline double larger_root(double a, double h, double c) {
  const double root = std::sqrt(h * h - a * c);
  return h <= 0.0 ? (root - h) / a : -c / (h + root);
}

inline double best_factor_poisson(double n, double a, double b, double m, double tau) {
  return larger_root(a * (a + tau), 0.5 * (b * (a + tau) - (n + m) * a), -m * b);
}

inline double best_factor_normal(double n, double a, double b, double m, double width) {
  const double shift = a * width * width - m;  // minus the minimum without events
  return larger_root(a, 0.5 * (b + a * shift), b * shift - n * a * width * width);
}

}  // namespace relume::math
