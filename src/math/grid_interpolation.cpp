// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/grid_interpolation.hpp"

#include <algorithm>

namespace relume::math {

namespace {

constexpr std::size_t half_band = 3;

}  // namespace

SplineAxis::SplineAxis(std::vector<double> points, bool is_cubic)
    : points_(std::move(points)),
      degree_(is_cubic ? static_cast<int>(std::min<std::size_t>(3, points_.size() - 1)) : 1) {
  const std::size_t n = points_.size(), p = static_cast<std::size_t>(degree_);
  for (std::size_t i = 0; i <= p; ++i) knots_.push_back(points_.front());
  // As many inner knots as points are left: all inner points for lines, not the second and the last but one for cubics.
  const std::size_t skipped = (p + 1) / 2;
  for (std::size_t i = skipped; p < n - 1 && i < n - skipped; ++i) knots_.push_back(points_[i]);
  for (std::size_t i = 0; i <= p; ++i) knots_.push_back(points_.back());
  if (degree_ == 1) return;
  factor_.assign(n, {});
  for (std::size_t i = 0; i < n; ++i) {
    const Basis b = basis(points_[i]);
    for (std::size_t k = 0; k <= p; ++k) {
      const std::size_t column = b.first + k + half_band;
      if (b.value[k] != 0.0 && column >= i && column - i < factor_[i].size()) factor_[i][column - i] = b.value[k];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t row = i + 1; row < std::min(n, i + 1 + half_band); ++row) {
      double& below = factor_[row][i + half_band - row];
      below /= factor_[i][half_band];
      if (below == 0.0) continue;
      for (std::size_t column = i + 1; column < std::min(n, i + 1 + half_band); ++column) {
        factor_[row][column + half_band - row] -= below * factor_[i][column + half_band - i];
      }
    }
  }
}

void SplineAxis::fit(double* line, std::size_t stride) const {
  if (degree_ == 1) return;
  const std::size_t n = points_.size();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t column = i > half_band ? i - half_band : 0; column < i; ++column) {
      line[i * stride] -= factor_[i][column + half_band - i] * line[column * stride];
    }
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t column = i + 1; column < std::min(n, i + 1 + half_band); ++column) {
      line[i * stride] -= factor_[i][column + half_band - i] * line[column * stride];
    }
    line[i * stride] /= factor_[i][half_band];
  }
}

/// Cox-de Boor recursion (de Boor, ch. IX and X).
SplineAxis::Basis SplineAxis::basis(double x) const {
  const std::size_t p = static_cast<std::size_t>(degree_), n = knots_.size() - p - 1;
  const auto begin = knots_.begin() + degree_, end = knots_.begin() + static_cast<std::ptrdiff_t>(n);
  const std::size_t s = static_cast<std::size_t>(std::upper_bound(begin + 1, end, x) - knots_.begin()) - 1;
  Basis result;
  result.first = s - p;
  std::array<double, 4> lower{}, lowest{};  // of degree p - 1 and p - 2
  auto& value = result.value;
  value[0] = 1.0;
  for (std::size_t d = 1; d <= p; ++d) {
    lowest = lower;
    lower = value;
    double saved = 0.0;
    for (std::size_t r = 0; r < d; ++r) {
      const double right = knots_[s + r + 1], left = knots_[s + r + 1 - d];
      const double share = value[r] / (right - left);
      value[r] = saved + (right - x) * share;
      saved = (x - left) * share;
    }
    value[d] = saved;
  }
  const double degree = static_cast<double>(p);
  std::array<double, 4> lower_slope{};
  for (std::size_t q = 0; q < p && p >= 2; ++q) {
    const std::size_t i = s - p + 1 + q;
    if (q >= 1) lower_slope[q] += (degree - 1.0) * lowest[q - 1] / (knots_[i + p - 1] - knots_[i]);
    if (q + 1 < p) lower_slope[q] -= (degree - 1.0) * lowest[q] / (knots_[i + p] - knots_[i + 1]);
  }
  for (std::size_t r = 0; r <= p; ++r) {
    const std::size_t i = s - p + r;
    if (r >= 1) {
      const double width = knots_[i + p] - knots_[i];
      result.slope[r] += degree * lower[r - 1] / width;
      result.curvature[r] += degree * lower_slope[r - 1] / width;
    }
    if (r < p) {
      const double width = knots_[i + p + 1] - knots_[i + 1];
      result.slope[r] -= degree * lower[r] / width;
      result.curvature[r] -= degree * lower_slope[r] / width;
    }
  }
  return result;
}

GridInterpolation::GridInterpolation(const std::vector<std::vector<double>>& points, std::vector<double> values,
                                     bool is_cubic)
    : coefficients_(std::move(values)) {
  for (const std::vector<double>& p : points) axes_.emplace_back(p, is_cubic);
  strides_.assign(axes_.size(), 1);
  for (std::size_t k = axes_.size(); k-- > 1;) strides_[k - 1] = strides_[k] * axes_[k].size();
  for (std::size_t k = 0; k < axes_.size(); ++k) {
    const std::size_t block = strides_[k] * axes_[k].size();
    for (std::size_t first = 0; first < coefficients_.size(); first += block) {
      for (std::size_t i = 0; i < strides_[k]; ++i) axes_[k].fit(coefficients_.data() + first + i, strides_[k]);
    }
  }
}

double GridInterpolation::evaluate(std::span<const double> x, std::span<double> gradient,
                                   std::span<double> hessian) const {
  const std::size_t d = axes_.size();
  std::array<SplineAxis::Basis, max_axes> basis;
  for (std::size_t k = 0; k < d; ++k) basis[k] = axes_[k].basis(x[k]);
  std::fill(gradient.begin(), gradient.end(), 0.0);
  std::fill(hessian.begin(), hessian.end(), 0.0);
  double sum = 0.0;
  std::array<std::size_t, max_axes> at{};
  for (;;) {
    std::size_t place = 0;
    for (std::size_t k = 0; k < d; ++k) place += (basis[k].first + at[k]) * strides_[k];
    const double c = coefficients_[place];
    // Products of all values, but those of one or two axes replaced by slopes.
    std::array<double, max_axes + 1> before{1.0}, after{};
    after[d] = 1.0;
    for (std::size_t k = 0; k < d; ++k) before[k + 1] = before[k] * basis[k].value[at[k]];
    for (std::size_t k = d; k-- > 0;) after[k] = after[k + 1] * basis[k].value[at[k]];
    sum += c * before[d];
    if (!gradient.empty()) {
      for (std::size_t k = 0; k < d; ++k) gradient[k] += c * before[k] * basis[k].slope[at[k]] * after[k + 1];
    }
    if (!hessian.empty()) {
      for (std::size_t k = 0; k < d; ++k) {
        hessian[k * d + k] += c * before[k] * basis[k].curvature[at[k]] * after[k + 1];
        double between = c * before[k] * basis[k].slope[at[k]];
        for (std::size_t j = k + 1; j < d; ++j) {
          hessian[k * d + j] += between * basis[j].slope[at[j]] * after[j + 1];
          between *= basis[j].value[at[j]];
        }
      }
    }
    std::size_t k = d;
    while (k-- > 0) {
      if (++at[k] <= static_cast<std::size_t>(axes_[k].degree())) break;
      at[k] = 0;
    }
    if (k == static_cast<std::size_t>(-1)) break;
  }
  for (std::size_t k = 0; k < d && !hessian.empty(); ++k) {
    for (std::size_t j = 0; j < k; ++j) hessian[k * d + j] = hessian[j * d + k];
  }
  return sum;
}

}  // namespace relume::math
