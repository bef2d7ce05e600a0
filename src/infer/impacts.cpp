// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// With C the inverse Hessian of -ln L at the minimum, mu the parameter of interest and sigma_i^2 = C_ii, a nuisance
// parameter that is held delta away from its best fit moves all others by C_.i / C_ii delta (first order), and a datum
// a of a constraint that is moved by da moves all parameters by -C (d^2 -ln L / dtheta da) da. Impacts from the data of
// constraints, and why their squares add up: A. Pinto et al., Eur. Phys. J. C 84 (2024) 593 (arXiv:2307.04007).
#include "relume/infer/impacts.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <span>

#include <Eigen/Dense>
#include <fmt/format.h>

#include "infer/profile_curve.hpp"
#include "math/gamma_variance.hpp"
#include "relume/base/parallel.hpp"

namespace relume::infer {

namespace {

using model::ConstraintKind;

/// A refit this far below the free minimum says that the free one is not the lowest.
constexpr double better_minimum = 1e-7;

/// What the constraint of one parameter says.
struct Constrained {
  std::size_t data_index = 0;
  double datum = 0.0, sigma = 0.0;  ///< standard deviation of the datum
  double centre = 0.0;              ///< where the constraint alone would put the parameter
  double per_datum = 0.0;           ///< -d^2 (-ln L) / dtheta da at the best fit
};

/// Normal: (a - theta)^2 / (2 w^2). Poisson: rate theta - a ln(rate theta), with the spread sqrt(a) of the datum that
/// is there, so that its share (C_mu,i / theta)^2 a is the one that the Hessian a / theta^2 of the constraint has in C.
/// With an error on the error: a function of theta - a, so that d^2 / dtheta da is minus its second derivative, and the
/// spread sigma of the datum that fits best, 1 / sqrt(safe): where theta = a, its share is that of its Hessian, too.
/// Correlated with others: the data of all of them move together, each by its correlation with this one, R e_i; then
/// -R^-1 R e_i = -e_i is what the gradient of (a - theta)^T R^-1 (a - theta) / 2 gets, as without correlations.
std::optional<Constrained> constraint_of(const model::Parameter& p, const model::Data& data, double best) {
  const model::Constraint& c = p.constraint;
  if (c.kind == ConstraintKind::none || !(p.prefit_sigma() > 0.0)) return std::nullopt;
  const double a = data.values[c.data_index];
  if (c.kind == ConstraintKind::normal || c.kind == ConstraintKind::correlated_normal)
    return Constrained{c.data_index, a, c.width, a, 1.0 / (c.width * c.width)};
  if (c.kind == ConstraintKind::gamma_variance) {
    const math::GammaVarianceTerm term =
        math::gamma_variance_term(best - a, data.values[c.variance_index], c.error_on_error);
    return Constrained{c.data_index, a, 1.0 / std::sqrt(term.safe), a, term.safe + term.bend};
  }
  return Constrained{c.data_index, a, std::sqrt(std::max(0.0, a)), a / c.rate, 1.0 / best};
}

/// The best fit and what follows from its covariance.
class BestFit {
 public:
  BestFit(const model::Likelihood& likelihood, const model::Data& data, const FitResult& fit, std::size_t poi)
      : parameters_(likelihood.parameters()), data_(data), fit_(fit), poi_(poi) {}

  std::size_t poi() const { return poi_; }
  const std::vector<double>& x() const { return fit_.minimum.x; }
  double value() const { return fit_.minimum.value; }
  double sigma(std::size_t i) const { return fit_.uncertainties[i]; }
  double covariance(std::size_t i, std::size_t j) const { return fit_.covariance[i * x().size() + j]; }
  const model::Parameter& parameter(std::size_t i) const { return parameters_[i]; }
  std::optional<Constrained> constraint(std::size_t i) const { return constraint_of(parameters_[i], data_, x()[i]); }

