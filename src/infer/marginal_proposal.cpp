// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "infer/marginal_proposal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace relume::infer {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// How often the density is made better.
constexpr int rounds = 2;
/// Points that the axes go through.
constexpr Eigen::Index points_of_slices = 12;
/// Of the slices, in units of the axes.
constexpr double reach = 7.0, step = 0.35;
/// What an average over few points misses lies in the tails: these are made wider.
constexpr double widening = 0.9;

/// Points that stand for a weighted sample, each for an equal share of the weights.
Matrix representatives(const Matrix& points, const std::vector<double>& weights) {
  Matrix chosen(points.rows(), points_of_slices);
  double passed = 0.0;
  Eigen::Index n = 0;
  for (Eigen::Index k = 0; k < points.cols(); ++k) {
    passed += weights[static_cast<std::size_t>(k)];
    while (n < points_of_slices && passed * points_of_slices > static_cast<double>(n) + 0.5) {
      chosen.col(n++) = points.col(k);
    }
  }
  for (; n < points_of_slices; ++n) chosen.col(n) = points.col(points.cols() - 1);
  return chosen;
}

}  // namespace

/// Coordinates are drawn independently, each from its own marginal distribution. That is the average of what the
/// function is along its axis through points that have the right distribution (Gelfand, Smith, J. Am. Stat. Assoc. 85
/// (1990) 398): through the centre to begin with, then through points drawn with what that has led to, whose covariance
/// also gives better axes.
bool Proposal::adapt(const LogFunction& log_f, const Nodes& pilot) {
  const Eigen::Index d = axes_.cols();
  if (slices_.empty()) cut(Matrix::Zero(d, 1), log_f);
  Matrix z(d, static_cast<Eigen::Index>(pilot.size));
  std::vector<double> weights(pilot.size);
  for (int round = 0; round < rounds; ++round) {
    double largest = -infinity, sum = 0.0, squares = 0.0;
    for (std::size_t k = 0; k < pilot.size; ++k) {
      double log_density = 0.0;
      auto own = z.col(static_cast<Eigen::Index>(k));
      for (std::size_t j = 0; j < slices_.size(); ++j) {
        const SliceDensity::Draw draw = slices_[j].at(pilot.u[k * pilot.dimension + j]);
        own[static_cast<Eigen::Index>(j)] = draw.z;
        log_density += draw.log_density;
      }
      const Vector x = centre_ + axes_ * own;
      weights[k] = log_f(x) - log_density;
      largest = std::max(largest, weights[k]);
    }
    if (!std::isfinite(largest)) return false;
    for (double& w : weights) {
      w = std::exp(w - largest);
      sum += w;
    }
    for (double& w : weights) {
      w /= sum;
      squares += w * w;
    }
    const Eigen::Map<const Vector> w(weights.data(), z.cols());
    const Vector mean = z * w;
    z.colwise() -= mean;
    // A few points that count cannot tell a covariance from none: as many more of what was thought before.
    const double others = 2.0 * static_cast<double>(d) * squares;
    const Matrix weighted = z * w.asDiagonal();
    Matrix covariance = others * Matrix::Identity(d, d);
    covariance.noalias() += weighted * z.transpose();
    covariance /= 1.0 + others;
    const Eigen::LLT<Matrix> factor(covariance);
    if (factor.info() != Eigen::Success) return false;
    Matrix points = representatives(z, weights);
    factor.matrixL().solveInPlace(points);
    centre_ += axes_ * mean;
    axes_ = (axes_ * Matrix(factor.matrixL())).eval();
    cut(points, log_f);
  }
  return true;
}

/// The function along each axis, averaged over `points`.
void Proposal::cut(const Matrix& points, const LogFunction& log_f) {
  constexpr auto n_steps = static_cast<std::size_t>(2.0 * reach / step) + 1;
  slices_.clear();
  std::vector<double> density(n_steps), values(n_steps);
  for (Eigen::Index j = 0; j < axes_.cols(); ++j) {
    std::fill(density.begin(), density.end(), 0.0);
    for (Eigen::Index n = 0; n < points.cols(); ++n) {
      Vector at = points.col(n);
      at[j] = 0.0;
      const Vector through = centre_ + axes_ * at;
      double largest = -infinity, sum = 0.0;
      for (std::size_t i = 0; i < n_steps; ++i) {
        values[i] = log_f(through + (static_cast<double>(i) * step - reach) * axes_.col(j));
        largest = std::max(largest, values[i]);
      }
      if (!std::isfinite(largest)) continue;
      for (double& value : values) {
        value = std::exp(value - largest);
        sum += value;
      }
      for (std::size_t i = 0; i < n_steps; ++i) density[i] += values[i] / sum;
    }
    for (std::size_t i = 0; i < n_steps; ++i) values[i] = widening * std::log(density[i]);
    slices_.emplace_back(-reach, step, values);
  }
}

double Proposal::log_determinant() const {
  double sum = 0.0;
  for (Eigen::Index j = 0; j < axes_.cols(); ++j) sum += std::log(axes_(j, j));
  return sum;
}

Vector Proposal::at(std::span<const double> u) const {
  Vector z(axes_.cols());
  for (std::size_t j = 0; j < u.size(); ++j) z[static_cast<Eigen::Index>(j)] = slices_[j].at(u[j]).z;
  return centre_ + axes_ * z;
}

double Proposal::log_density(const Vector& x) const {
  Vector z = x - centre_;
  axes_.triangularView<Eigen::Lower>().solveInPlace(z);
  double sum = -log_determinant();
  for (std::size_t j = 0; j < slices_.size(); ++j) sum += slices_[j].log_density(z[static_cast<Eigen::Index>(j)]);
  return sum;
}

}  // namespace relume::infer
