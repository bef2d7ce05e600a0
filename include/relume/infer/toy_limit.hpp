// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Upper limits and intervals of the parameter of interest from toys, for few events: where p-values of toy_test cross
// 1 - level.
//
//   infer::ToyLimit limit = infer::toy_limit(*likelihood, observed, {.toys = {.n_toys = 5000, .threads = 2}});
//   infer::ToyInterval fc = infer::feldman_cousins(*likelihood, observed, {.level = 0.9});
//
// Each value that is tested gets its own toys, from the same random numbers, so that p-values change smoothly from
// value to value. The search starts from the asymptotic limits and ends when the values tested on both sides of a
// crossing are within their statistical uncertainty of it. Cost: 5 to 20 tests. Thread-safety: pure; uses toys.threads
// threads.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "relume/infer/toys.hpp"

namespace relume::infer {

struct ToyLimitOptions {
  ToyOptions toys = {};  ///< of each value that is tested
  double level = 0.95;   ///< confidence level, 0 < level < 1
  bool expected = true;  ///< the band too (limits only)
  /// Answers for one value, for callers that keep toys; empty: toy_test.
  std::function<ToyTest(const ToyOptions&, double)> ask = {};
};

/// A crossing, and its standard deviation from the number of toys.
struct ToyCrossing {
  double value = 0.0, uncertainty = 0.0;
};

/// What one of the tested values said.
struct ToyPoint {
  double poi = 0.0;
  ToyPValues observed;
  std::array<ToyPValues, 5> expected;
  std::size_t n_toys = 0, n_failed = 0;  ///< of both hypotheses
};

struct ToyLimit {
  double level = 0.95;
  TestStatistic statistic = TestStatistic::qtilde;
  Ensemble ensemble = Ensemble::frequentist;
  std::uint64_t seed = 0;
  std::optional<ToyCrossing> observed;
  std::array<std::optional<ToyCrossing>, 5> expected;  ///< -2..+2 sigma, ascending
  double mu_hat = 0.0;
  std::vector<ToyPoint> points;  ///< ascending in poi
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

/// For q, qtilde, t, ttilde: CLs = 1 - level. Precondition: likelihood.poi(). A limit that toys do not tell (no toy of
/// the alternative as far out as the data) is missing, and a note says why.
ToyLimit toy_limit(const model::Likelihood& likelihood, const model::Data& data, const ToyLimitOptions& options = {});

struct ToyInterval {
  double level = 0.95;
  TestStatistic statistic = TestStatistic::ttilde;
  Ensemble ensemble = Ensemble::frequentist;
  std::uint64_t seed = 0;
  double mu_hat = 0.0;
  std::optional<ToyCrossing> lower, upper;  ///< nothing where the interval has no end: see the reasons
  std::string lower_reason, upper_reason;
  std::vector<ToyPoint> points;  ///< ascending in poi
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

/// The values that the data do not exclude, ordered by the likelihood ratio (G. Feldman, R. Cousins, Phys. Rev. D 57
/// (1998) 3873), nuisance parameters profiled: P(t >= t of the data) >= 1 - level. toys.test.statistic must be ttilde
/// (mu >= 0, theirs) or t. Counts are discrete: where p-values jump over 1 - level, the end is at the jump.
ToyInterval feldman_cousins(const model::Likelihood& likelihood, const model::Data& data,
                            const ToyLimitOptions& options = {.toys = {.test = {.statistic = TestStatistic::ttilde}}});

}  // namespace relume::infer