  double correlation(std::size_t i) const {
    return sigma(i) > 0.0 && sigma(poi_) > 0.0 ? covariance(poi_, i) / (sigma(i) * sigma(poi_)) : 0.0;
  }
  /// Shift of mu when the datum of a constraint moves by its standard deviation.
  double global(std::size_t i) const {
    const auto c = constraint(i);
    return c ? covariance(poi_, i) * c->per_datum * c->sigma : 0.0;
  }

  /// By how much the variance of mu falls when the group is held: C_mu,G C_GG^-1 C_G,mu, which is what is left of
  /// C_mu,mu when the rows of the group are taken out of the Hessian (inverse of a block matrix).
  double variance_by(std::span<const ParamId> group) const {
    std::vector<std::size_t> members;
    for (const ParamId p : group) {
      if (sigma(p.index) > 0.0) members.push_back(p.index);
    }
    const auto n = static_cast<Eigen::Index>(members.size());
    if (n == 0) return 0.0;
    Eigen::MatrixXd correlations(n, n);
    Eigen::VectorXd with_poi(n);
    for (Eigen::Index a = 0; a < n; ++a) {
      const std::size_t i = members[static_cast<std::size_t>(a)];
      with_poi[a] = covariance(poi_, i) / sigma(i);
      for (Eigen::Index b = 0; b < n; ++b) {
        const std::size_t j = members[static_cast<std::size_t>(b)];
        correlations(a, b) = covariance(i, j) / (sigma(i) * sigma(j));
      }
    }
    const double share = with_poi.dot(Eigen::LDLT<Eigen::MatrixXd>(correlations).solve(with_poi));
    return std::clamp(share, 0.0, covariance(poi_, poi_));
  }

 private:
  std::span<const model::Parameter> parameters_;
  const model::Data& data_;
  const FitResult& fit_;
  std::size_t poi_;
};

/// The linear part of one parameter's impacts, and which of them it has.
Impact linear_impact(const BestFit& best, std::size_t i) {
  Impact impact;
  const model::Parameter& p = best.parameter(i);
  impact.parameter = ParamId{i};
  impact.best = best.x()[i];
  impact.uncertainty = best.sigma(i);
  impact.correlation = best.correlation(i);
  const double with_poi = best.covariance(best.poi(), i);
  if (impact.uncertainty > 0.0) {
    impact.postfit.step = impact.uncertainty;
    impact.postfit.linear = with_poi / impact.uncertainty;
  } else {
    impact.postfit.reason = "at a bound: the curvature gives no uncertainty after the fit";
  }
  const auto constraint = best.constraint(i);
  if (!constraint) {
    impact.prefit.reason = "unconstrained: there is no uncertainty before the fit";
    impact.global.reason = "unconstrained: there is no global observable to move";
    return impact;
  }
  const double prefit = p.prefit_sigma();
  impact.pull = (impact.best - constraint->centre) / prefit;
  impact.constraint = impact.uncertainty / prefit;
  impact.prefit.step = prefit;
  if (impact.uncertainty > 0.0) impact.prefit.linear = with_poi / best.covariance(i, i) * prefit;
  if (constraint->sigma > 0.0) {
    impact.global.step = constraint->sigma;
    impact.global.linear = best.global(i);
  } else {
    impact.global.reason = "the global observable is zero: it has no spread";
  }
  return impact;
}

/// A point below the free minimum, if one was found: a better start.
struct Lower {
  double value = std::numeric_limits<double>::infinity();
  std::vector<double> x;
};

/// The refits of one parameter after the other. One per thread.
class Refits {
 public:
  Refits(const model::Likelihood& likelihood, const model::Data& data, const BestFit& best, std::vector<char> fixed,
         std::vector<double> nominal, const std::atomic<bool>* stop)
      : likelihood_(likelihood),
        best_(best),
        data_(data),
        shifted_(data),
        space_(likelihood),
        fixed_(std::move(fixed)),
        nominal_(std::move(nominal)),
        stop_(stop),
        tangent_(fixed_.size()),
        bend_(fixed_.size()),
        twist_(fixed_.size()),
        start_(fixed_.size()) {}

