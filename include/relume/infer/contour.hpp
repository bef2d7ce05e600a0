// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The profile likelihood over several parameters at once: t(x, y, …) = 2 (min -ln L at x, y, …  -  min -ln L), on a
// grid, along the lines where it has a height, and as a test of given values (Wilks, Ann. Math. Stat. 9 (1938) 60).
// What is not named is profiled; any parameter may be named, whether it is of interest or has a constraint.
//
//   infer::Contours c = infer::contours(*likelihood, observed, {mu, kappa}, {.levels = {0.68, 0.95}});
//   infer::RatioTest r = infer::ratio_test(*likelihood, observed, std::array{FixedParameter{mu, 1.0}});
//
// Cost: a fit, then two to four iterations per point, and three to five such points per point of a contour.
// Thread-safety: pure; one call uses one thread.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "relume/infer/intervals.hpp"

namespace relume::infer {

struct GridPoint {
  std::vector<double> values;  ///< of the parameters, in their order
  /// NaN where the fit is not certified. May be negative beyond the parameters' bounds, which hold the minimum.
  double twice_delta_nll = 0.0;
  std::string reason;  ///< why not
};

struct ProfileGrid {
  std::vector<ParamId> parameters;
  std::vector<double> best;       ///< of these parameters, at the minimum
  double twice_nll = 0.0;         ///< -2 ln L there, with all constants
  std::vector<GridPoint> points;  ///< in the order asked for
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  int n_fits = 0;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

/// `points`: one value per parameter, point after point. They are fitted outwards from the minimum.
ProfileGrid scan_grid(const model::Likelihood& likelihood, const model::Data& data, std::span<const ParamId> parameters,
                      std::span<const double> points, const ProfileOptions& options = {});

struct ContourPoint {
  double x = 0.0, y = 0.0;
  bool is_at_bound = false;  ///< a bound of a parameter, or a negative rate, comes before the height
};

struct Contour {
  double level = 0.0;                ///< confidence level, by the chi-squared distribution with two degrees of freedom
  double height = 0.0;               ///< of t
  std::vector<ContourPoint> points;  ///< around the minimum, counter-clockwise; the first one is not repeated
};

struct Contours {
  std::array<ParamId, 2> parameters;
  std::array<double, 2> best = {};
  double twice_nll = 0.0;
  std::vector<Contour> contours;  ///< as the levels were asked for
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  int n_fits = 0;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

struct ContourOptions {
  ProfileOptions profile = {};
  std::vector<double> levels = {0.6826894921370859, 0.95};  ///< between 0 and 1
  std::size_t n_points = 40;                                ///< of each contour, at least: corners at bounds get more
  double tolerance = 1e-4;  ///< of each point, relative to its distance from the best fit
};

/// Where rays from the best fit cross the height, within the parameters' bounds. The directions of the rays are even
/// where the likelihood's ellipse is a circle. A region that a ray enters again (islands, bays) is not seen: scan_grid
/// shows it.
Contours contours(const model::Likelihood& likelihood, const model::Data& data, std::array<ParamId, 2> parameters,
                  const ContourOptions& options = {});

struct RatioTest {
  std::vector<FixedParameter> tested;
  std::vector<double> best;       ///< of these parameters, at the minimum
  double t = 0.0;                 ///< 2 (-ln L at the tested values, all else profiled, - min -ln L)
  double p_value = 1.0;           ///< P(chi-squared >= t) with as many degrees of freedom as parameters are tested
  double twice_nll = 0.0;         ///< -2 ln L at the minimum, with all constants
  double twice_nll_tested = 0.0;  ///< at the tested values
  std::vector<double> point;      ///< conditional minimum, all parameters
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  int n_fits = 0;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

/// Tests values of any parameters at once. Beyond the parameters' bounds t may be negative; the p-value is then 1.
RatioTest ratio_test(const model::Likelihood& likelihood, const model::Data& data,
                     std::span<const FixedParameter> tested, const ProfileOptions& options = {});

}  // namespace relume::infer
