// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/intervals.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <numeric>

#include <fmt/format.h>

#include "infer/profile_curve.hpp"
#include "infer/root_finder.hpp"

namespace relume::infer {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
/// A conditional fit this far below the free one says that the free one sits in a worse minimum.
constexpr double better_minimum = 1e-7;
/// t below this is rounding of two certified minima.
constexpr double rounding = 1e-9;

/// The free minimum and the curves through it, which all share one work space.
class Profiles {
 public:
  Profiles(const model::Likelihood& likelihood, const model::Data& data, const ProfileOptions& options)
      : likelihood_(likelihood), data_(data), space_(likelihood), seed_(options.start) {
    curve_options_.stop = options.stop;
    if (seed_.empty()) seed_ = initial_point(likelihood);
    for (const model::Parameter& p : likelihood.parameters()) fixed_.push_back(p.is_fixed);
    for (const FixedParameter& f : options.fixed) {
      fixed_[f.parameter.index] = 1;
      seed_[f.parameter.index] = f.value;
    }
  }

  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  int n_fits = 0;

  const std::string& name(ParamId parameter) const { return likelihood_.parameters()[parameter.index].name; }
  const minimize::Minimum& minimum() const { return minimum_; }
  double twice_nll() const { return 2.0 * (minimum_.value + likelihood_.constant(data_)); }

  bool fail(Status s, std::string why) {
    if (status == Status::ok) {
      status = s;
      reason = std::move(why);
    }
    return false;
  }

  bool check_parameter(ParamId parameter) {
    if (fixed_[parameter.index] == 0) return true;
    return fail(Status::not_defined, "'" + name(parameter) + "' is held: there is no likelihood along it");
  }

  bool fit_freely() {
    space_.objective.set_data(data_);
    const std::vector<double> nominal = initial_point(likelihood_);
    minimum_ = space_.minimizer.minimize(seed_, {.fixed = fixed_, .nominal = nominal, .stop = curve_options_.stop});
    ++n_fits;
    if (minimum_.is_usable()) return true;
    const bool is_interrupted = minimum_.status == minimize::MinimumStatus::interrupted;
    return fail(is_interrupted ? Status::interrupted : Status::fit_failed, "free fit: " + minimum_.reason);
  }

  ProfileCurve curve(ParamId parameter) {
    ProfileCurve c(likelihood_, space_, data_, parameter.index, curve_options_, fixed_, seed_);
    c.insert_free(minimum_, true);
    return c;
  }

  /// t at a profile; nothing when it is not certified. A lower minimum ends what is going on (is_outdated); beyond the
  /// bounds of the parameter there may be one, and t is negative there.
  std::optional<double> height(const Profile& profile, ParamId parameter) {
    if (profile.is_interrupted) fail(Status::interrupted, "interrupted by the caller");
    if (!profile.is_usable) return std::nullopt;
    const double t = 2.0 * (profile.value - minimum_.value);
    const model::Parameter& p = likelihood_.parameters()[parameter.index];
    if (profile.mu < p.lower || profile.mu > p.upper) return t;
    if (t < -2.0 * better_minimum && (lower_.empty() || profile.value < lower_value_)) {
      lower_ = profile.x;
      lower_value_ = profile.value;
    }
    return t > rounding ? t : 0.0;
  }

  bool is_outdated() const { return !lower_.empty(); }

  /// Runs `compute` from the lowest minimum that it finds.
  void run(const std::function<void()>& compute) {
    if (status != Status::ok || !fit_freely()) return;
    constexpr int max_restarts = 5;
    for (int restart = 0; restart <= max_restarts; ++restart) {
      compute();
      if (status != Status::ok || !is_outdated()) return;
      seed_ = std::exchange(lower_, {});
      const double before = minimum_.value;
      if (!fit_freely()) return;
      if (restart == 0) {
        notes.push_back("the first minimum was not the lowest: the profile led to one that is lower by " +
                        fmt::format("{:.3g} in -2 ln L", 2.0 * (before - minimum_.value)));
      }
    }
    fail(Status::fit_failed, "the search for the lowest minimum did not settle");
  }

 private:
  const model::Likelihood& likelihood_;
  const model::Data& data_;
  FitSpace space_;
  TestOptions curve_options_;
  std::vector<char> fixed_;
  std::vector<double> seed_;
  minimize::Minimum minimum_;
  std::vector<double> lower_;
  double lower_value_ = 0.0;
};

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
    if (distance) return best_ + direction() * sigma_ * *distance;
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
    return std::pair{root - std::sqrt(height_), is_beyond ? 0.0 : slope};
  }

  Profiles& profiles_;
  ProfileCurve& curve_;
  ParamId parameter_;
  double best_, bound_, sigma_, height_;
  RootFinder root_;
};

Interval interval(Profiles& profiles, ParamId parameter, const model::Parameter& p, double sigma,
                  const IntervalOptions& options) {
  Interval result;
  result.parameter = parameter;
  result.best = profiles.minimum().x[parameter.index];
  ProfileCurve curve = profiles.curve(parameter);
  if (!(sigma > 0.0)) sigma = p.prefit_sigma() > 0.0 ? p.prefit_sigma() : 0.1 * std::max(1.0, std::fabs(result.best));
  for (const bool is_upper : {false, true}) {
    End end(profiles, curve, parameter, is_upper ? p.upper : p.lower, sigma, options.height);
    (is_upper ? result.upper : result.lower) = end.find(options.tolerance);
    (is_upper ? result.upper_reason : result.lower_reason) = end.reason;
    if (profiles.is_outdated() || profiles.status != Status::ok) break;
  }
  profiles.n_fits += curve.n_fits;
  return result;
}

/// What both results end with.
template <class Result>
void finish(Result& result, Profiles& profiles, std::chrono::steady_clock::time_point begin) {
  result.status = profiles.status;
  result.reason = profiles.reason;
  result.notes = std::move(profiles.notes);
  result.n_fits = profiles.n_fits;
  if (result.is_usable()) result.twice_nll = profiles.twice_nll();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
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
  std::vector<double> values;
  if (!range.is_usable()) return values;
  const model::Parameter& p = likelihood.parameters()[parameter.index];
  const double from = range.intervals[0].lower.value_or(p.lower), to = range.intervals[0].upper.value_or(p.upper);
  for (std::size_t i = 0; i < n; ++i) {
    values.push_back(n == 1 ? from : from + (to - from) * static_cast<double>(i) / static_cast<double>(n - 1));
  }
  return values;
}

double height_at(double level) {
  const double z = normal_quantile(0.5 * (1.0 + level));
  return z * z;
}

}  // namespace relume::infer