  void run(Impact& impact, Lower& lower) {
    const std::size_t i = impact.parameter.index;
    impact.n_fits = 0;
    space_.objective.set_data(data_);
    follow_tangent(i);
    fixed_[i] = 1;
    hold_both_sides(impact, impact.postfit, lower);
    hold_both_sides(impact, impact.prefit, lower);
    fixed_[i] = 0;
    move_datum_both_sides(impact);
  }

 private:
  std::size_t n() const { return fixed_.size(); }

  /// d theta / d theta_i along the profile at the best fit.
  void follow_tangent(std::size_t i) {
    const double variance = best_.covariance(i, i);
    for (std::size_t j = 0; j < n(); ++j) tangent_[j] = variance > 0.0 ? best_.covariance(j, i) / variance : 0.0;
    std::fill(bend_.begin(), bend_.end(), 0.0);
    std::fill(twist_.begin(), twist_.end(), 0.0);
    one_side_.clear();
  }

  /// The start of the refit at this distance: the profile's tangent, with the square and the cubic term that the refits
  /// before told.
  void predict(std::size_t i, double at) {
    const double d = at - best_.x()[i];
    const std::span<const double> low = space_.objective.lower(), high = space_.objective.upper();
    for (std::size_t j = 0; j < n(); ++j) {
      const double x = best_.x()[j];
      start_[j] = fixed_[j] ? x : std::clamp(x + d * (tangent_[j] + d * (bend_[j] + d * twist_[j])), low[j], high[j]);
    }
    start_[i] = at;
  }

  void learn(std::size_t i, const std::vector<double>& x) {
    const double d = x[i] - best_.x()[i];
    if (d == 0.0) return;
    // Two sides of one step, up and down by the same distance, tell the odd from the even part.
    const bool is_other_side = !one_side_.empty() && std::fabs(one_side_distance_ + d) <= 1e-9 * std::fabs(d);
    if (one_side_.empty()) one_side_.resize(n());
    for (std::size_t j = 0; j < n(); ++j) {
      const double beyond = (x[j] - best_.x()[j] - tangent_[j] * d) / (d * d);
      if (is_other_side) twist_[j] = 0.5 * (beyond - one_side_[j]) / d;
      bend_[j] = beyond - twist_[j] * d;
      one_side_[j] = beyond;
    }
    one_side_distance_ = d;
  }

  minimize::Minimum minimise() {
    return space_.minimizer.minimize(start_, {.fixed = fixed_, .nominal = nominal_, .explore = false, .stop = stop_});
  }

  /// What the minimum says about mu.
  void take(const minimize::Minimum& m, ImpactSide& side) const {
    if (!m.is_usable()) {
      side.reason = "the fit is not certified: " + m.reason;
      return;
    }
    const std::size_t poi = best_.poi();
    side.shift = m.x[poi] - best_.x()[poi];
    const model::Parameter& p = best_.parameter(poi);
    if (m.x[poi] <= p.lower || m.x[poi] >= p.upper) add(side.reason, "the parameter of interest ends at its bound");
  }

  static void add(std::string& reason, std::string_view more) {
    reason += (reason.empty() ? "" : "; ") + std::string(more);
  }

  void hold_both_sides(Impact& impact, ImpactPair& pair, Lower& lower) {
    if (!(pair.step > 0.0)) return;
    pair.up = hold(impact, pair.step, lower);
    pair.down = hold(impact, -pair.step, lower);
  }

  ImpactSide hold(Impact& impact, double step, Lower& lower) {
    const std::size_t i = impact.parameter.index;
    const model::Parameter& p = best_.parameter(i);
    ImpactSide side;
    side.at = std::clamp(impact.best + step, p.lower, p.upper);
    if (side.at == impact.best) {
      side.reason = fmt::format("the best fit is at the bound {:g} of the parameter", side.at);
      return side;
    }
    if (side.at != impact.best + step) {
      side.reason = fmt::format("held at the bound {:g} of the parameter, {:.2g} of a step away", side.at,
                                std::fabs((side.at - impact.best) / step));
    }
    predict(i, side.at);
    ++impact.n_fits;
    const minimize::Minimum m = minimise();
    take(m, side);
    if (!side.shift) return side;
    learn(i, m.x);
    if (m.value < best_.value() - better_minimum && m.value < lower.value) lower = {m.value, m.x};
    return side;
  }

