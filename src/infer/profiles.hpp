// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What scans, intervals, contours and ratio tests share: the free minimum, the curves and surfaces through it, and the
// search for a lower minimum when one of them leads below it.
//
//   Profiles profiles(likelihood, data, options);
//   profiles.run([&] { ... profiles.height(curve.at(x), parameter) ... });
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "infer/profile_curve.hpp"
#include "infer/profile_surface.hpp"
#include "relume/infer/intervals.hpp"

namespace relume::infer {

/// Where the model ends on the way outwards: beyond it a rate would be negative.
class Edge {
 public:
  /// `value` is negative before the crossing that is looked for.
  void see(double distance, double value, bool is_infeasible) {
    if (is_infeasible) nearest_ = std::min(nearest_, distance);
    if (!is_infeasible && value < 0.0) largest_below_ = std::max(largest_below_, value);
  }
  bool was_met() const { return std::isfinite(nearest_); }
  /// Whether a crossing that was found there is none: the function stays below zero up to the edge.
  bool cuts(double distance, double tolerance) const {
    constexpr double clearly = 0.01;  // the function is of order one
    return distance >= nearest_ * (1.0 - 10.0 * tolerance) && largest_below_ < -clearly;
  }
  static constexpr const char* reason = "the model ends there: beyond, a rate would be negative";

 private:
  double nearest_ = std::numeric_limits<double>::infinity();
  double largest_below_ = -std::numeric_limits<double>::infinity();
};

/// The free minimum and the curves and surfaces through it, which all share one work space.
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
    if (std::string note = note_of_idle(likelihood, data, fixed_); !note.empty()) notes.push_back(std::move(note));
    if (!data.masked.empty()) idle_ = likelihood.idle_parameters(data);
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
    if (std::find(idle_.begin(), idle_.end(), parameter.index) != idle_.end()) {
      return fail(Status::not_defined,
                  "'" + name(parameter) + "' acts in masked channels only: the likelihood does not change along it");
    }
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

  /// Curvature of the profile likelihood's neighbourhood: the covariance of these parameters at the minimum, row by
  /// row; empty where there is none (a flat direction).
  std::vector<double> covariance(std::span<const ParamId> parameters) {
    const std::size_t k = parameters.size();
    std::vector<double> block(k * k);
    std::vector<double> unit(fixed_.size(), 0.0), column(fixed_.size());
    space_.objective.set_data(data_);
    if (!space_.minimizer.linearise(minimum_.x, {.fixed = fixed_})) return {};
    for (std::size_t b = 0; b < k; ++b) {
      unit[parameters[b].index] = 1.0;
      if (!space_.minimizer.solve_linearised(unit, column)) return {};
      unit[parameters[b].index] = 0.0;
      for (std::size_t a = 0; a < k; ++a) block[a * k + b] = column[parameters[a].index];
    }
    return block;
  }

  /// A scale for a parameter of which the fit says nothing.
  double width_without_curvature(const model::Parameter& p, ParamId parameter) const {
    return p.prefit_sigma() > 0.0 ? p.prefit_sigma() : 0.1 * std::max(1.0, std::fabs(minimum_.x[parameter.index]));
  }

  /// `widths`: the scale of each parameter.
  ProfileSurface surface(std::span<const ParamId> parameters, std::vector<double> widths) {
    std::vector<double> nominal = initial_point(likelihood_);
    for (std::size_t i = 0; i < nominal.size(); ++i) {
      if (fixed_[i]) nominal[i] = seed_[i];
    }
    ProfileSurface s(space_, data_, parameters, std::move(widths), fixed_, std::move(nominal), curve_options_.stop,
                     n_fits);
    s.insert_free(minimum_);
    return s;
  }

  /// t at a profile; nothing when it is not certified. A lower minimum ends what is going on (is_outdated); beyond the
  /// bounds of the parameter there may be one, and t is negative there.
  std::optional<double> height(const Profile& profile, ParamId parameter) {
    return height(profile, std::span(&parameter, 1), std::span(&profile.mu, 1));
  }
  std::optional<double> height(const SurfacePoint& point, std::span<const ParamId> parameters) {
    return height(point, parameters, point.values);
  }

  /// A fit that starts where it ends does not look: whoever makes many of them does.
  bool is_stopped() {
    const std::atomic<bool>* stop = curve_options_.stop;
    if (stop == nullptr || !stop->load(std::memory_order_relaxed)) return false;
    fail(Status::interrupted, "interrupted by the caller");
    return true;
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
  template <class Fitted>
  std::optional<double> height(const Fitted& fitted, std::span<const ParamId> parameters,
                               std::span<const double> values) {
    if (fitted.is_interrupted) fail(Status::interrupted, "interrupted by the caller");
    if (!fitted.is_usable) return std::nullopt;
    const double t = 2.0 * (fitted.value - minimum_.value);
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      const model::Parameter& p = likelihood_.parameters()[parameters[k].index];
      if (values[k] < p.lower || values[k] > p.upper) return t;
    }
    if (t < -2.0 * better_minimum && (lower_.empty() || fitted.value < lower_value_)) {
      lower_ = fitted.x;
      lower_value_ = fitted.value;
    }
    return t > q_noise ? t : 0.0;
  }

  const model::Likelihood& likelihood_;
  const model::Data& data_;
  FitSpace space_;
  TestOptions curve_options_;
  std::vector<char> fixed_;
  std::vector<double> seed_;
  std::vector<std::uint32_t> idle_;  ///< they act in masked channels alone
  minimize::Minimum minimum_;
  std::vector<double> lower_;
  double lower_value_ = 0.0;
};

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

}  // namespace relume::infer
