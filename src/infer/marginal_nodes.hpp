// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Nodes of sums that stand for integrals over d coordinates, each nearly a standard normal:
//
//   integral f(z) dz = sum_k exp(log_weight_k) f(z_k)
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace relume::infer {

struct Nodes {
  std::size_t dimension = 0;
  std::vector<double> z;            ///< node k: [k * dimension, (k + 1) * dimension)
  std::vector<double> log_weights;  ///< one per node
  std::size_t n_replicates = 1;     ///< node k belongs to replicate k / (n / n_replicates); each is a sum by itself
  std::vector<char> is_outermost;   ///< product rules: a node on the rim, where f has to have vanished

  std::size_t size() const { return log_weights.size(); }
};

/// Product of Gauss-Hermite rules with `order` nodes each: exact for polynomials of degree 2 order - 1 times
/// exp(-z^2/2) (Golub, Welsch, Math. Comp. 23 (1969) 221).
Nodes gauss_hermite(std::size_t dimension, std::size_t order);

/// `n` quasi-random nodes (a power of two) with the density of a multivariate t, in independent replicates of a Sobol
/// sequence, each with its own digital shift. Tails of a t are wider than those of any normal, so that what is not
/// quite normal still has bounded weights.
Nodes importance_nodes(std::size_t dimension, std::size_t n, std::uint64_t seed);

/// That importance_nodes can make.
inline constexpr std::size_t max_importance_dimension = 3000;

}  // namespace relume::infer
