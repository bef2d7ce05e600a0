// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "infer/posterior_density.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace relume::infer {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double sigmoid(double t) { return t >= 0.0 ? 1.0 / (1.0 + std::exp(-t)) : std::exp(t) / (1.0 + std::exp(t)); }

/// ln(1 + exp(t)) without overflow.
double softplus(double t) { return std::max(t, 0.0) + std::log1p(std::exp(-std::fabs(t))); }

/// Inverse of softplus, for x > 0.
double inverse_softplus(double x) { return x + std::log(-std::expm1(-x)); }

}  // namespace

Coordinate::Point Coordinate::at(double y) const {
  switch (map) {
    case Map::none: return {y, 1.0, 0.0, 0.0, 0.0, 0.0};
    case Map::lower: {
      const double t = y / scale, s = sigmoid(t), spread = s * (1.0 - s) / scale;
      return {lower + scale * softplus(t), s, spread, -softplus(-t), (1.0 - s) / scale, -spread / scale};
    }
    case Map::upper: {
      const double t = -y / scale, s = sigmoid(t), spread = s * (1.0 - s) / scale;
      return {upper - scale * softplus(t), s, -spread, -softplus(-t), -(1.0 - s) / scale, -spread / scale};
    }
    case Map::both: {
      const double s = sigmoid(y), width = upper - lower, spread = s * (1.0 - s);
      const double x = y < 0.0 ? lower + width * s : upper - width * sigmoid(-y);
      return {x,
              width * spread,
              width * spread * (1.0 - 2.0 * s),
              -softplus(y) - softplus(-y) + std::log(width),
              1.0 - 2.0 * s,
              -2.0 * spread};
    }
  }
  return {};
}

double Coordinate::y_of(double x) const {
  switch (map) {
    case Map::none: return x;
    case Map::lower: return scale * inverse_softplus((x - lower) / scale);
    case Map::upper: return -scale * inverse_softplus((upper - x) / scale);
    case Map::both: return std::log((x - lower) / (upper - x));
  }
  return x;
}

PosteriorDensity::PosteriorDensity(const model::Likelihood& likelihood, const model::Data& data,
                                   std::vector<double> point, std::vector<Coordinate> coordinates,
                                   std::vector<Prior> priors)
    : likelihood_(likelihood),
      data_(data),
      scratch_(likelihood.make_scratch()),
      point_(std::move(point)),
      coordinates_(std::move(coordinates)),
      priors_(std::move(priors)),
      at_(coordinates_.size()),
      terms_(coordinates_.size()),
      met_(coordinates_.size()) {}

double PosteriorDensity::move_to(const Eigen::VectorXd& y) {
  double potential = 0.0;
  beyond_.reset();
  for (std::size_t k = 0; k < coordinates_.size(); ++k) {
    const Coordinate& c = coordinates_[k];
    at_[k] = c.at(y[static_cast<Eigen::Index>(k)]);
    const double x = point_[c.parameter] = at_[k].x;
    if (!(x >= c.lower && x <= c.upper)) {
      beyond_ = k;
      (x < c.lower ? met_[k].lower : met_[k].upper) = true;
      return infinity;
    }
    terms_[k] = prior_term(priors_[k], x);
    potential += terms_[k].value - at_[k].log_slope;
  }
  return potential;
}

double PosteriorDensity::evaluate(const Eigen::VectorXd& y, Eigen::VectorXd& gradient) {
  const double others = move_to(y);
  if (others == infinity) return infinity;
  const math::Evaluation e = likelihood_.evaluate(point_, data_, math::Derivatives::gradient, {}, *scratch_);
  if (e.status != math::EvaluationStatus::ok) return infinity;
  for (std::size_t k = 0; k < coordinates_.size(); ++k) {
    const Coordinate::Point& at = at_[k];
    gradient[static_cast<Eigen::Index>(k)] =
        (scratch_->gradient[coordinates_[k].parameter] + terms_[k].slope) * at.slope - at.log_slope_slope;
  }
  return e.value + others;
}

double PosteriorDensity::evaluate(const Eigen::VectorXd& y, Eigen::VectorXd& gradient, Eigen::MatrixXd& hessian) {
  const double others = move_to(y);
  if (others == infinity) return infinity;
  const math::Evaluation e = likelihood_.evaluate(point_, data_, math::Derivatives::curvature, {}, *scratch_);
  if (e.status != math::EvaluationStatus::ok) return infinity;
  const auto n = static_cast<Eigen::Index>(coordinates_.size());
  hessian.resize(n, n);
  std::vector<double> unit(point_.size()), column(point_.size());
  for (Eigen::Index j = 0; j < n; ++j) {
    const std::size_t b = static_cast<std::size_t>(j);
    unit[coordinates_[b].parameter] = 1.0;
    scratch_->curvature.multiply(unit, column, math::Form::exact);
    unit[coordinates_[b].parameter] = 0.0;
    for (Eigen::Index i = 0; i < n; ++i) {
      const std::size_t a = static_cast<std::size_t>(i);
      hessian(i, j) = column[coordinates_[a].parameter] * at_[a].slope * at_[b].slope;
    }
    const double slope = scratch_->gradient[coordinates_[b].parameter] + terms_[b].slope;
    gradient[j] = slope * at_[b].slope - at_[b].log_slope_slope;
    hessian(j, j) +=
        terms_[b].curvature * at_[b].slope * at_[b].slope + slope * at_[b].curvature - at_[b].log_slope_curvature;
  }
  return e.value + others;
}

std::string PosteriorDensity::explain() const {
  if (!beyond_) return likelihood_.explain(point_, *scratch_);
  const Coordinate& c = coordinates_[*beyond_];
  return fmt::format("'{}' = {:g} is beyond its range [{:g}, {:g}]", likelihood_.parameters()[c.parameter].name,
                     point_[c.parameter], c.lower, c.upper);
}

double PosteriorDensity::parameters_at(const Eigen::VectorXd& y, std::span<double> x) const {
  double log_slope = 0.0;
  for (std::size_t k = 0; k < coordinates_.size(); ++k) {
    const Coordinate::Point at = coordinates_[k].at(y[static_cast<Eigen::Index>(k)]);
    x[k] = at.x;
    log_slope += at.log_slope;
  }
  return log_slope;
}

Eigen::VectorXd PosteriorDensity::y_of(std::span<const double> x) const {
  Eigen::VectorXd y(static_cast<Eigen::Index>(coordinates_.size()));
  for (std::size_t k = 0; k < coordinates_.size(); ++k) y[static_cast<Eigen::Index>(k)] = coordinates_[k].y_of(x[k]);
  return y;
}

}  // namespace relume::infer
