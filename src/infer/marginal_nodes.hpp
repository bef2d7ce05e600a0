// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Nodes of sums that stand for integrals over d coordinates: product rules for what is nearly normal, quasi-random
// numbers and one-dimensional densities to draw with for what is not.
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace relume::infer {

/// Of a product rule: integral f(z) dz = sum_k exp(log_weight_k) f(z_k). Of importance sampling: points of the unit
/// cube, that a density has to turn into z.
struct Nodes {
  std::size_t dimension = 0, size = 0;
  std::vector<double> z;            ///< node k: [k * dimension, (k + 1) * dimension)
  std::vector<double> log_weights;  ///< product rules: one per node
  std::vector<char> is_outermost;   ///< product rules: a node on the rim, where f has to have vanished
  std::vector<double> u;            ///< importance: laid out as z
  std::size_t n_replicates = 1;     ///< node k belongs to replicate k / (size / n_replicates): each is a sum by itself
};

/// Product of Gauss-Hermite rules with `order` nodes each: exact for polynomials of degree 2 order - 1 times
/// exp(-z^2/2) (Golub, Welsch, Math. Comp. 23 (1969) 221).
Nodes gauss_hermite(std::size_t dimension, std::size_t order);

/// `n` points (a power of two) in independent replicates of a Sobol sequence, each with its own digital shift.
Nodes importance_nodes(std::size_t dimension, std::size_t n, std::uint64_t seed);

/// That importance_nodes can make.
inline constexpr std::size_t max_importance_dimension = 3000;

/// A density of one coordinate: its logarithm is linear between the points of a grid and beyond its ends.
class SliceDensity {
 public:
  /// Of grid points first + i step; not normalised, minus infinity where there is nothing.
  SliceDensity(double first, double step, std::vector<double> log_values);

  struct Draw {
    double z = 0.0, log_density = 0.0;
  };
  /// The z below which a share u of the density lies.
  Draw at(double u) const;
  double log_density(double z) const;

 private:
  double first_, step_, left_slope_, right_slope_;
  std::vector<double> log_density_;
  std::vector<double> cumulative_;  ///< up to each grid point
};

}  // namespace relume::infer
