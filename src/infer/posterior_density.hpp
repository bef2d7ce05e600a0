// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Likelihood times priors as a density that a sampler can move in: one coordinate y per free parameter x.
//
//   PosteriorDensity density(likelihood, data, point, coordinates, priors);
//   double potential = density.evaluate(y, gradient);   // -ln(likelihood * priors * |dx/dy|)
//
// Where a bound is near enough to cut the posterior, x(y) is smooth and never reaches it, and the Jacobian is part of
// the density. Where both are so far away that hardly any of the posterior lies beyond, y is x itself, and the density
// is zero beyond the bound: exact too, without distorting what is nearly normal.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "infer/nuts.hpp"
#include "infer/prior_terms.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::infer {

/// One free parameter: its range, and how it follows from y.
struct Coordinate {
  enum class Map {
    none,   ///< x = y
    lower,  ///< x = lower + scale ln(1 + exp(y / scale)): nearly y far from the bound, exponential near it
    upper,  ///< x = upper - scale ln(1 + exp(-y / scale))
    both,   ///< x = lower + (upper - lower) / (1 + exp(-y))
  };
  std::uint32_t parameter = 0;
  Map map = Map::none;
  double lower = 0.0, upper = 0.0, scale = 1.0;

  /// x, and its derivatives, and ln(dx/dy) with its derivatives.
  struct Point {
    double x, slope, curvature, log_slope, log_slope_slope, log_slope_curvature;
  };
  Point at(double y) const;
  double y_of(double x) const;
};

class PosteriorDensity final : public Density {
 public:
  /// `point`: values of the parameters that are held. `priors`: one per coordinate; without an entry, flat.
  PosteriorDensity(const model::Likelihood& likelihood, const model::Data& data, std::vector<double> point,
                   std::vector<Coordinate> coordinates, std::vector<Prior> priors);

  std::size_t size() const override { return coordinates_.size(); }
  double evaluate(const Eigen::VectorXd& y, Eigen::VectorXd& gradient) override;
  /// The same with the Hessian; infinite, and no Hessian, where the density is zero.
  double evaluate(const Eigen::VectorXd& y, Eigen::VectorXd& gradient, Eigen::MatrixXd& hessian);

  /// x(y), and ln |dx/dy|.
  double parameters_at(const Eigen::VectorXd& y, std::span<double> x) const;
  Eigen::VectorXd y_of(std::span<const double> x) const;
  const std::vector<Coordinate>& coordinates() const { return coordinates_; }
  /// Which bounds were met since the density was made: one entry per coordinate.
  struct Met {
    bool lower = false, upper = false;
  };
  std::span<const Met> met() const { return met_; }
  /// Why the density was zero at the last evaluation, by name.
  std::string explain() const;

 private:
  /// Sets the point; the potential of priors and Jacobian, infinite outside of the bounds.
  double move_to(const Eigen::VectorXd& y);

  const model::Likelihood& likelihood_;
  const model::Data& data_;
  std::unique_ptr<model::Scratch> scratch_;
  std::vector<double> point_;
  std::vector<Coordinate> coordinates_;
  std::vector<Prior> priors_;
  std::vector<Coordinate::Point> at_;
  std::vector<PriorTerm> terms_;
  std::vector<Met> met_;
  std::optional<std::size_t> beyond_;  ///< the coordinate that was beyond its bound at the last evaluation
};

}  // namespace relume::infer