  void move_datum_both_sides(Impact& impact) {
    if (!(impact.global.step > 0.0)) return;
    const std::size_t i = impact.parameter.index;
    const auto constraint = best_.constraint(i);
    const std::size_t k = constraint->data_index;
    const bool is_count = best_.parameter(i).constraint.kind == ConstraintKind::poisson;
    for (const double sign : {1.0, -1.0}) {
      ImpactSide side;
      side.at = constraint->datum + sign * impact.global.step;
      if (is_count && side.at < 0.0) {
        side.at = 0.0;
        side.reason = "the global observable is a count: it stops at 0";
      }
      shifted_.values[k] = side.at;
      move_correlated(i, sign);
      space_.objective.set_data(shifted_);
      const std::span<const double> low = space_.objective.lower(), high = space_.objective.upper();
      const double by = constraint->per_datum * (side.at - constraint->datum);
      for (std::size_t j = 0; j < n(); ++j) {
        const double x = best_.x()[j];
        start_[j] = fixed_[j] ? x : std::clamp(x + best_.covariance(j, i) * by, low[j], high[j]);
      }
      ++impact.n_fits;
      take(minimise(), side);
      (sign > 0.0 ? impact.global.up : impact.global.down) = std::move(side);
    }
    shifted_ = data_;
  }

  /// The data of the constraints that are correlated with that of parameter i.
  void move_correlated(std::size_t i, double sign) {
    for (const model::CorrelatedConstraint& block : likelihood_.correlated_constraints()) {
      const std::size_t size = block.parameters.size();
      const auto at = std::find(block.parameters.begin(), block.parameters.end(), static_cast<std::uint32_t>(i));
      if (at == block.parameters.end()) continue;
      const double* row = block.correlation.data() + static_cast<std::size_t>(at - block.parameters.begin()) * size;
      for (std::size_t k = 0; k < size; ++k) {
        const model::Constraint& c = likelihood_.parameters()[block.parameters[k]].constraint;
        shifted_.values[c.data_index] = data_.values[c.data_index] + sign * row[k] * c.width;
      }
    }
  }

  const model::Likelihood& likelihood_;
  const BestFit& best_;
  const model::Data& data_;
  model::Data shifted_;
  FitSpace space_;
  std::vector<char> fixed_;
  std::vector<double> nominal_;
  const std::atomic<bool>* stop_;
  std::vector<double> tangent_, bend_, twist_, start_;  ///< of the profile along the parameter
  std::vector<double> one_side_;                        ///< what the last refit said beyond the tangent, over d^2
  double one_side_distance_ = 0.0;
};

bool is_stopped(const ImpactOptions& options) {
  return options.stop != nullptr && options.stop->load(std::memory_order_relaxed);
}

class Ranking {
 public:
  Ranking(const model::Likelihood& likelihood, const model::Data& data, const ImpactOptions& options, Impacts& result)
      : likelihood_(likelihood), data_(data), options_(options), result_(result), seed_(options.start) {
    for (const model::Parameter& p : likelihood.parameters()) fixed_.push_back(p.is_fixed);
    for (const FixedParameter& f : options.fixed) fixed_[f.parameter.index] = 1;
  }

