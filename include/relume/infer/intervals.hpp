// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The profile likelihood along any parameter: t(x) = 2 (min -ln L at x  -  min -ln L), and the intervals where it stays
// below a height (MINOS: F. James, M. Roos, Comput. Phys. Commun. 10 (1975) 343; Wilks, Ann. Math. Stat. 9 (1938) 60).
//
//   infer::ProfileScan scan = infer::scan(*likelihood, observed, mu, {0.0, 0.5, 1.0});
//   infer::Intervals all = infer::intervals(*likelihood, observed, {{mu, jes}});
//
// Cost: a fit, then two to four iterations per point of a scan, and three to five such fits per end of an interval.
// Thread-safety: pure; one call uses one thread.
#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "relume/base/ids.hpp"
#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::infer {

struct ProfileOptions {
  std::vector<FixedParameter> fixed = {};  ///< besides those that the model itself fixes
  std::vector<double> start = {};          ///< of the free fit; empty: the model's initial values
  const std::atomic<bool>* stop = nullptr;
};

struct ScanPoint {
  double value = 0.0;
  /// NaN where the fit is not certified. May be negative beyond the parameter's bounds, which hold the minimum.
  double twice_delta_nll = 0.0;
  std::string reason;  ///< why not
};

struct ProfileScan {
  ParamId parameter;
  double best = 0.0;              ///< of the parameter, at the minimum
  double twice_nll = 0.0;         ///< -2 ln L there, with all constants
  std::vector<ScanPoint> points;  ///< in the order asked for
  Status status = Status::ok;     ///< fit_failed when the free fit is not certified
  std::string reason;
  std::vector<std::string> notes;
  int n_fits = 0;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

/// Values may lie beyond the parameter's bounds. They are fitted outwards from the minimum, each from its neighbour.
/// When a point lies below the minimum, that one was not the lowest: all starts again from there, and a note says so.
/// Errors of the question (a parameter that is fixed, a value that is not finite) are a status, not_defined.
ProfileScan scan(const model::Likelihood& likelihood, const model::Data& data, ParamId parameter,
                 std::span<const double> values, const ProfileOptions& options = {});

/// `n` values, evenly spaced over what a scan should show: to where t is 9 (three standard deviations), or to the bound
/// of the parameter where that is nearer or no such place was found. Empty when the fit is not certified or the
/// parameter is held.
std::vector<double> scan_values(const model::Likelihood& likelihood, const model::Data& data, ParamId parameter,
                                std::size_t n, const ProfileOptions& options = {});

/// `n` values from the first to the last.
std::vector<double> evenly_spaced(double first, double last, std::size_t n);

struct Interval {
  ParamId parameter;
  double best = 0.0;
  /// Where t crosses the height; nothing where it does not: `lower_reason` and `upper_reason` say why (a bound, a fit).
  std::optional<double> lower, upper;
  std::string lower_reason, upper_reason;
};

struct Intervals {
  double height = 1.0;
  double twice_nll = 0.0;
  std::vector<Interval> intervals;  ///< in the order asked for
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  int n_fits = 0;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

struct IntervalOptions {
  ProfileOptions profile = {};
  double height = 1.0;      ///< of t: 1 is one standard deviation, 3.84 95 %; positive
  double tolerance = 1e-6;  ///< of each end, relative to its distance from the best fit
};

/// All that have an interval: neither fixed by the model or in `fixed`, nor acting in masked channels only.
std::vector<ParamId> free_parameters(const model::Likelihood& likelihood, const model::Data& data,
                                     std::span<const FixedParameter> fixed);

/// Within the parameters' bounds.
Intervals intervals(const model::Likelihood& likelihood, const model::Data& data, std::span<const ParamId> parameters,
                    const IntervalOptions& options = {});

/// Height of t whose interval (or contour, of several parameters) has this confidence level for many events: the
/// quantile of the chi-squared distribution with as many degrees of freedom as there are parameters.
double height_at(double level, int n_parameters = 1);

/// Its inverse: the probability that t is above a height.
double probability_above(double height, int n_parameters = 1);

}  // namespace relume::infer
