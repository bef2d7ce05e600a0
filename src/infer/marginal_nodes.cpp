// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "infer/marginal_nodes.hpp"

#include <cmath>
#include <numbers>

#include <Eigen/Eigenvalues>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/random/sobol.hpp>

#include "math/random_stream.hpp"
#include "relume/infer/test_statistic.hpp"

namespace relume::infer {

namespace {

/// Degrees of freedom of the multivariate t: its radius is a quarter wider than that of the normal, which costs no more
/// than half of the nodes in any dimension.
constexpr double degrees = 10.0;
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
    more = false;
    for (std::size_t j = 0; j < dimension && !more; ++j) {
      at[j] = (at[j] + 1) % order;
      more = at[j] != 0;
    }
  }
  return nodes;
}

Nodes importance_nodes(std::size_t dimension, std::size_t n, std::uint64_t seed) {
  const double d = static_cast<double>(dimension);
  // -ln of the density of t at 0, and of the share of each node.
  const double log_norm = 0.5 * d * std::log(degrees * std::numbers::pi) + std::lgamma(0.5 * degrees) -
                          std::lgamma(0.5 * (degrees + d)) - std::log(static_cast<double>(n));
  Nodes nodes;
  nodes.dimension = dimension;
  nodes.n_replicates = replicates;
  const math::RandomSpace space(seed, shift_stream);
  std::vector<std::uint64_t> shift(dimension + 1);
  for (std::size_t r = 0; r < replicates; ++r) {
    for (std::size_t j = 0; j < shift.size(); ++j) {
      math::RandomStream stream = space.at(r, j);
      const std::uint64_t high = stream();
      shift[j] = high << 32 | stream();
    }
    boost::random::sobol sequence(dimension + 1);
    for (std::size_t k = 0; k < n / replicates; ++k) {
      double squared = 0.0;
      for (std::size_t j = 0; j <= dimension; ++j) {
        // 53 bits, and never 0 or 1.
        const double u = (static_cast<double>((sequence() ^ shift[j]) >> 11) + 0.5) * 0x1p-53;
        if (j < dimension) {
          nodes.z.push_back(normal_quantile(u));
          squared += nodes.z.back() * nodes.z.back();
          continue;
        }
        const double chi2 = 2.0 * boost::math::gamma_p_inv(0.5 * degrees, u);
        const double stretch = std::sqrt(degrees / chi2);
        for (std::size_t i = nodes.z.size() - dimension; i < nodes.z.size(); ++i) nodes.z[i] *= stretch;
        squared *= stretch * stretch;
      }
      nodes.log_weights.push_back(log_norm + 0.5 * (degrees + d) * std::log1p(squared / degrees));
    }
  }
  return nodes;
}

}  // namespace relume::infer