  void run() {
    if (!check()) return;
    constexpr int max_restarts = 5;
    for (int restart = 0; restart <= max_restarts; ++restart) {
      if (!fit_freely()) return;
      const BestFit best(likelihood_, data_, result_.fit, result_.poi->index);
      linear(best);
      if (!options_.exact) return;
      Lower lower = refit(best);
      if (is_stopped(options_)) {
        fail(Status::interrupted, "interrupted by the caller");
        return;
      }
      if (lower.x.empty()) return;
      if (restart == 0) {
        result_.notes.push_back("the first minimum was not the lowest: a refit led to one that is lower by " +
                                fmt::format("{:.3g} in -2 ln L", 2.0 * (best.value() - lower.value)));
      }
      seed_ = std::move(lower.x);
    }
    fail(Status::fit_failed, "the search for the lowest minimum did not settle");
  }

 private:
  bool fail(Status status, std::string reason) {
    result_.status = status;
    result_.reason = std::move(reason);
    return false;
  }

  const std::string& name(ParamId p) const { return likelihood_.parameters()[p.index].name; }

  bool check() {
    const std::optional<ParamId> poi = options_.poi ? options_.poi : likelihood_.poi();
    if (!poi) return fail(Status::not_defined, "there is no parameter of interest: choose one");
    result_.poi = poi;
    const std::string on_poi = "the parameter of interest '" + name(*poi) + "'";
    if (fixed_[poi->index] != 0) return fail(Status::not_defined, on_poi + " is held: nothing can move it");
    const std::vector<char> idle = hold_idle();
    const std::string in_masked = " acts in masked channels only: ";
    if (idle[poi->index] != 0) return fail(Status::not_defined, on_poi + in_masked + "nothing can move it");
    parameters_ = options_.parameters;
    for (const ParamId p : parameters_) {
      const std::string on_it = "'" + name(p) + "'";
      if (p == *poi) return fail(Status::not_defined, on_poi + " has no impact on itself");
      if (idle[p.index] != 0) return fail(Status::not_defined, on_it + in_masked + "it has no impact");
      if (fixed_[p.index] != 0) return fail(Status::not_defined, on_it + " is held: it has no impact");
    }
    if (parameters_.empty()) {
      for (std::size_t i = 0; i < fixed_.size(); ++i) {
        if (fixed_[i] == 0 && i != poi->index) parameters_.push_back({i});
      }
    }
    return true;
  }

  /// Marks the free parameters that act in masked channels alone: all fits hold them.
  std::vector<char> hold_idle() {
    std::vector<char> idle(fixed_.size());
    if (data_.masked.empty()) return idle;
    std::string note = note_of_idle(likelihood_, data_, fixed_);
    if (!note.empty()) result_.notes.push_back(std::move(note));
    for (const std::uint32_t i : likelihood_.idle_parameters(data_)) {
      if (fixed_[i] == 0) fixed_[i] = idle[i] = 1;
    }
    return idle;
  }

  bool fit_freely() {
    FitOptions options;
    options.fixed = options_.fixed;
    options.start = seed_;
    options.covariance = true;
    options.stop = options_.stop;
    result_.fit = infer::fit(likelihood_, data_, options);
    ++result_.n_fits;
    const minimize::Minimum& m = result_.fit.minimum;
    if (m.status == minimize::MinimumStatus::interrupted) return fail(Status::interrupted, "interrupted by the caller");
    if (!m.is_usable()) return fail(Status::fit_failed, "free fit: " + m.reason);
    if (result_.fit.covariance.empty()) {
      return fail(Status::not_defined, "there are no uncertainties, because " + result_.fit.covariance_problem +
                                           ": hold one of these parameters");
    }
    return true;
  }

