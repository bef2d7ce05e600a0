// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What is tried, and in which order: descents from the start, the ladder of others when they fail, and the searches for
// a lower minimum. The claim is checked at the point itself.
#include "relume/minimize/minimize.hpp"

#include <algorithm>
#include <chrono>

#include "minimize/descent.hpp"
#include "minimize/other_minima.hpp"

namespace relume::minimize {

std::string_view to_string(MinimumStatus status) {
  switch (status) {
    case MinimumStatus::converged: return "converged";
    case MinimumStatus::singular: return "singular";
    case MinimumStatus::not_converged: return "not_converged";
    case MinimumStatus::infeasible: return "infeasible";
    case MinimumStatus::interrupted: return "interrupted";
  }
  return "unknown";
}

namespace {

/// The likelihood continued below zero rates, while a feasible start is searched.
constexpr Relaxation search{.penalty = constraint_penalty, .floor = 1e-2};

/// First radii of the searches for a lower minimum, when parameters pulled to their bounds say that the likelihood is
/// far from parabolic: on published models whose background-only fit is absurd, each of these wins somewhere.
constexpr double exploring_radii[] = {0.3, 30.0, infinity};

/// The descents of one minimisation and the best point among them.
class Ladder {
 public:
  Ladder(Descent& descent, std::span<const double> start) : descent_(descent), start_(start) {}

  Minimum run() {
    climb();
    if (descent_.options.explore && is_converged()) explore_from_bounds();
    if (is_converged()) look_at_other_sides();
    if (is_converged()) look_at_other_ends();
    return result();
  }

 private:
  bool is_converged() const { return outcome_.status == MinimumStatus::converged; }
  std::span<const double> nominal() const {
    return descent_.options.nominal.empty() ? start_ : descent_.options.nominal;
  }

  void put_start(std::span<const double> from) {
    for (std::size_t i = 0; i < descent_.n; ++i) {
      descent_.x[i] = descent_.is_fixed(i) ? start_[i] : std::clamp(from[i], descent_.lower[i], descent_.upper[i]);
    }
  }

  /// One descent from where x stands. True when nothing else needs to be tried.
  bool attempt(const char* rung, const Relaxation& relaxation, math::Form form,
               double first_radius = usual_first_radius) {
    outcome_ = descent_.descend_constrained(relaxation, form, first_radius);
    minimum_.attempts.push_back({rung, outcome_.status, descent_.value, outcome_.iterations});
    descent_.counts.iterations += outcome_.iterations;
    if (relaxation.floor == 0.0 && outcome_.status != MinimumStatus::infeasible && descent_.value < best_value_) {
      best_value_ = descent_.value;
      best_ = descent_.x;
      best_reason_ = outcome_.reason;
    }
    return is_converged() || outcome_.status == MinimumStatus::interrupted;
  }

  /// Each rung begins where the one before it ended, unless it says otherwise.
  void climb() {
    put_start(start_);
    if (descent_.options.settle) {
      descent_.f.settle(descent_.x, descent_.options.fixed);
      put_start(descent_.x);
    }
    if (attempt("start", plain, math::Form::exact)) return;
    if (outcome_.status == MinimumStatus::infeasible) {
      attempt("feasibility", search, math::Form::exact);
      if (attempt("from feasible point", plain, math::Form::exact)) return;
    }
    if (outcome_.status != MinimumStatus::infeasible) {
      attempt("Fisher steps", plain, math::Form::semidefinite);
      if (attempt("Newton after Fisher", plain, math::Form::exact)) return;
    }
    if (!descent_.options.nominal.empty()) {
      put_start(nominal());
      attempt("nominal, feasibility", search, math::Form::semidefinite);
      if (attempt("nominal, Newton", plain, math::Form::exact)) return;
    }
    if (best_.empty()) return;
    // A last look from the best point, displaced a little so that a saddle is left.
    put_start(best_);
    for (std::size_t i = 0; i < descent_.n; ++i) {
      if (descent_.is_fixed(i)) continue;
      const double sign = i % 2 == 0 ? 1.0 : -1.0;
      descent_.x[i] = std::clamp(descent_.x[i] + 0.1 * sign * descent_.units[i], descent_.lower[i], descent_.upper[i]);
    }
    attempt("displaced", plain, math::Form::exact);
  }

  /// The last attempt need not be the best one: end where the best one did, and check that point anew.
  void end_at_best() {
    if (outcome_.status == MinimumStatus::interrupted) return;
    put_start(best_);
    attempt("best of these", plain, math::Form::exact);
  }

  void explore_from_bounds() {
    const std::vector<double> from(nominal().begin(), nominal().end());
    if (!is_constrained_at_bound(descent_, best_, from)) return;
    for (const double radius : exploring_radii) {
      put_start(from);
      if (descent_.f.evaluate(descent_.x, Derivatives::none, plain).status != EvaluationStatus::ok) {
        attempt("other start, feasibility", search, math::Form::exact, radius);
      }
      attempt("other start", plain, math::Form::exact, radius);
    }
    // Each parameter at a bound on its own: back to where it began, or over to the other side.
    constexpr int max_rounds = 3;
    for (int round = 0; round < max_rounds && flip(descent_, best_, from); ++round) {
      const double before = best_value_;
      put_start(descent_.trial);
      attempt("flipped", plain, math::Form::exact);
      if (!(best_value_ < before - lower_minimum)) break;
    }
    end_at_best();
  }

