// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Limits of counting experiments, many at a time, profiled in closed form: one bin, n ~ Poisson(mu s + b + theta) with
// theta ~ N(0, uncertainty^2) and a rate that is not negative. The likelihood is that of a simplified likelihood of one
// region, and so are the answers; only the way to them is shorter.
//
//   std::vector<reinterpret::CountingPoint> points = {{.observed = 3, .background = 2.5, .uncertainty = 1, .signal =
//   4}}; for (const auto& limit : reinterpret::counting_limits(points)) if (limit.is_usable()) use(*limit.observed);
//
// Cost: about two microseconds per point with the band; nothing is allocated per point. Thread-safety: pure; results
// are the same bits for any number of threads.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "relume/infer/hypotest.hpp"
#include "relume/infer/test_statistic.hpp"

namespace relume::reinterpret {

/// Numbers of events, none of them negative; `observed` need not be whole.
struct CountingPoint {
  double observed = 0.0;
  double background = 0.0;
  double uncertainty = 0.0;  ///< standard deviation of the background; 0: it is known
  double signal = 1.0;       ///< at strength 1
  bool operator==(const CountingPoint&) const = default;
};

/// What the uncertainty of the background is. It matters to a-posteriori Asimov data only, whose counts are those of
/// the background-only fit.
enum class BackgroundConstraint {
  prior,        ///< knowledge that stays as published: simplified likelihoods, here and in SModelS
  measurement,  ///< an auxiliary measurement, whose result is the fitted background too (CCGV): HistFactory, pyhf
};

struct CountingOptions {
  infer::TestStatistic statistic = infer::TestStatistic::qtilde;  ///< or q
  infer::Asimov asimov = infer::Asimov::a_posteriori;
  BackgroundConstraint constraint = BackgroundConstraint::prior;
  double level = 0.95;   ///< confidence level of limits, 0 < level < 1
  bool expected = true;  ///< the band too
  int threads = 1;
  const std::atomic<bool>* stop = nullptr;
};

/// Statuses: ok; no_sensitivity (no signal); not_defined (numbers that are negative or not finite, another test
/// statistic); not_bracketed (a limit at or below zero, which q has with a prior when the data are far below the
/// background; yields too large or a signal too small for a limit that is a number); interrupted.
struct CountingLimits {
  std::optional<double> observed;
  std::array<std::optional<double>, 5> expected;  ///< -2..+2 sigma, ascending; each is a root of its own CLs
  std::optional<double> mu_hat;                   ///< best fit within `poi_bounds`
  /// That the test statistic allows; q alone goes below 0, and without uncertainty only as far as the rate allows.
  std::array<double, 2> poi_bounds = {0.0, std::numeric_limits<double>::infinity()};
  /// Events of the Asimov data. Below five or so the asymptotic formulas are doubtful: compare with toys.
  double asimov_events = 0.0;
  infer::Status status = infer::Status::ok;
  std::string_view reason = {};  ///< of a text that lives as long as the program

  bool is_usable() const { return status == infer::Status::ok; }
  bool operator==(const CountingLimits&) const = default;
};

std::vector<CountingLimits> counting_limits(std::span<const CountingPoint> points, const CountingOptions& options = {});

struct CountingTest {
  double q = 0.0, q_asimov = 0.0;
  infer::PValues observed;
  std::array<infer::PValues, 5> expected;  ///< at -2, -1, 0, 1, 2 sigma
  std::optional<double> mu_hat;
  infer::Status status = infer::Status::ok;
  std::string_view reason = {};

  bool is_usable() const { return status == infer::Status::ok; }
};

/// Tests of the signal strength `mu`, which is not negative. Of the options, `level` and `expected` do not matter.
std::vector<CountingTest> counting_tests(std::span<const CountingPoint> points, double mu = 1.0,
                                         const CountingOptions& options = {});

/// Regions whose correlations are not known, one of them chosen.
struct RegionChoice {
  /// The region with the lowest expected limit before looking at the data (a-priori, median); the first of equals.
  /// Nothing: none has a limit. Never chosen by observed limits: those find the largest downward fluctuation.
  std::optional<std::size_t> best;
  std::vector<CountingLimits> regions;          ///< of all regions, with the options asked for
  std::vector<std::optional<double>> expected;  ///< by which the choice was made; nothing where there is no limit
};

RegionChoice most_sensitive_region(std::span<const CountingPoint> regions, const CountingOptions& options = {});

}  // namespace relume::reinterpret
