// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "model/asymmetric_error.hpp"

#include <cmath>

namespace relume::model {

namespace {

struct Weight {
  double value, slope;
};

/// W(x) = 2 (x - ln(1 + x)) / x^2 and its slope: 1 at x = 0, where the logarithm cancels.
Weight weight(double x) {
  constexpr double small = 0.2;
  if (std::fabs(x) < small) {
    // sum of 2 (-x)^k / (k + 2): 0.2^24 is below the last digit.
    double value = 0.0, slope = 0.0;
    for (int k = 24; k-- > 0;) {
      value = value * -x + 2.0 / (k + 2);
      slope = slope * -x - 2.0 * (k + 1) / (k + 3);
    }
    return {value, slope};
  }
  const double value = 2.0 * (x - std::log1p(x)) / (x * x);
  return {value, 2.0 / x * (1.0 / (1.0 + x) - value)};
}

/// gamma of Barlow's eq. 29 times the lower error, for upper / lower = ratio > 1: the root of W(-g) = ratio^2 W(g
/// ratio) in (0, 1), which is the equation without its solution gamma = 0.
std::optional<double> poisson_shape(double ratio) {
  double low = 0.0, high = 1.0;
  constexpr int halvings = 100;
  for (int i = 0; i < halvings; ++i) {
    const double g = 0.5 * (low + high);
    (weight(-g).value < ratio * ratio * weight(g * ratio).value ? low : high) = g;
  }
  // Closer to 1 the pole and the lower error are the same number.
  constexpr double largest = 1.0 - 1e-12;
  const double g = 0.5 * (low + high);
  return g < largest ? std::optional(g) : std::nullopt;
}

}  // namespace

AsymmetricError::AsymmetricError(spec::ErrorModel model, double lower, double upper)
    : model_(model), lower_(lower), upper_(upper) {
  const double product = lower * upper, difference = upper - lower;
  switch (model) {
    case spec::ErrorModel::gaussian:
    case spec::ErrorModel::split_normal: break;
    case spec::ErrorModel::variable_gaussian_1:
      shape_ = 0.5 * difference / product;
      scale_ = 0.5 * (lower + upper) / product;
      break;
    case spec::ErrorModel::variable_gaussian_2:
      shape_ = difference / product;
      scale_ = 1.0 / std::sqrt(product);
      break;
    case spec::ErrorModel::generalised_poisson: {
      const double small = std::fmin(lower, upper), large = std::fmax(lower, upper);
      if (difference != 0.0) {
        const std::optional<double> g = poisson_shape(large / small);
        is_possible_ = g.has_value();
        shape_ = std::copysign(g.value_or(0.0) / small, difference);
      }
      scale_ = 1.0 / (upper * std::sqrt(weight(shape_ * upper).value));
      break;
    }
  }
  // Widths enter as squares.
  for (const double error : {lower, upper}) {
    is_possible_ = is_possible_ && std::isfinite(error * error) && std::isfinite(1.0 / (error * error));
  }
  is_possible_ = is_possible_ && std::isfinite(shape_) && std::isfinite(scale_);
}

std::optional<double> AsymmetricError::pole() const {
  return shape_ == 0.0 ? std::nullopt : std::optional(-1.0 / shape_);
}

std::optional<math::Jet> AsymmetricError::response(double r, double floor) const {
  const double w = 1.0 + shape_ * r;
  if (w > floor && w > 0.0) return inside(r);
  if (std::isnan(r) || !(floor > 0.0)) return std::nullopt;
  const double edge = (floor - 1.0) / shape_, d = r - edge;
  const math::Jet u = inside(edge);
  return math::Jet{u.value + d * (u.slope + 0.5 * d * u.curvature), u.slope + d * u.curvature, u.curvature};
}

math::Jet AsymmetricError::inside(double r) const {
  const double w = 1.0 + shape_ * r;
  switch (model_) {
    case spec::ErrorModel::gaussian: return {r / width(), 1.0 / width(), 0.0};
    case spec::ErrorModel::split_normal: {
      const double sigma = r < 0.0 ? lower_ : upper_;
      return {r / sigma, 1.0 / sigma, 0.0};
    }
    case spec::ErrorModel::variable_gaussian_1: {
      const double k = scale_ / w;
      return {k * r, k / w, -2.0 * k * shape_ / (w * w)};
    }
    case spec::ErrorModel::variable_gaussian_2: {
      const double k = scale_ / std::sqrt(w);
      return {k * r, k / w * (1.0 + 0.5 * shape_ * r), -k / (w * w) * shape_ * (1.0 + 0.25 * shape_ * r)};
    }
    case spec::ErrorModel::generalised_poisson: {
      const double x = shape_ * r;
      const auto [value, slope] = weight(x);
      const double root = std::sqrt(value);
      return {scale_ * r * root, scale_ / (w * root), -scale_ * shape_ / (w * root) * (1.0 / w + 0.5 * slope / value)};
    }
  }
  return {};
}

}  // namespace relume::model