  void linear(const BestFit& best) {
    const std::size_t poi = result_.poi->index;
    const double variance = best.covariance(poi, poi);
    result_.best = best.x()[poi];
    result_.uncertainty = best.sigma(poi);
    result_.impacts.clear();
    for (const ParamId p : parameters_) result_.impacts.push_back(linear_impact(best, p.index));
    std::vector<ParamId> constrained;
    for (std::size_t i = 0; i < fixed_.size(); ++i) {
      if (fixed_[i] != 0 || !best.constraint(i)) continue;
      if (i == poi) {
        result_.own_constraint = std::fabs(best.global(i));
      } else {
        constrained.push_back({i});
      }
    }
    for (const model::CorrelatedConstraint& block : likelihood_.correlated_constraints()) {
      if (std::find(block.parameters.begin(), block.parameters.end(), poi) != block.parameters.end())
        result_.own_constraint = std::sqrt(explained(best, block, std::vector<char>(fixed_.size())));
    }
    const double global = global_variance(best, constrained);
    const double held = best.variance_by(constrained);
    result_.systematic = std::sqrt(held);
    result_.statistical = std::sqrt(variance - held);
    result_.global_systematic = std::sqrt(global);
    const double left = variance - global - result_.own_constraint * result_.own_constraint;
    // What rounding leaves of nothing is nothing.
    constexpr double rounding = 1e-12;
    result_.global_statistical.reset();
    if (left >= -rounding * variance) result_.global_statistical = std::sqrt(std::max(0.0, left));
    result_.groups.clear();
    for (const ImpactGroup& group : options_.groups) result_.groups.push_back(group_impact(best, group));
    rank();
  }

  /// The part of the variance of mu that the fluctuations of some data of a block explain: those of the parameters that
  /// `group` marks, and always those of held parameters and of mu. With the shifts g, which are the covariances of mu
  /// with data of unit variance, that is g^T R^-1 g with the correlation R of these data alone (the variance of a
  /// linear regression: T. Anderson, An Introduction to Multivariate Statistical Analysis, section 2.5).
  double explained(const BestFit& best, const model::CorrelatedConstraint& block,
                   const std::vector<char>& group) const {
    std::vector<std::size_t> data;
    for (std::size_t k = 0; k < block.parameters.size(); ++k) {
      const std::size_t i = block.parameters[k];
      if (group[i] != 0 || fixed_[i] != 0 || i == best.poi()) data.push_back(k);
    }
    const auto n = static_cast<Eigen::Index>(data.size());
    if (n == 0) return 0.0;
    Eigen::MatrixXd correlation(n, n);
    Eigen::VectorXd shifts(n);
    for (Eigen::Index a = 0; a < n; ++a) {
      const std::size_t k = data[static_cast<std::size_t>(a)], i = block.parameters[k];
      shifts[a] = fixed_[i] != 0 ? 0.0 : best.global(i);
      for (Eigen::Index b = 0; b < n; ++b)
        correlation(a, b) = block.correlation[k * block.parameters.size() + data[static_cast<std::size_t>(b)]];
    }
    return shifts.dot(Eigen::LLT<Eigen::MatrixXd>(correlation).solve(shifts));
  }

  /// Of mu, by the data of the constraints of a group: beyond what mu's own constraint explains.
  double global_variance(const BestFit& best, std::span<const ParamId> group) const {
    std::vector<char> is_in(fixed_.size());
    double sum = 0.0;
    for (const ParamId p : group) {
      is_in[p.index] = 1;
      if (best.parameter(p.index).constraint.kind != ConstraintKind::correlated_normal)
        sum += best.global(p.index) * best.global(p.index);
    }
    const std::vector<char> none(fixed_.size());
    for (const model::CorrelatedConstraint& block : likelihood_.correlated_constraints())
      sum += std::max(0.0, explained(best, block, is_in) - explained(best, block, none));
    return sum;
  }

  GroupImpact group_impact(const BestFit& best, const ImpactGroup& group) const {
    GroupImpact impact;
    impact.name = group.name;
    std::vector<char> is_taken(fixed_.size());
    for (const ParamId p : group.parameters) {
      if (fixed_[p.index] != 0 || p == result_.poi || is_taken[p.index] != 0) continue;
      is_taken[p.index] = 1;
      impact.parameters.push_back(p);
    }
    impact.uncertainty = std::sqrt(best.variance_by(impact.parameters));
    impact.global = std::sqrt(global_variance(best, impact.parameters));
    return impact;
  }

  void rank() {
    std::stable_sort(result_.impacts.begin(), result_.impacts.end(),
                     [](const Impact& a, const Impact& b) { return a.size() > b.size(); });
  }

