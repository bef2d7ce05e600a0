// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "infer/marginal_nodes.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include <Eigen/Eigenvalues>
#include <boost/random/sobol.hpp>

#include "math/random_stream.hpp"

namespace relume::infer {

namespace {

constexpr std::size_t replicates = 8;
/// Far from the streams of toys (0 to 16) and of chains (from 2^32 on).
constexpr std::uint64_t shift_stream = std::uint64_t{1} << 40;

struct Rule {
  std::vector<double> z, log_weights;
};

/// Nodes are the eigenvalues of the Jacobi matrix; weights times exp(z^2/2) come from the orthonormal Hermite
/// functions, in which nothing underflows.
Rule gauss_hermite(std::size_t order) {
  const auto n = static_cast<Eigen::Index>(order);
  Eigen::VectorXd off(n - 1);
  for (Eigen::Index k = 0; k + 1 < n; ++k) off[k] = std::sqrt(static_cast<double>(k + 1));
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(Eigen::VectorXd::Zero(n), off, Eigen::EigenvaluesOnly);
  Rule rule;
  for (Eigen::Index i = 0; i < n; ++i) {
    const double z = solver.eigenvalues()[i];
    double before = 0.0, h = std::exp(-0.25 * z * z), sum = 0.0;
    for (std::size_t k = 0; k < order; ++k) {
      sum += h * h;
      const double count = static_cast<double>(k);
      const double next = (z * h - std::sqrt(count) * before) / std::sqrt(count + 1.0);
      before = h;
      h = next;
    }
    rule.z.push_back(z);
    rule.log_weights.push_back(0.5 * std::log(2.0 * std::numbers::pi) - std::log(sum));
  }
  return rule;
}

}  // namespace

Nodes gauss_hermite(std::size_t dimension, std::size_t order) {
  const Rule rule = gauss_hermite(order);
  Nodes nodes;
  nodes.dimension = dimension;
  std::vector<std::size_t> at(dimension, 0);
  for (bool more = true; more;) {
    double log_weight = 0.0;
    bool is_outermost = false;
    for (const std::size_t i : at) {
      nodes.z.push_back(rule.z[i]);
      log_weight += rule.log_weights[i];
      is_outermost = is_outermost || i == 0 || i + 1 == order;
    }
    nodes.log_weights.push_back(log_weight);
    nodes.is_outermost.push_back(is_outermost);
    ++nodes.size;
    more = false;
    for (std::size_t j = 0; j < dimension && !more; ++j) {
      at[j] = (at[j] + 1) % order;
      more = at[j] != 0;
    }
  }
  return nodes;
}

Nodes importance_nodes(std::size_t dimension, std::size_t n, std::uint64_t seed) {
  Nodes nodes;
  nodes.dimension = dimension;
  nodes.size = n;
  nodes.n_replicates = replicates;
  nodes.u.reserve(n * dimension);
  const math::RandomSpace space(seed, shift_stream);
  std::vector<std::uint64_t> shift(dimension);
  for (std::size_t r = 0; r < replicates; ++r) {
    for (std::size_t j = 0; j < dimension; ++j) {
      math::RandomStream stream = space.at(r, j);
      const std::uint64_t high = stream();
      shift[j] = high << 32 | stream();
    }
    boost::random::sobol sequence(dimension);
    for (std::size_t k = 0; k < n / replicates; ++k) {
      for (std::size_t j = 0; j < dimension; ++j) {
        // 53 bits, and never 0 or 1.
        nodes.u.push_back((static_cast<double>((sequence() ^ shift[j]) >> 11) + 0.5) * 0x1p-53);
      }
    }
  }
  return nodes;
}

namespace {

/// Where there is nothing there is next to nothing, so that no logarithm is infinite.
constexpr double deepest = -60.0;
/// Tails fall off by at least this much per unit.
constexpr double least_slope = 1.0;

/// Integral of exp(a + (b - a) t / width) over t in [0, width].
double mass(double a, double b, double width) {
  const double d = b - a;
  return width * std::exp(a) * (std::fabs(d) < 1e-9 ? 1.0 + 0.5 * d : std::expm1(d) / d);
}

/// t at which that integral, from 0, is v, for the slope s = (b - a) / width.
double inverse_mass(double a, double s, double v) {
  const double x = v * std::exp(-a);
  return std::fabs(s * x) < 1e-9 ? x * (1.0 - 0.5 * s * x) : std::log1p(s * x) / s;
}

}  // namespace

SliceDensity::SliceDensity(double first, double step, std::vector<double> log_values)
    : first_(first), step_(step), log_density_(std::move(log_values)) {
  const double top = *std::max_element(log_density_.begin(), log_density_.end());
  for (double& l : log_density_) l = std::isfinite(l) ? std::max(l - top, deepest) : deepest;
  const std::size_t n = log_density_.size();
  left_slope_ = std::max(least_slope, (log_density_[1] - log_density_[0]) / step);
  right_slope_ = std::max(least_slope, (log_density_[n - 2] - log_density_[n - 1]) / step);
  cumulative_ = {std::exp(log_density_[0]) / left_slope_};
  for (std::size_t i = 0; i + 1 < n; ++i) {
    cumulative_.push_back(cumulative_.back() + mass(log_density_[i], log_density_[i + 1], step));
  }
  const double all = cumulative_.back() + std::exp(log_density_[n - 1]) / right_slope_;
  for (double& c : cumulative_) c /= all;
  for (double& l : log_density_) l -= std::log(all);
}

SliceDensity::Draw SliceDensity::at(double u) const {
  const std::size_t n = log_density_.size();
  if (u < cumulative_[0]) {
    const double z = std::log(u / cumulative_[0]) / left_slope_;
    return {first_ + z, log_density_[0] + left_slope_ * z};
  }
  if (u >= cumulative_[n - 1]) {
    const double z = -std::log((1.0 - u) / (1.0 - cumulative_[n - 1])) / right_slope_;
    return {first_ + static_cast<double>(n - 1) * step_ + z, log_density_[n - 1] - right_slope_ * z};
  }
  const auto above = std::upper_bound(cumulative_.begin(), cumulative_.end(), u);
  const auto i = static_cast<std::size_t>(above - cumulative_.begin()) - 1;
  const double slope = (log_density_[i + 1] - log_density_[i]) / step_;
  const double t = std::clamp(inverse_mass(log_density_[i], slope, u - cumulative_[i]), 0.0, step_);
  return {first_ + static_cast<double>(i) * step_ + t, log_density_[i] + slope * t};
}

double SliceDensity::log_density(double z) const {
  const std::size_t n = log_density_.size();
  const double place = (z - first_) / step_;
  if (place <= 0.0) return log_density_[0] + left_slope_ * step_ * place;
  if (place >= static_cast<double>(n - 1)) {
    return log_density_[n - 1] - right_slope_ * step_ * (place - static_cast<double>(n - 1));
  }
  const auto i = static_cast<std::size_t>(place);
  const double t = place - static_cast<double>(i);
  return (1.0 - t) * log_density_[i] + t * log_density_[i + 1];
}

}  // namespace relume::infer
