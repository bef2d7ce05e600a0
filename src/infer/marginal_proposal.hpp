// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A density that nodes are drawn from, adapted to a positive function of d coordinates: independent along d axes, and
// along each of them like the function itself.
//
//   Proposal proposal(mode, root_of_covariance);
//   proposal.adapt(log_f, importance_nodes(d, 1024, 0));
//
// Cost: some 10^3 evaluations of the function, and 500 per axis, in each of two rounds. Thread-safety: a value.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include <Eigen/Dense>

#include "infer/marginal_nodes.hpp"

namespace relume::infer {

class Proposal {
 public:
  /// Minus infinity where the function vanishes.
  using LogFunction = std::function<double(const Eigen::VectorXd&)>;

  /// `axes`: lower triangle; axes axes^T is about the covariance.
  Proposal(Eigen::VectorXd centre, Eigen::MatrixXd axes) : centre_(std::move(centre)), axes_(std::move(axes)) {}

  /// False: the function vanishes at all points that were tried. May be called again for another function.
  bool adapt(const LogFunction& log_f, const Nodes& pilot);

  /// The point that belongs to a point of the unit cube.
  Eigen::VectorXd at(std::span<const double> u) const;
  double log_density(const Eigen::VectorXd& x) const;

 private:
  void cut(const Eigen::MatrixXd& points, const LogFunction& log_f);
  double log_determinant() const;

  Eigen::VectorXd centre_;
  Eigen::MatrixXd axes_;
  std::vector<SliceDensity> slices_;
};

}  // namespace relume::infer