  Lower refit(const BestFit& best) {
    const std::vector<double> nominal = initial_point(likelihood_);
    std::vector<Lower> lower(result_.impacts.size());
    for_each_in_parallel(result_.impacts.size(), static_cast<std::size_t>(std::max(1, options_.threads)), [&] {
      return [&, refits = std::make_shared<Refits>(likelihood_, data_, best, fixed_, nominal, options_.stop)](
                 std::size_t k) {
        if (is_stopped(options_)) return;
        refits->run(result_.impacts[k], lower[k]);
        if (options_.n_done != nullptr) options_.n_done->fetch_add(1, std::memory_order_relaxed);
      };
    });
    for (const Impact& impact : result_.impacts) result_.n_fits += impact.n_fits;
    rank();
    const auto lowest =
        std::min_element(lower.begin(), lower.end(), [](const Lower& a, const Lower& b) { return a.value < b.value; });
    return lowest == lower.end() ? Lower{} : std::move(*lowest);
  }

  const model::Likelihood& likelihood_;
  const model::Data& data_;
  const ImpactOptions& options_;
  Impacts& result_;
  std::vector<double> seed_;
  std::vector<char> fixed_;
  std::vector<ParamId> parameters_;
};

/// Doubts about the whole.
void add_notes(const model::Likelihood& likelihood, const ImpactOptions& options, Impacts& result) {
  const model::Parameter& poi = likelihood.parameters()[result.poi->index];
  if (!(result.uncertainty > 0.0)) {
    result.notes.push_back(
        fmt::format("the parameter of interest '{}' is at a bound: the curvature gives it no "
                    "uncertainty, and linear impacts are 0; wider bounds in the measurement "
                    "would show what moves it",
                    poi.name));
  }
  if (!result.global_statistical) {
    const auto parameters = likelihood.parameters();
    const bool has_errors_on_errors = std::any_of(parameters.begin(), parameters.end(), [](const model::Parameter& p) {
      return p.constraint.kind == ConstraintKind::gamma_variance;
    });
    result.notes.push_back(
        fmt::format("the data of the constraints alone would make a larger uncertainty than the curvature says: the "
                    "main data{} bend the likelihood downwards, and the parts by what fluctuates do not add up",
                    has_errors_on_errors ? " or constraints with errors on errors" : ""));
  }
  std::size_t n_failed = 0, n_clipped = 0;
  for (const Impact& impact : result.impacts) {
    for (const ImpactPair* pair : {&impact.postfit, &impact.prefit, &impact.global}) {
      for (const auto* side : {&pair->up, &pair->down}) {
        if (!side->has_value() || (*side)->reason.empty()) continue;
        ++((*side)->shift ? n_clipped : n_failed);
      }
    }
  }
  if (n_failed > 0) result.notes.push_back(fmt::format("{} sides have no impact; each says why", n_failed));
  if (n_clipped > 0) result.notes.push_back(fmt::format("{} sides end at a bound; each says which", n_clipped));
  for (const GroupImpact& group : result.groups) {
    if (group.parameters.empty()) result.notes.push_back(fmt::format("nothing in group '{}' is free", group.name));
  }
  if (!options.exact) result.notes.push_back("linear impacts only: nothing was fitted again");
}

}  // namespace

double Impact::size() const {
  double largest = 0.0;
  bool is_exact = false;
  for (const auto* side : {&postfit.up, &postfit.down}) {
    if (!side->has_value() || !(*side)->shift) continue;
    is_exact = true;
    largest = std::max(largest, std::fabs(*(*side)->shift));
  }
  return is_exact ? largest : std::fabs(postfit.linear.value_or(0.0));
}

Impacts impacts(const model::Likelihood& likelihood, const model::Data& data, const ImpactOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  Impacts result;
  Ranking(likelihood, data, options, result).run();
  if (result.is_usable()) add_notes(likelihood, options, result);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace relume::infer
