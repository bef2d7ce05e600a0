// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Conditional fits along one parameter, each started from what its neighbours know. Their slope is the partial
// derivative at the conditional minimum (envelope theorem).
#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "infer/likelihood_objective.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/minimize/minimize.hpp"

namespace relume::infer {

/// A test statistic below this is rounding of two certified minima.
inline constexpr double q_noise = 1e-9;
/// A conditional fit this far below the "free" one says that the free one sits in a worse minimum.
inline constexpr double better_minimum = 1e-7;

/// Profiled value at one signal strength on one data set.
struct Profile {
  double mu = 0.0;
  double value = std::numeric_limits<double>::infinity();  ///< deviance at the conditional minimum
  double slope = 0.0;                                      ///< d value / d mu (envelope theorem)
  bool is_usable = false;
  bool is_interrupted = false;
  bool is_infeasible = false;      ///< no point there has a likelihood: rates would be negative
  std::vector<double> x, tangent;  ///< point and its derivative with mu
  std::vector<double> refined;     ///< one Newton step further, where it was asked for; else empty
  int iterations = 0;
  std::string status, reason;
};

/// Work space of all fits of one likelihood: the observed and the Asimov data take turns in it.
struct FitSpace {
  explicit FitSpace(const model::Likelihood& likelihood) : objective(likelihood), minimizer(objective) {}
  LikelihoodObjective objective;
  minimize::Minimizer minimizer;
};

/// Conditional fits on one data set, warm-started from their neighbours.
class ProfileCurve {
 public:
  ProfileCurve(const model::Likelihood& likelihood, FitSpace& space, const model::Data& data, std::size_t poi,
               const TestOptions& options, std::vector<char> fixed, std::vector<double> seed)
      : objective_(space.objective),
        minimizer_(space.minimizer),
        data_(data),
        poi_(poi),
        stop_(options.stop),
        fixed_(std::move(fixed)),
        nominal_(initial_point(likelihood)),
        seed_(std::move(seed)) {
    fixed_[poi] = 1;
    for (std::size_t i = 0; i < nominal_.size(); ++i) {
      if (fixed_[i] && i != poi) nominal_[i] = seed_[i];
    }
  }

  /// `other`: a curve on other data whose point at the same mu is a candidate for the start.
  const Profile& at(double mu, const ProfileCurve* other = nullptr) {
    const auto found = profiles_.find(mu);
    if (found != profiles_.end()) return found->second;
    objective_.set_data(data_);
    return profiles_.emplace(mu, fit(mu, other)).first->second;
  }

  /// A point known to be the minimum at its own mu: where Asimov data were generated. `tangent`: of the fit that it
  /// comes from.
  void insert_exact(double mu, const std::vector<double>& x, const std::vector<double>& tangent) {
    objective_.set_data(data_);
    Profile p;
    p.mu = mu;
    p.x = x;
    p.is_usable = true;
    p.status = "exact";
    p.value = objective_.evaluate(x, math::Derivatives::none, {.penalty = 1.0}).value;
    p.tangent = tangent;
    if (p.tangent.empty() && minimizer_.linearise(x, {.fixed = fixed_})) set_tangent(p);
    profiles_.emplace(mu, std::move(p));
  }

  /// The free minimum is a profile too. `with_tangent`: fits will start from it.
  void insert_free(const minimize::Minimum& m, bool with_tangent = false) {
    if (!m.is_usable() || profiles_.contains(m.x[poi_])) return;
    Profile p;
    p.mu = m.x[poi_];
    p.x = m.x;
    p.value = m.value;
    p.is_usable = true;
    p.status = to_string(m.status);
    if (with_tangent) {
      objective_.set_data(data_);
      if (minimizer_.linearise(p.x, {.fixed = fixed_})) set_tangent(p);
    }
    profiles_.emplace(p.mu, std::move(p));
  }

  /// The next fit gets a refined point.
  void refine_next() { refines_ = true; }

  /// No fit will start from those that follow: their tangents are not needed.
  void end_here() { leads_on_ = false; }

  /// Free fit with mu between the given bounds, from the best profile known so far.
  minimize::Minimum free_fit(double lower, double upper, const std::vector<double>& start) {
    objective_.set_data(data_);
    std::vector<char> fixed = fixed_;
    fixed[poi_] = 0;
    std::vector<double> lo(objective_.lower().begin(), objective_.lower().end());
    std::vector<double> hi(objective_.upper().begin(), objective_.upper().end());
    lo[poi_] = lower;
    hi[poi_] = upper;
    ++n_fits;
    return minimizer_.minimize(
        start, {.fixed = fixed, .lower = lo, .upper = hi, .nominal = nominal_, .explore = false, .stop = stop_});
  }

  void set_seed(std::vector<double> seed) { seed_ = std::move(seed); }
  const std::map<double, Profile>& profiles() const { return profiles_; }
  int n_fits = 0;

