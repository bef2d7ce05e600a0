// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What draws of several Markov chains are worth: A. Vehtari, A. Gelman, D. Simpson, B. Carpenter, P.-C. Buerkner,
// Bayesian Anal. 16 (2021) 667 ("the paper" below).
//
//   Chains chains{values, 4};                  // chain after chain, all of the same length
//   double r = r_hat(chains);
//
// Cost: n log n for ranks, n times the autocorrelation time for effective sizes. Thread-safety: pure.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace relume::infer {

struct Chains {
  std::span<const double> values;  ///< of one quantity
  std::size_t n_chains = 1;
};

/// Rank-normalised split R-hat: the larger of the one of the values and of their distances from the median (sections
/// 4.1, 4.2). NaN with less than four draws per chain, and where nothing varies.
double r_hat(const Chains& chains);
/// Effective sample size of the rank-normalised values (section 4.3).
double bulk_ess(const Chains& chains);
/// The smaller effective sample size of the 5% and the 95% quantile (section 4.3).
double tail_ess(const Chains& chains);
/// Of the values as they are: for the error of the mean (section 4.4).
double mean_ess(const Chains& chains);
double mean_error(const Chains& chains);
double standard_deviation(std::span<const double> values);

/// The value below which a share p lies, interpolated between neighbours (Hyndman, Fan, Am. Stat. 50 (1996) 361, type
/// 7).
double quantile_of_sorted(std::span<const double> sorted, double p);
/// Its standard deviation, from the beta distribution of its rank (section 4.5).
double quantile_error(const Chains& chains, std::span<const double> sorted, double p);

/// Shortest interval that holds a share of a sample (M.-H. Chen, Q.-M. Shao, J. Comput. Graph. Stat. 8 (1999) 69).
std::pair<double, double> shortest_of_sorted(std::span<const double> sorted, double share);

/// Bayesian fraction of missing information of a chain's energies (Betancourt, arXiv:1604.00695, section 4.2).
double bfmi(std::span<const double> energies);

}  // namespace relume::infer
