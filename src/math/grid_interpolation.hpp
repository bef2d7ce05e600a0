// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A function tabulated on a rectangular grid, as a tensor product of splines through all points. Cubic: not-a-knot
// splines (de Boor, "A Practical Guide to Splines", ch. IX and XIII), whose value, slope and curvature are continuous
// and which give cubic polynomials back exactly; an axis of three points has the parabola through them, one of two the
// line. Linear: value continuous, slope not.
//
//   const GridInterpolation grid({{0, 1, 2, 3}, {-1, 1}}, values, true);      // the last axis runs fastest
//   grid.evaluate(x, gradient, hessian);
//
// Cost: 4^d (1 + d + d^2/2) operations for d axes. Thread-safety: immutable.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace relume::math {

class SplineAxis {
 public:
  SplineAxis(std::vector<double> points, bool is_cubic);

  double first() const { return points_.front(); }
  double last() const { return points_.back(); }
  std::size_t size() const { return points_.size(); }
  int degree() const { return degree_; }

  /// The basis functions that are not zero at x, and the place of the first of them. Beyond the ends the last
  /// polynomials go on.
  struct Basis {
    std::size_t first = 0;
    std::array<double, 4> value{}, slope{}, curvature{};
  };
  Basis basis(double x) const;

  /// Turns values at the points into coefficients of the basis functions; `line` has as many entries as points,
  /// `stride` apart.
  void fit(double* line, std::size_t stride) const;

 private:
  std::vector<double> points_, knots_;
  int degree_ = 1;
  /// Collocation matrix factorised without pivots, which its total positivity allows: rows of 2 * 3 + 1 entries around
  /// the diagonal.
  std::vector<std::array<double, 7>> factor_;
};

class GridInterpolation {
 public:
  static constexpr std::size_t max_axes = 8;

  /// Precondition: ascending points, at least two per axis; at most max_axes axes; one value per grid point.
  GridInterpolation(const std::vector<std::vector<double>>& points, std::vector<double> values, bool is_cubic);

  std::size_t n_axes() const { return axes_.size(); }
  const SplineAxis& axis(std::size_t k) const { return axes_[k]; }
  /// `gradient`: one per axis, `hessian`: row by row; empty spans: not wanted.
  double evaluate(std::span<const double> x, std::span<double> gradient, std::span<double> hessian) const;

 private:
  std::vector<SplineAxis> axes_;
  std::vector<std::size_t> strides_;
  std::vector<double> coefficients_;
};

}  // namespace relume::math
