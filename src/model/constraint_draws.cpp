// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "model/constraint_draws.hpp"

#include <algorithm>
#include <limits>

#include <Eigen/Dense>

#include "math/gamma_variance.hpp"

namespace relume::model {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

ConstraintDraws::ConstraintDraws(const Likelihood& likelihood, const Data& data, std::span<const double> point,
                                 std::span<const char> is_drawn, const Options& options)
    : options_(options) {
  const auto parameters = likelihood.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& p = parameters[i];
    const Constraint& c = p.constraint;
    if (is_drawn[i] == 0 || c.kind == ConstraintKind::none || c.kind == ConstraintKind::correlated_normal) continue;
    const double variance = c.kind == ConstraintKind::gamma_variance ? data.values[c.variance_index] : 0.0;
    singles_.push_back({i, c, data.values[c.data_index], variance, p.lower, p.upper});
  }
  for (const CorrelatedConstraint& constraint : likelihood.correlated_constraints()) {
    Block block = block_of(likelihood, constraint, data, point, is_drawn);
    if (!block.members.empty()) blocks_.push_back(std::move(block));
  }
  if (options.within_bounds) return;
  for (Single& s : singles_) s.lower = -infinity, s.upper = infinity;
  for (Block& block : blocks_) {
    for (Member& m : block.members) m.lower = -infinity, m.upper = infinity;
  }
}

/// With the precision P of all pulls, those of D given the pulls u_H of the held ones are normal with the covariance
/// P_DD^-1 around -P_DD^-1 P_DH u_H (C. Bishop, Pattern Recognition and Machine Learning, eq. 2.96 and 2.97).
ConstraintDraws::Block ConstraintDraws::block_of(const Likelihood& likelihood, const CorrelatedConstraint& constraint,
                                                 const Data& data, std::span<const double> point,
                                                 std::span<const char> is_drawn) {
  Block block;
  const std::size_t n = constraint.parameters.size();
  std::vector<std::size_t> drawn;
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t i = constraint.parameters[k];
    const Parameter& p = likelihood.parameters()[i];
    if (is_drawn[i] == 0) continue;
    drawn.push_back(k);
    block.members.push_back({i, data.values[p.constraint.data_index], p.constraint.width, p.lower, p.upper});
  }
  if (drawn.empty()) return block;
  if (drawn.size() == n) {
    block.root = constraint.root;
    return block;
  }
  const auto m = static_cast<Eigen::Index>(drawn.size());
  Eigen::MatrixXd precision(m, m);
  Eigen::VectorXd pull_of_held = Eigen::VectorXd::Zero(m);
  for (Eigen::Index a = 0; a < m; ++a) {
    const double* row = constraint.precision.data() + drawn[static_cast<std::size_t>(a)] * n;
    for (Eigen::Index b = 0; b < m; ++b) precision(a, b) = row[drawn[static_cast<std::size_t>(b)]];
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t i = constraint.parameters[k];
      const Constraint& c = likelihood.parameters()[i].constraint;
      if (is_drawn[i] == 0) pull_of_held[a] -= row[k] * (point[i] - data.values[c.data_index]) / c.width;
    }
  }
  // The inverse of a Cholesky factor of the precision is upper triangular: from the last parameter to the first, so
  // that the root of the covariance is the lower triangle.
  const Eigen::LLT<Eigen::MatrixXd> backwards(precision.reverse());
  const Eigen::VectorXd means = backwards.solve(pull_of_held.reverse()).reverse();
  const Eigen::MatrixXd root = backwards.matrixU().solve(Eigen::MatrixXd::Identity(m, m)).reverse();
  for (Eigen::Index a = 0; a < m; ++a) {
    Member& member = block.members[static_cast<std::size_t>(a)];
    member.centre += member.width * means[a];
    for (Eigen::Index b = 0; b < m; ++b) block.root.push_back(root(a, b));
  }
  return block;
}

double ConstraintDraws::draw_once(const Single& single, math::RandomStream& stream) const {
  const Constraint& c = single.constraint;
  if (c.kind == ConstraintKind::gamma_variance)
    return math::draw_from_gamma_variance(single.auxiliary, single.variance, c.error_on_error, stream);
  if (c.kind == ConstraintKind::normal) return math::draw_normal(single.auxiliary, c.width, stream);
  const double shape = options_.counts == CountPrior::flat ? single.auxiliary + 1.0 : single.auxiliary;
  return shape > 0.0 ? math::draw_gamma(shape, stream) / c.rate : 0.0;
}

void ConstraintDraws::draw(const Single& single, math::RandomStream& stream, std::span<double> x,
                           Outcome& outcome) const {
  double& value = x[single.parameter];
  for (int k = 0; k < most_draws; ++k) {
    value = draw_once(single, stream);
    if (value >= single.lower && value <= single.upper) return;
    outcome.is_redrawn = true;
  }
  value = std::clamp(value, single.lower, single.upper);
  outcome.is_clipped = true;
}

void ConstraintDraws::draw(const Block& block, math::RandomStream& stream, std::span<double> x,
                           Outcome& outcome) const {
  const std::size_t n = block.members.size();
  std::vector<double> normals(n);
  for (int k = 0; k < most_draws; ++k) {
    // Rows of a lower triangle need no later normals: a draw ends at the first member outside, but for the last one.
    bool is_inside = true;
    for (std::size_t a = 0; a < n && (is_inside || k + 1 == most_draws); ++a) {
      normals[a] = math::draw_normal(0.0, 1.0, stream);
      double pull = 0.0;
      for (std::size_t b = 0; b <= a; ++b) pull += block.root[a * n + b] * normals[b];
      const Member& m = block.members[a];
      const double value = x[m.parameter] = m.centre + m.width * pull;
      is_inside &= value >= m.lower && value <= m.upper;
    }
    if (is_inside) return;
    outcome.is_redrawn = true;
  }
  for (const Member& m : block.members) x[m.parameter] = std::clamp(x[m.parameter], m.lower, m.upper);
  outcome.is_clipped = true;
}

ConstraintDraws::Outcome ConstraintDraws::draw(math::RandomStream& stream, std::span<double> x) const {
  Outcome outcome;
  for (const Single& single : singles_) draw(single, stream, x, outcome);
  for (const Block& block : blocks_) draw(block, stream, x, outcome);
  return outcome;
}

ConstraintDraws::Outcome ConstraintDraws::draw(const math::RandomSpace& space, std::uint64_t index,
                                               std::span<double> x) const {
  Outcome outcome;
  for (const Single& single : singles_) {
    math::RandomStream stream = space.at(index, single.parameter);
    draw(single, stream, x, outcome);
  }
  for (const Block& block : blocks_) {
    math::RandomStream stream = space.at(index, block.members.front().parameter);
    draw(block, stream, x, outcome);
  }
  return outcome;
}

}  // namespace relume::model