 private:
  Profile fit(double mu, const ProfileCurve* other) {
    Profile p;
    p.mu = mu;
    const std::vector<double> start = predict(mu, other);
    std::vector<double> lo(objective_.lower().begin(), objective_.lower().end());
    std::vector<double> hi(objective_.upper().begin(), objective_.upper().end());
    lo[poi_] = std::min(lo[poi_], mu);
    hi[poi_] = std::max(hi[poi_], mu);
    std::vector<double> nominal = nominal_;
    nominal[poi_] = mu;
    ++n_fits;
    minimize::Minimum m = minimizer_.minimize(
        start,
        {.fixed = fixed_, .lower = lo, .upper = hi, .nominal = nominal, .explore = starts_a_curve(), .stop = stop_});
    p.is_usable = m.is_usable();
    p.is_interrupted = m.status == minimize::MinimumStatus::interrupted;
    p.is_infeasible = m.status == minimize::MinimumStatus::infeasible;
    p.status = to_string(m.status);
    p.reason = m.reason;
    p.iterations = m.counts.iterations;
    p.x = std::move(m.x);
    p.value = m.value;
    if (!p.is_usable) return p;
    p.slope = objective_.gradient()[poi_];
    if (std::exchange(refines_, false)) set_refined(p);
    if (leads_on_) set_tangent(p);
    return p;
  }

  /// Asimov data take over the error of the fit behind them, 1e-7 sigma, in first order; here it gets two more digits.
  void set_refined(Profile& p) {
    std::vector<double> downhill(objective_.gradient().begin(), objective_.gradient().end()), step(p.x.size());
    for (double& g : downhill) g = -g;
    if (minimizer_.solve_linearised(downhill, step)) p.refined = moved(p.x, step, 1.0);
  }

  /// d theta / d mu = -H_tt^-1 H_t,mu, at the point that the minimiser has just checked.
  void set_tangent(Profile& p) {
    const std::size_t n = p.x.size();
    std::vector<double> unit(n, 0.0), column(n);
    unit[poi_] = 1.0;
    objective_.curvature().multiply(unit, column, math::Form::exact);
    for (double& c : column) c = -c;
    p.tangent.assign(n, 0.0);
    if (!minimizer_.solve_linearised(column, p.tangent)) p.tangent.clear();
  }

  /// The first fit of a curve looks for lower minima (where its result gives reason to); so does the next one when all
  /// there is to start from is a point with nuisance parameters at their bounds. Later fits follow their neighbours.
  bool starts_a_curve() const {
    return profiles_.empty() || (profiles_.size() == 1 && pulled_to_bound(profiles_.begin()->second.x));
  }

  bool pulled_to_bound(const std::vector<double>& x) const {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool at_bound = x[i] <= objective_.lower()[i] || x[i] >= objective_.upper()[i];
      if (!fixed_[i] && at_bound && objective_.units()[i] > 0.0) return true;
    }
    return false;
  }

  /// The two usable profiles that are nearest, the nearer one first: outwards from mu on both sides.
  std::pair<const Profile*, const Profile*> neighbours(double mu) const {
    std::pair<const Profile*, const Profile*> found = {nullptr, nullptr};
    auto above = profiles_.lower_bound(mu), below = above;
    while (found.second == nullptr && (below != profiles_.begin() || above != profiles_.end())) {
      const bool takes_below =
          above == profiles_.end() || (below != profiles_.begin() && mu - std::prev(below)->first <= above->first - mu);
      const Profile& profile = takes_below ? (--below)->second : (above++)->second;
      if (profile.is_usable) (found.first == nullptr ? found.first : found.second) = &profile;
    }
    return found;
  }

  /// Start for a new mu, the lowest of: the nearest profile; the same moved along the tangent, or else along the secant
  /// through the next one; the point of a curve on other data.
  std::vector<double> predict(double mu, const ProfileCurve* other) {
    const auto [nearest, next] = neighbours(mu);
    std::vector<double> best = nearest != nullptr ? nearest->x : seed_;
    best[poi_] = mu;
    // Where nuisance parameters sit at their bounds the profile bends at once: its tangent leads into other minima.
    if (nearest == nullptr || pulled_to_bound(nearest->x)) return best;
    double best_value = value_at(best);
    const auto consider = [&](std::vector<double> candidate) {
      candidate[poi_] = mu;
      const double value = value_at(candidate);
      if (!(value < best_value)) return;
      best_value = value;
      best = std::move(candidate);
    };
    if (!nearest->tangent.empty()) {
      consider(moved(nearest->x, nearest->tangent, mu - nearest->mu));
    } else if (next != nullptr) {
      std::vector<double> secant = nearest->x;
      for (std::size_t i = 0; i < secant.size(); ++i) secant[i] -= next->x[i];
      consider(moved(nearest->x, secant, (mu - nearest->mu) / (nearest->mu - next->mu)));
    }
    if (other != nullptr) {
      const auto found = other->profiles_.find(mu);
      if (found != other->profiles_.end() && found->second.is_usable) consider(found->second.x);
    }
    return best;
  }

  double value_at(const std::vector<double>& x) {
    const auto e = objective_.evaluate(x, math::Derivatives::none, {.penalty = 1.0});
    return e.status == math::EvaluationStatus::ok ? e.value : std::numeric_limits<double>::infinity();
  }

  std::vector<double> moved(std::vector<double> x, const std::vector<double>& along, double by) const {
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!fixed_[i]) x[i] = std::clamp(x[i] + along[i] * by, objective_.lower()[i], objective_.upper()[i]);
    }
    return x;
  }

  LikelihoodObjective& objective_;
  minimize::Minimizer& minimizer_;
  const model::Data& data_;
  std::size_t poi_;
  const std::atomic<bool>* stop_;
  std::vector<char> fixed_;
  std::vector<double> nominal_, seed_;
  std::map<double, Profile> profiles_;
  bool leads_on_ = true, refines_ = false;
};

}  // namespace relume::infer