  void look_at_other_sides() {
    std::vector<std::uint32_t> candidates = other_sides(descent_);
    if (candidates.empty()) return;
    std::vector<double> columns = inverse_columns(descent_, candidates);
    for (std::size_t k = 0; k < candidates.size() && is_converged();) {
      const std::span<const double> column = std::span(columns).subspan(k * descent_.n, descent_.n);
      if (!bends_away(descent_, best_, candidates[k++], column, best_value_)) continue;
      put_start(descent_.trial);
      attempt("other side", plain, math::Form::exact);
      end_at_best();
      candidates.erase(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(k));
      columns = inverse_columns(descent_, candidates);
      k = 0;
    }
    // The objective's derivatives are those of the point that is returned, whichever was asked last.
    descent_.f.evaluate(descent_.x, Derivatives::gradient, plain);
  }

  /// Each parameter with a heavy-tailed term that sits at one of two places is tried at the other one. What is lower
  /// is where the next round starts.
  void look_at_other_ends() {
    std::vector<std::uint32_t> parameters;
    for (const HeavyTail& tail : descent_.f.heavy_tails()) {
      if (!descent_.is_fixed(tail.parameter)) parameters.push_back(tail.parameter);
    }
    if (parameters.empty()) return;
    bool is_lower = true;
    for (std::size_t round = 0; is_lower && is_converged() && round < 2 * parameters.size() + 2; ++round) {
      is_lower = false;
      const std::vector<double> columns = inverse_columns(descent_, parameters);
      const std::vector<OtherEnd> ends = other_ends(descent_, parameters, columns);
      const std::vector<double> from = descent_.x;
      for (const OtherEnd& end : ends) {
        const auto at = std::find(parameters.begin(), parameters.end(), end.parameter) - parameters.begin();
        const std::span<const double> column =
            std::span(columns).subspan(static_cast<std::size_t>(at) * descent_.n, descent_.n);
        if (!move_along_profile(descent_, from, end.parameter, end.target, column)) continue;
        const double before = best_value_;
        put_start(descent_.trial);
        attempt("other end", plain, math::Form::exact);
        is_lower = is_lower || best_value_ < before - lower_minimum;
      }
      if (!ends.empty()) end_at_best();
    }
    descent_.f.evaluate(descent_.x, Derivatives::gradient, plain);
  }

  Minimum result() {
    Minimum& m = minimum_;
    if (!is_converged() && !best_.empty()) descent_.x = best_;
    m.counts = descent_.counts;
    m.x = descent_.x;
    if (best_.empty()) {
      m.status = MinimumStatus::infeasible;
      m.value = infinity;
      m.reason = outcome_.reason;
      return std::move(m);
    }
    // The claim is checked at the point itself, whoever found it.
    const bool at_last_check = is_converged() && descent_.final_certificate;
    // A constraint that did not settle: the multipliers' part of the value says nothing where it is violated.
    if (!is_converged() && outcome_.status != MinimumStatus::interrupted &&
        descent_.f.evaluate(descent_.x, Derivatives::none, {}).status == EvaluationStatus::infeasible) {
      m.x = descent_.x;
      m.status = MinimumStatus::infeasible;
      m.value = infinity;
      m.reason = "no point of the model's domain was found: " + descent_.f.explain();
      return std::move(m);
    }
    if (!at_last_check) {
      if (!is_converged()) descent_.evaluate_at_x(plain);
      descent_.set_free(plain);
    }
    m.x = descent_.x;
    m.value = descent_.value;
    m.certificate = at_last_check ? *descent_.final_certificate : descent_.certificate_here();
    m.counts = descent_.counts;
    const bool holds = m.certificate.projected_gradient <= max_projected_gradient && m.certificate.edm <= max_edm;
    if (holds) {
      m.status = MinimumStatus::converged;
      m.reason = "projected gradient and distance to the minimum are within their limits";
    } else if (outcome_.status == MinimumStatus::interrupted) {
      m.status = MinimumStatus::interrupted;
      m.reason = outcome_.reason;
    } else {
      m.status = MinimumStatus::not_converged;
      m.reason = best_reason_;
    }
    m.edge = descent_.f.explain();
    list_bounds();
    return std::move(m);
  }

  void list_bounds() {
    Minimum& m = minimum_;
    for (std::uint32_t i = 0; i < descent_.n; ++i) {
      if (descent_.is_fixed(i)) continue;
      if (descent_.kink_held[i]) m.at_kink.push_back(i);
      if (descent_.lower[i] >= descent_.upper[i]) continue;
      if (m.x[i] <= descent_.lower[i]) m.at_lower.push_back(i);
      if (m.x[i] >= descent_.upper[i]) m.at_upper.push_back(i);
    }
  }

  Descent& descent_;
  std::span<const double> start_;
  Minimum minimum_;
  Descent::Outcome outcome_;  ///< of the last attempt
  std::vector<double> best_;
  double best_value_ = infinity;
  std::string best_reason_;  ///< why the descent that found it did not converge
};

}  // namespace

Minimizer::Minimizer(Objective& objective) : descent_(std::make_unique<Descent>(objective)) {}
Minimizer::~Minimizer() = default;

Minimum Minimizer::minimize(std::span<const double> start, const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  descent_->prepare(options);
  Minimum minimum = Ladder(*descent_, start).run();
  minimum.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return minimum;
}

Certificate Minimizer::certify(std::span<const double> x, const Options& options) {
  if (!linearise(x, options)) {
    return {.projected_gradient = infinity, .worst_parameter = 0, .edm = infinity, .semidefinite_curvature = false};
  }
  return descent_->certificate_here();
}

std::span<const char> Minimizer::free() const { return descent_->free; }

bool Minimizer::linearise(std::span<const double> x, const Options& options) {
  descent_->prepare(options);
  std::copy(x.begin(), x.end(), descent_->x.begin());
  return descent_->evaluate_at_x(plain) == EvaluationStatus::ok && descent_->set_free(plain);
}

bool Minimizer::solve_linearised(std::span<const double> b, std::span<double> x) { return descent_->solve_here(b, x); }

}  // namespace relume::minimize
