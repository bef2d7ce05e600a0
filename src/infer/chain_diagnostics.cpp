// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "infer/chain_diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <boost/math/special_functions/beta.hpp>

#include "relume/infer/test_statistic.hpp"

namespace relume::infer {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Each chain in two halves; the middle draw of an odd number belongs to none.
struct Halves {
  std::vector<double> values;
  std::size_t n_halves = 0, length = 0;
  std::span<const double> half(std::size_t i) const { return std::span(values).subspan(i * length, length); }
};

Halves split(const Chains& chains) {
  Halves halves;
  const std::size_t n = chains.n_chains == 0 ? 0 : chains.values.size() / chains.n_chains;
  halves.length = n / 2;
  halves.n_halves = 2 * chains.n_chains;
  for (std::size_t c = 0; c < chains.n_chains; ++c) {
    const auto chain = chains.values.subspan(c * n, n);
    for (const auto part : {chain.first(halves.length), chain.last(halves.length)}) {
      halves.values.insert(halves.values.end(), part.begin(), part.end());
    }
  }
  return halves;
}

/// Normal scores of the ranks, equal values sharing theirs (paper, equation 14: Blom's offset 3/8).
void normalise_ranks(std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  const double size = static_cast<double>(values.size());
  std::vector<double> scores(values.size());
  for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    const double rank = 0.5 * static_cast<double>(first + 1 + last);
    const double score = normal_quantile((rank - 0.375) / (size + 0.25));
    for (std::size_t i = first; i < last; ++i) scores[order[i]] = score;
  }
  values = std::move(scores);
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance_of(std::span<const double> values) {
  const double mean = mean_of(values);
  double sum = 0.0;
  for (const double v : values) sum += (v - mean) * (v - mean);
  return sum / static_cast<double>(values.size() - 1);
}

/// Within and (times the length) between variances of the halves (paper, equations 1 to 3).
struct Variances {
  double within = 0.0, total = 0.0;
};

Variances variances(const Halves& halves) {
  std::vector<double> means;
  double within = 0.0;
  for (std::size_t i = 0; i < halves.n_halves; ++i) {
    means.push_back(mean_of(halves.half(i)));
    within += variance_of(halves.half(i));
  }
  within /= static_cast<double>(halves.n_halves);
  const double n = static_cast<double>(halves.length);
  return {within, within * (n - 1.0) / n + variance_of(means)};
}

constexpr std::size_t fewest = 2;  // draws per half

double basic_r_hat(const Halves& halves) {
  const Variances v = variances(halves);
  return v.within > 0.0 ? std::sqrt(v.total / v.within) : nan;
}

/// Effective sample size from the autocorrelations of all chains together (paper, equations 10 to 13), summed as
/// Geyer's initial monotone sequence (C. J. Geyer, Stat. Sci. 7 (1992) 473).
double effective_size(const Halves& halves) {
  const std::size_t n = halves.length;
  if (n < fewest) return nan;
  const auto [lowest, highest] = std::minmax_element(halves.values.begin(), halves.values.end());
  const double size = static_cast<double>(halves.values.size());
  // Constant to rounding: every draw says all there is.
  const double scale = std::max(std::fabs(*highest), std::fabs(*lowest));
  if (*highest - *lowest <= std::numeric_limits<double>::epsilon() * scale) return size;
  std::vector<double> centred = halves.values;
  for (std::size_t i = 0; i < halves.n_halves; ++i) {
    const double mean = mean_of(halves.half(i));
    for (std::size_t k = i * n; k < (i + 1) * n; ++k) centred[k] -= mean;
  }
  // Mean over the halves of the autocovariance at a lag, normalised by the length; computed as far as it is needed.
  const auto autocovariance = [&](std::size_t lag) {
    double sum = 0.0;
    for (std::size_t i = 0; i < halves.n_halves; ++i) {
      const double* x = centred.data() + i * n;
      for (std::size_t k = 0; k + lag < n; ++k) sum += x[k] * x[k + lag];
    }
    return sum / size;
  };
  const Variances v = variances(halves);
  if (!(v.total > 0.0)) return nan;
  const auto correlation = [&](std::size_t lag) { return 1.0 - (v.within - autocovariance(lag)) / v.total; };
  // Sums of neighbours are positive and decrease in theory: the first that is not positive is noise, and so is a rise.
  double even = 1.0, odd = correlation(1), previous = std::numeric_limits<double>::infinity(), tau = -1.0;
  for (std::size_t lag = 2; even + odd > 0.0 && lag + 2 < n; lag += 2) {
    previous = std::min(previous, even + odd);
    tau += 2.0 * previous;
    even = correlation(lag);
    odd = correlation(lag + 1);
  }
  tau += std::max(even, 0.0);  // half of the pair where the sum ends: a better estimate for antithetic chains
  // Antithetic chains may do better than independent draws, but nobody can tell how much better than this.
  tau = std::max(tau, 1.0 / std::log10(size));
  return size / tau;
}

double quantile_ess(const Chains& chains, double value) {
  Halves halves = split(chains);
  for (double& v : halves.values) v = v <= value ? 1.0 : 0.0;
  return effective_size(halves);
}

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> result(values.begin(), values.end());
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace

double r_hat(const Chains& chains) {
  Halves halves = split(chains);
  if (halves.length < fewest) return nan;
  Halves folded = halves;
  const double median = quantile_of_sorted(sorted(halves.values), 0.5);
  for (double& v : folded.values) v = std::fabs(v - median);
  normalise_ranks(halves.values);
  normalise_ranks(folded.values);
  return std::max(basic_r_hat(halves), basic_r_hat(folded));
}

double bulk_ess(const Chains& chains) {
  Halves halves = split(chains);
  normalise_ranks(halves.values);
  return effective_size(halves);
}

double tail_ess(const Chains& chains) {
  if (chains.values.empty()) return nan;
  const std::vector<double> all = sorted(chains.values);
  return std::min(quantile_ess(chains, quantile_of_sorted(all, 0.05)),
                  quantile_ess(chains, quantile_of_sorted(all, 0.95)));
}

double mean_ess(const Chains& chains) { return effective_size(split(chains)); }

double standard_deviation(std::span<const double> values) {
  return values.size() < 2 ? nan : std::sqrt(variance_of(values));
}

double mean_error(const Chains& chains) { return standard_deviation(chains.values) / std::sqrt(mean_ess(chains)); }

double quantile_of_sorted(std::span<const double> values, double p) {
  const double at = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

double quantile_error(const Chains& chains, std::span<const double> values, double p) {
  const double ess = quantile_ess(chains, quantile_of_sorted(values, p));
  if (!std::isfinite(ess)) return nan;
  // Ranks one standard deviation below and above.
  const double low = boost::math::ibeta_inv(ess * p + 1.0, ess * (1.0 - p) + 1.0, normal_cdf(-1.0));
  const double high = boost::math::ibeta_inv(ess * p + 1.0, ess * (1.0 - p) + 1.0, normal_cdf(1.0));
  const double size = static_cast<double>(values.size());
  const auto from = static_cast<std::size_t>(std::max(std::floor(low * size) - 1.0, 0.0));
  const auto to = static_cast<std::size_t>(std::min(std::ceil(high * size), size) - 1.0);
  return 0.5 * (values[to] - values[from]);
}

std::pair<double, double> shortest_of_sorted(std::span<const double> values, double share) {
  const std::size_t n = values.size();
  const std::size_t inside = std::min(n - 1, static_cast<std::size_t>(std::floor(share * static_cast<double>(n))));
  std::size_t best = 0;
  for (std::size_t i = 1; i + inside < n; ++i) {
    if (values[i + inside] - values[i] < values[best + inside] - values[best]) best = i;
  }
  return {values[best], values[best + inside]};
}

double bfmi(std::span<const double> energies) {
  if (energies.size() < 2) return nan;
  double changes = 0.0;
  for (std::size_t i = 1; i < energies.size(); ++i) {
    changes += (energies[i] - energies[i - 1]) * (energies[i] - energies[i - 1]);
  }
  return changes / (variance_of(energies) * static_cast<double>(energies.size() - 1));
}

}  // namespace relume::infer
