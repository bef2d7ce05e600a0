// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/intervals.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "infer/profiles.hpp"
#include "infer/root_finder.hpp"
#include "math/poisson.hpp"

namespace relume::infer {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// One end of an interval, in units of `sigma` from the best fit on.
class End {
 public:
  End(Profiles& profiles, ProfileCurve& curve, ParamId parameter, double bound, double sigma, double height)
      : profiles_(profiles),
        curve_(curve),
        parameter_(parameter),
        best_(profiles.minimum().x[parameter.index]),
        bound_(bound),
        sigma_(sigma),
        height_(height) {}

  std::optional<double> find(double tolerance) {
    if (best_ == bound_) {
      reason = at_bound;
      return std::nullopt;
    }
    const auto distance = root_.find([this](double d) { return at(d); }, std::sqrt(height_), tolerance);
    if (distance && !edge_.cuts(*distance, tolerance)) return best_ + direction() * sigma_ * *distance;
    if (reason.empty() && edge_.was_met()) reason = Edge::reason;
    if (reason.empty()) {
      reason = root_.failure == RootFinder::Failure::not_bracketed ? "the likelihood does not fall that far"
                                                                   : "the search for the crossing did not settle";
    }
    return std::nullopt;
  }

  std::string reason;

 private:
  static constexpr const char* at_bound = "at the bound of the parameter";

  double direction() const { return bound_ > best_ ? 1.0 : -1.0; }

  /// sqrt(t) - sqrt(height), nearly linear in the distance, and its slope.
  std::optional<std::pair<double, double>> at(double d) {
    const double reach = std::fabs(bound_ - best_) / sigma_;
    const bool is_beyond = d >= reach;
    const double value = is_beyond ? bound_ : best_ + direction() * sigma_ * d;
    const Profile& profile = curve_.at(value);
    if (profile.is_infeasible) {
      edge_.see(d, 0.0, true);
      return std::pair{std::numeric_limits<double>::infinity(), 0.0};
    }
    const auto t = profiles_.height(profile, parameter_);
    if (!t) {
      reason = "the fit at " + fmt::format("{:.6g}", value) + " is not certified: " + profile.reason;
      return std::nullopt;
    }
    const double root = std::sqrt(*t);
    if (is_beyond && *t < height_) {
      reason = at_bound;
      return std::nullopt;
    }
    const double slope = root > 0.0 ? direction() * sigma_ * profile.slope / root : 0.0;  // t' = 2 slope
    const double value_here = root - std::sqrt(height_);
    edge_.see(d, value_here, false);
    return std::pair{value_here, is_beyond ? 0.0 : slope};
  }

  Profiles& profiles_;
  ProfileCurve& curve_;
  ParamId parameter_;
  double best_, bound_, sigma_, height_;
  Edge edge_;
  RootFinder root_;
};

Interval interval(Profiles& profiles, ParamId parameter, const model::Parameter& p, double sigma,
                  const IntervalOptions& options) {
  Interval result;
  result.parameter = parameter;
  result.best = profiles.minimum().x[parameter.index];
  ProfileCurve curve = profiles.curve(parameter);
  if (!(sigma > 0.0)) sigma = profiles.width_without_curvature(p, parameter);
  for (const bool is_upper : {false, true}) {
    End end(profiles, curve, parameter, is_upper ? p.upper : p.lower, sigma, options.height);
    (is_upper ? result.upper : result.lower) = end.find(options.tolerance);
    (is_upper ? result.upper_reason : result.lower_reason) = end.reason;
    if (profiles.is_outdated() || profiles.status != Status::ok) break;
  }
  profiles.n_fits += curve.n_fits;
  return result;
}

}  // namespace

