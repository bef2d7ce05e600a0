// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Profile likelihood test statistics and their asymptotic distributions. Reference: Cowan, Cranmer, Gross, Vitells,
// "Asymptotic formulae for likelihood-based tests of new physics", Eur. Phys. J. C 71 (2011) 1554, cited as CCGV.
//
//   infer::PValues p = infer::asymptotic_p_values(TestStatistic::qtilde, q, q_asimov);
//
// Pure functions of two numbers; accurate far into the tails (logarithms are formed first).
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace relume::infer {

enum class TestStatistic {
  q0,      ///< discovery: mu = 0 against mu >= 0 (CCGV 12)
  q,       ///< upper limit, mu-hat may be negative (CCGV 14)
  qtilde,  ///< upper limit, mu >= 0 (CCGV 16)
  t,       ///< two-sided, mu-hat may be negative (CCGV 8)
  ttilde,  ///< two-sided, mu >= 0 (CCGV 11)
};
std::optional<TestStatistic> test_statistic_from_string(std::string_view name);
std::string_view to_string(TestStatistic statistic);

struct PValues {
  double cls = 1.0, clsb = 1.0, clb = 1.0;
  double log_cls = 0.0;  ///< finite also where cls underflows
};

/// p-values of an observed statistic `q` when the statistic on the Asimov data set is `q_asimov` (both in units of 2
/// dNLL). At q = q_asimov = 0 (no sensitivity) CLs is 1. `is_below`: the tested value lies below the one of the Asimov
/// data (q and t at negative values; CCGV's (mu - mu')/sigma is negative then).
PValues asymptotic_p_values(TestStatistic statistic, double q, double q_asimov, bool is_below = false);

/// p-values when the Asimov data fluctuate by n sigma (n = -2..2; -2 is the fluctuation with the smallest CLs); normal,
/// not clipped, as pyhf's default.
PValues expected_p_values(TestStatistic statistic, double q_asimov, double n_sigma, bool is_below = false);

/// sqrt(q_asimov) at which the expected CLs, for a fluctuation of n sigma, equals `alpha` (one-sided statistics).
double asimov_significance_at(double alpha, double n_sigma);

inline constexpr std::array<double, 5> band_sigmas = {-2.0, -1.0, 0.0, 1.0, 2.0};

double log_normal_cdf(double x);
double normal_cdf(double x);
double normal_quantile(double p);

}  // namespace relume::infer