ProfileScan scan(const model::Likelihood& likelihood, const model::Data& data, ParamId parameter,
                 std::span<const double> values, const ProfileOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  ProfileScan result;
  result.parameter = parameter;
  Profiles profiles(likelihood, data, options);
  profiles.check_parameter(parameter);
  if (!std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); })) {
    profiles.fail(Status::not_defined, "only finite values can be scanned");
  }
  profiles.run([&] {
    result.best = profiles.minimum().x[parameter.index];
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::fabs(values[a] - result.best) < std::fabs(values[b] - result.best);
    });
    result.points.assign(values.size(), {});
    ProfileCurve curve = profiles.curve(parameter);
    for (const std::size_t i : order) {
      if (profiles.is_stopped()) break;
      const Profile& profile = curve.at(values[i]);
      const auto t = profiles.height(profile, parameter);
      result.points[i] = {values[i], t.value_or(nan), t ? "" : profile.reason};
      if (profiles.is_outdated() || profiles.status != Status::ok) break;
    }
    profiles.n_fits += curve.n_fits;
  });
  finish(result, profiles, begin);
  return result;
}

std::vector<ParamId> free_parameters(const model::Likelihood& likelihood, const model::Data& data,
                                     std::span<const FixedParameter> fixed) {
  std::vector<char> held;
  for (const model::Parameter& p : likelihood.parameters()) held.push_back(p.is_fixed);
  for (const FixedParameter& f : fixed) held[f.parameter.index] = 1;
  if (!data.masked.empty()) {
    for (const std::uint32_t i : likelihood.idle_parameters(data)) held[i] = 1;
  }
  std::vector<ParamId> free;
  for (std::size_t i = 0; i < held.size(); ++i) {
    if (held[i] == 0) free.push_back({i});
  }
  return free;
}

Intervals intervals(const model::Likelihood& likelihood, const model::Data& data, std::span<const ParamId> parameters,
                    const IntervalOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  Intervals result;
  result.height = options.height;
  Profiles profiles(likelihood, data, options.profile);
  for (const ParamId parameter : parameters) profiles.check_parameter(parameter);
  if (!(options.height > 0.0)) profiles.fail(Status::not_defined, "the height of an interval must be positive");
  profiles.run([&] {
    result.intervals.clear();
    FitOptions at_minimum;
    at_minimum.fixed = options.profile.fixed;
    at_minimum.start = profiles.minimum().x;
    at_minimum.stop = options.profile.stop;
    const std::vector<double> sigmas = fit(likelihood, data, at_minimum).uncertainties;
    for (const ParamId parameter : parameters) {
      const double sigma = sigmas.empty() ? 0.0 : sigmas[parameter.index];
      result.intervals.push_back(
          interval(profiles, parameter, likelihood.parameters()[parameter.index], sigma, options));
      if (profiles.is_outdated() || profiles.status != Status::ok) break;
    }
  });
  finish(result, profiles, begin);
  return result;
}

std::vector<double> scan_values(const model::Likelihood& likelihood, const model::Data& data, ParamId parameter,
                                std::size_t n, const ProfileOptions& options) {
  const Intervals range =
      intervals(likelihood, data, std::array{parameter}, {.profile = options, .height = 9.0, .tolerance = 1e-2});
  if (!range.is_usable()) return {};
  const model::Parameter& p = likelihood.parameters()[parameter.index];
  const double from = range.intervals[0].lower.value_or(p.lower), to = range.intervals[0].upper.value_or(p.upper);
  return evenly_spaced(from, to, n);
}

std::vector<double> evenly_spaced(double first, double last, std::size_t n) {
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) {
    values.push_back(n == 1 ? first : first + (last - first) * static_cast<double>(i) / static_cast<double>(n - 1));
  }
  return values;
}

double height_at(double level, int n_parameters) {
  return 2.0 * boost::math::gamma_q_inv(0.5 * n_parameters, 1.0 - level, math::double_only{});
}

double probability_above(double height, int n_parameters) {
  return height > 0.0 ? boost::math::gamma_q(0.5 * n_parameters, 0.5 * height, math::double_only{}) : 1.0;
}

}  // namespace relume::infer
