// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Trust-region Newton for bounds: Conn, Gould, Toint, "Trust-Region Methods" (2000), chapters 7 and 12; truncated
// conjugate gradients: Steihaug, SIAM J. Numer. Anal. 20 (1983) 626; augmented Lagrangian: Nocedal, Wright, "Numerical
// Optimization", ch. 17.
#include "minimize/descent.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace relume::minimize {

namespace {

// Stop well inside of the certificate: Asimov data take over the errors of the fit behind them, so that q_A is off by
// sqrt(2 EDM) times its slope, and not by the EDM. 1e-14 leaves 1e-7 sigma; with quadratic convergence it costs at most
// one step.
constexpr double target_gradient = 0.1 * max_projected_gradient;
constexpr double target_edm = 1e-5 * max_edm;

// Trust-region constants (Conn, Gould, Toint, section 6.1): any values in the usual ranges work.
constexpr double accept_ratio = 1e-4;
constexpr double good_ratio = 0.75;
constexpr double poor_ratio = 0.25;
constexpr double shrink = 0.25;
constexpr double grow = 2.5;

/// Rounding of a gradient, relative to the sum of the sizes of its rates' slopes: the rates carry a few units in the
/// last place, and the terms of the value have slopes of order one in them.
constexpr double rounding_share = 4 * std::numeric_limits<double>::epsilon();
/// Rounding of a sum of a few hundred terms, relative to its size: a predicted decrease below this cannot be seen in
/// the value.
constexpr double value_noise = 1e-14;

/// A rate may be this share of its scale below zero in the reported point: below all rounding of the value.
constexpr double constraint_tolerance = 1e-10;
constexpr int max_multiplier_updates = 25;

/// Steps that add up to less than this, in standard deviations, leave the preconditioner as good as a new one.
constexpr double short_way = 1e-3;

/// Residual that a prediction's linear solve ends at, relative to its right side.
constexpr double prediction_precision = 1e-2;

/// Residuals that the linear solve of a Newton step ends at, relative to the step's length: with three digits the EDM
/// has six, and still one where the Hessian is 1e5 times softer than its preconditioner.
constexpr double loosest_step = 0.1, tightest_step = 1e-3;

/// Residual, in the metric of the preconditioner, that the linear solve of a Newton step of this length ends at: a
/// superlinear forcing term (Dembo, Eisenstat, Steihaug, SIAM J. Numer. Anal. 19 (1982) 400).
double step_residual(double length) { return std::clamp(length, tightest_step, loosest_step) * length; }

/// The same where the gradient is small enough already, and only the EDM is still asked for: below this residual its
/// error is below its target, even where the Hessian is 1e5 times softer than its preconditioner.
double check_residual(double length) {
  const double negligible = std::sqrt(1e-5 * target_edm);
  return std::max(step_residual(length), std::min(loosest_step * length, negligible));
}

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

Descent::Descent(Objective& objective) : f(objective), n(objective.size()), solver_(objective.layout()) {
  for (auto* v : {&x,         &best_x_,    &trial,           &gradient_,   &step_,       &hessian_step_,   &rhs_,
                  &residual_, &direction_, &preconditioned_, &product_,    &base_step_,  &pass_direction_, &units,
                  &lower,     &upper,      &cell_lower_,     &cell_upper_, &step_lower_, &diagonal_,       &slopes_}) {
    v->assign(n, 0.0);
  }
  free.assign(n, 1);
  inner_free_.assign(n, 1);
  kink_held.assign(n, 0);
  for (const double unit : f.units()) has_no_unit_.push_back(!(unit > 0.0));
}

void Descent::prepare(const Options& o) {
  options = o;
  counts = {};
  const auto lo = o.lower.empty() ? f.lower() : o.lower;
  const auto hi = o.upper.empty() ? f.upper() : o.upper;
  std::copy(lo.begin(), lo.end(), lower.begin());
  std::copy(hi.begin(), hi.end(), upper.begin());
}

EvaluationStatus Descent::evaluate_at_x(const Relaxation& relaxation) {
  ++counts.evaluations;
  ++counts.gradients;
  factor_is_usable_ = false;
  const Evaluation e = f.evaluate(x, Derivatives::curvature, relaxation);
  value = e.value;
  if (e.status == EvaluationStatus::ok) std::copy(f.gradient().begin(), f.gradient().end(), gradient_.begin());
  return e.status;
}

void Descent::set_units() {
  f.curvature().diagonal(diagonal_, math::Form::semidefinite, has_no_unit_);
  for (std::size_t i = 0; i < n; ++i) {
    units[i] = has_no_unit_[i] == 0 ? f.units()[i] : diagonal_[i] > 0.0 ? 1.0 / std::sqrt(diagonal_[i]) : 0.0;
  }
}

bool Descent::set_free(const Relaxation& relaxation) {
  std::copy(lower.begin(), lower.end(), cell_lower_.begin());
  std::copy(upper.begin(), upper.end(), cell_upper_.begin());
  std::fill(kink_held.begin(), kink_held.end(), 0);
  bool at_kink = false;
  for (const std::uint32_t i : f.kinks()) {
    if (is_fixed(i)) continue;
    if (x[i] == 0.0) {
      at_kink = true;
    } else if (x[i] > 0.0) {
      cell_lower_[i] = std::max(cell_lower_[i], 0.0);
    } else {
      cell_upper_[i] = std::min(cell_upper_[i], 0.0);
    }
  }
  if (at_kink) {
    // Both one-sided gradients: the rates are the same on both sides, so the derivatives separate per parameter.
    for (const std::uint32_t i : f.kinks()) {
      if (x[i] == 0.0) x[i] = -0.0;
    }
    if (evaluate_at_x(relaxation) != EvaluationStatus::ok) return false;
    std::vector<double> left(gradient_);
    for (const std::uint32_t i : f.kinks()) {
      if (x[i] == 0.0) x[i] = 0.0;
    }
    if (evaluate_at_x(relaxation) != EvaluationStatus::ok) return false;
    bool any_left = false;
    for (const std::uint32_t i : f.kinks()) {
      if (x[i] != 0.0 || is_fixed(i)) continue;
      const double right_descent = -gradient_[i], left_descent = left[i];
      if (right_descent <= 0.0 && left_descent <= 0.0) {
        kink_held[i] = 1;
      } else if (left_descent > right_descent) {
        x[i] = -0.0;
        cell_upper_[i] = std::min(cell_upper_[i], 0.0);
        any_left = true;
      } else {
        cell_lower_[i] = std::max(cell_lower_[i], 0.0);
      }
    }
    if (any_left && evaluate_at_x(relaxation) != EvaluationStatus::ok) return false;
  }
  const std::span<const char> singular = f.singular_at_zero();
  for (std::size_t i = 0; i < n; ++i) {
    const bool held_low = x[i] <= cell_lower_[i] && gradient_[i] >= 0.0;
    const bool held_high = x[i] >= cell_upper_[i] && gradient_[i] <= 0.0;
    // Next to a singularity of the value the quadratic model is worth little: come at most this much closer per step.
    constexpr double closest_share = 0.2;
    const bool guarded = !singular.empty() && singular[i];
    step_lower_[i] = guarded ? std::max(cell_lower_[i], closest_share * x[i]) : cell_lower_[i];
    free[i] = !(is_fixed(i) || kink_held[i] || held_low || held_high || lower[i] >= upper[i]);
  }
  return true;
}

double Descent::scaled_gradient(std::uint32_t* worst) {
  const double size = scaled_gradient_as_rounded(worst, {});
  // Counts of 1e10 and more round the gradient itself above the limit: what rounding can make counts as the limit. A
  // gradient above 1e-2 is no rounding.
  constexpr double real = 1e-2;
  if (size <= target_gradient || size > real) return size;
  f.curvature().absolute_slopes(slopes_);
  return scaled_gradient_as_rounded(worst, slopes_);
}

double Descent::scaled_gradient_as_rounded(std::uint32_t* worst, std::span<const double> slope) const {
  double largest = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!free[i]) continue;
    // A step into the nearest bound is all that a free parameter close to it can do: the gradient counts over that
    // distance when it is shorter than sigma.
    const double room = gradient_[i] > 0.0 ? x[i] - cell_lower_[i] : cell_upper_[i] - x[i];
    double size = std::fabs(gradient_[i]) * std::min(units[i], room);
    if (!slope.empty()) size /= std::max(1.0, rounding_share * slope[i] * units[i] / max_projected_gradient);
    if (size > largest || std::isnan(size)) {
      largest = size;
      if (worst != nullptr) *worst = static_cast<std::uint32_t>(i);
      if (std::isnan(size)) return infinity;
    }
  }
  return largest;
}

void Descent::factorise(std::span<const char> mask, bool semidefinite_only) {
  if (factor_is_usable_ && factor_is_semidefinite_ == semidefinite_only &&
      std::equal(mask.begin(), mask.end(), factor_mask_.begin()))
    return;
  factor_is_usable_ = true;
  way_since_factor_ = 0.0;
  factor_is_semidefinite_ = semidefinite_only;
  factor_mask_.assign(mask.begin(), mask.end());
  ++counts.factorisations;
  exact_factor_ = !semidefinite_only && solver_.prefers_dense() &&
                  solver_.factorise(f.curvature(), mask, math::Form::exact) == math::Factorisation::positive_definite;
  if (!exact_factor_) {
    solver_.factorise(f.curvature(), mask, semidefinite_only ? math::Form::semidefinite : math::Form::preconditioner);
  }
}

void Descent::multiply(std::span<const double> v, std::span<double> out, math::Form form) {
  ++counts.products;
  f.curvature().multiply(v, out, form);
}

Descent::Inner Descent::solve_inner(std::span<const char> mask, double radius, math::Form form,
                                    double (*wanted_residual)(double)) {
  Inner inner;
  for (std::size_t i = 0; i < n; ++i) residual_[i] = mask[i] ? rhs_[i] : 0.0;
  solver_.solve(residual_, preconditioned_);
  double rz = dot(residual_, preconditioned_);
  if (!(rz > 0.0)) return inner;
  const bool preconditioner_is_hessian = exact_factor_ || form == math::Form::semidefinite;
  if (preconditioner_is_hessian) {
    // In the metric of H itself the constrained minimiser lies on the Newton direction.
    const double norm = std::sqrt(rz);
    const double fraction = norm > radius ? radius / norm : 1.0;
    for (std::size_t i = 0; i < n; ++i) step_[i] += mask[i] ? fraction * preconditioned_[i] : 0.0;
    inner.norm = norm * fraction;
    inner.truncated = fraction < 1.0;
    inner.is_exact = true;
    return inner;
  }
  const double start_norm = std::sqrt(rz);
  const double tolerance = wanted_residual(start_norm);
  direction_ = preconditioned_;
  double p_norm2 = 0.0, p_dot_d = 0.0, d_norm2 = rz;
  const int max_products = static_cast<int>(std::min<std::size_t>(2 * n + 10, 300));
  for (int k = 0; k < max_products; ++k) {
    multiply(direction_, product_, math::Form::exact);
    for (std::size_t i = 0; i < n; ++i) {
      if (!mask[i]) product_[i] = 0.0;
    }
    const double curvature = dot(direction_, product_);
    const double alpha = curvature > 0.0 ? rz / curvature : infinity;
    const double next_norm2 = p_norm2 + 2.0 * alpha * p_dot_d + alpha * alpha * d_norm2;
    if (!(curvature > 1e-14 * d_norm2) || next_norm2 >= radius * radius) {
      // To the boundary of the trust region; without one (first step), the length of the preconditioned step.
      const double r = std::isfinite(radius) ? radius : std::max(std::sqrt(p_norm2), start_norm);
      const double tau =
          (-p_dot_d + std::sqrt(std::max(0.0, p_dot_d * p_dot_d + d_norm2 * (r * r - p_norm2)))) / d_norm2;
      for (std::size_t i = 0; i < n; ++i) step_[i] += tau * direction_[i];
      inner.norm = r;
      inner.truncated = true;
      return inner;
    }
    for (std::size_t i = 0; i < n; ++i) {
      step_[i] += alpha * direction_[i];
      residual_[i] -= alpha * product_[i];
    }
    p_norm2 = next_norm2;
    solver_.solve(residual_, preconditioned_);
    const double rz_next = dot(residual_, preconditioned_);
    if (!(rz_next > 0.0) || std::sqrt(rz_next) <= tolerance) break;
    const double beta = rz_next / rz;
    p_dot_d = beta * (p_dot_d + alpha * d_norm2);
    d_norm2 = rz_next + beta * beta * d_norm2;
    for (std::size_t i = 0; i < n; ++i) direction_[i] = preconditioned_[i] + beta * direction_[i];
    rz = rz_next;
  }
  inner.norm = std::sqrt(p_norm2);
  return inner;
}

double Descent::model_at_step(math::Form form) {
  multiply(step_, hessian_step_, form);
  return dot(gradient_, step_) + 0.5 * dot(step_, hessian_step_);
}

Descent::Step Descent::solve_model(double radius, math::Form form, double (*wanted_residual)(double)) {
  Step result;
  result.edm = std::numeric_limits<double>::quiet_NaN();
  inner_free_ = free;
  std::fill(step_.begin(), step_.end(), 0.0);
  std::fill(hessian_step_.begin(), hessian_step_.end(), 0.0);
  const bool semidefinite = form == math::Form::semidefinite;
  double model = 0.0;
  constexpr int max_passes = 60;       // each holds at least one more parameter; real models need a handful
  constexpr double sufficient = 0.01;  // share of the linear decrease that a projected step must reach
  for (int pass = 0; pass < max_passes; ++pass) {
    factorise(inner_free_, semidefinite);
    for (std::size_t i = 0; i < n; ++i) rhs_[i] = -gradient_[i] - hessian_step_[i];
    base_step_ = step_;
    std::fill(step_.begin(), step_.end(), 0.0);
    const Inner inner = solve_inner(inner_free_, radius, form, wanted_residual);
    pass_direction_ = step_;
    result.norm = std::max(result.norm, inner.norm);
    result.truncated = inner.truncated;
    if (pass == 0 && !inner.truncated) {
      // -g.p/2 is the decrease of the model at its minimum.
      result.edm = -0.5 * dot(gradient_, step_);
    }
    // First bound along the direction: up to there the model only decreases.
    double first_break = infinity;
    for (std::size_t i = 0; i < n; ++i) {
      if (!inner_free_[i] || pass_direction_[i] == 0.0) continue;
      const double room = (pass_direction_[i] > 0.0 ? cell_upper_[i] : step_lower_[i]) - x[i] - base_step_[i];
      first_break = std::min(first_break, room / pass_direction_[i]);
    }
    double fraction = 1.0;
    double next;
    if (pass == 0 && first_break > 1.0 && !inner.truncated) {
      // Nothing is in the way: with the residual r = b - H p of the solve, the model is -p.(b + r)/2.
      next = 0.0;
      for (std::size_t i = 0; i < n; ++i) next -= 0.5 * step_[i] * (rhs_[i] + (inner.is_exact ? 0.0 : residual_[i]));
      model = next;
      break;
    }
    for (int search = 0;; ++search) {
      double linear = 0.0;
      for (std::size_t i = 0; i < n; ++i) {
        step_[i] = base_step_[i];
        if (!inner_free_[i] || pass_direction_[i] == 0.0) continue;
        const double lo = step_lower_[i] - x[i], hi = cell_upper_[i] - x[i];
        step_[i] = std::clamp(base_step_[i] + fraction * pass_direction_[i], lo, hi);
        linear -= rhs_[i] * (step_[i] - base_step_[i]);
      }
      next = model_at_step(form);
      if (first_break >= fraction || next <= model + sufficient * linear) break;
      constexpr int max_search = 12;
      fraction = search < max_search ? std::max(0.4 * fraction, std::min(first_break, 1.0)) : first_break;
    }
    model = next;
    bool held = false;
    for (std::size_t i = 0; i < n; ++i) {
      if (!inner_free_[i] || pass_direction_[i] == 0.0) continue;
      const double lo = step_lower_[i] - x[i], hi = cell_upper_[i] - x[i];
      if ((step_[i] <= lo && pass_direction_[i] < 0.0) || (step_[i] >= hi && pass_direction_[i] > 0.0)) {
        inner_free_[i] = 0;
        held = true;
      }
    }
    if (!held) break;
  }
  result.predicted = -model;
  return result;
}

void Descent::set_trial(std::span<const double> from) {
  for (std::size_t i = 0; i < n; ++i) {
    trial[i] = step_[i] == 0.0 ? from[i] : std::clamp(from[i] + step_[i], step_lower_[i], cell_upper_[i]);
    // Exactly on the bound, not a rounding beside it.
    if (step_[i] != 0.0 && step_[i] == step_lower_[i] - from[i]) trial[i] = step_lower_[i];
    if (step_[i] != 0.0 && step_[i] == cell_upper_[i] - from[i]) trial[i] = cell_upper_[i];
  }
}

Descent::Outcome Descent::descend(const Relaxation& relaxation, math::Form form, int max_iterations,
                                  double first_radius) {
  Outcome outcome;
  final_certificate.reset();
  if (evaluate_at_x(relaxation) != EvaluationStatus::ok) {
    outcome.status = MinimumStatus::infeasible;
    outcome.reason = "the start is outside of the model's domain: " + f.explain();
    return outcome;
  }
  double radius = first_radius;
  constexpr int max_stalls = 3;
  int stalls = 0;
  for (; outcome.iterations < max_iterations; ++outcome.iterations) {
    if (should_stop()) {
      outcome.status = MinimumStatus::interrupted;
      outcome.reason = "interrupted by the caller";
      return outcome;
    }
    if (!set_free(relaxation)) {
      outcome.reason = "the model could not be evaluated at a kink: " + f.explain();
      return outcome;
    }
    if (outcome.iterations == 0) set_units();
    std::uint32_t worst = 0;
    double size = scaled_gradient(&worst);
    if (outcome.iterations > 0 && size <= 10.0 * target_gradient) {
      // Units of unconstrained parameters drift with the point; they matter where the claim is made.
      set_units();
      size = scaled_gradient(&worst);
    }
    const Step s = solve_model(radius, form, size <= target_gradient ? check_residual : step_residual);
    const double noise = value_noise * (std::fabs(value) + 1.0);
    const bool is_at_end_of_digits = stalls > max_stalls;
    const double enough_gradient = is_at_end_of_digits ? max_projected_gradient : target_gradient;
    const double enough_edm = is_at_end_of_digits ? max_edm : target_edm;
    if (size <= enough_gradient && (s.edm <= enough_edm || s.predicted <= enough_edm)) {
      outcome.status = MinimumStatus::converged;
      // What has just been computed is the certificate, unless the model was cut short.
      if (form == math::Form::exact && s.edm <= max_edm && size <= max_projected_gradient) {
        final_certificate = Certificate{size, worst, std::max(0.0, s.edm), false};
      }
      return outcome;
    }
    if (is_at_end_of_digits) {
      outcome.reason = "the value stopped changing before the gradient vanished";
      return outcome;
    }
    if (!(s.predicted > 0.0)) {
      outcome.reason = "no descent is left in the quadratic model";
      if (form == math::Form::exact) return outcome;
      outcome.status = size <= max_projected_gradient ? MinimumStatus::converged : MinimumStatus::not_converged;
      return outcome;
    }
    const double before = value;
    best_x_ = x;
    Evaluation e;
    double fraction = 1.0;
    // Outside of the domain nothing is known but the direction: come back along it.
    constexpr int max_halvings = 40;
    for (int k = 0; k < max_halvings; ++k) {
      set_trial(best_x_);
      x = trial;
      ++counts.evaluations;
      ++counts.gradients;
      way_since_factor_ += s.norm;
      factor_is_usable_ =
          factor_is_usable_ && form == math::Form::exact && !solver_.prefers_dense() && way_since_factor_ <= short_way;
      e = f.evaluate(x, Derivatives::curvature, relaxation);
      if (e.status == EvaluationStatus::ok) break;
      fraction *= 0.5;
      for (double& p : step_) p *= 0.5;
    }
    if (e.status != EvaluationStatus::ok) {
      x = best_x_;
      outcome.reason = "every step leaves the model's domain: " + f.explain();
      evaluate_at_x(relaxation);
      return outcome;
    }
    double predicted = s.predicted;
    if (fraction < 1.0) predicted = fraction * s.predicted;  // a lower bound for a convex model; only steers the radius
    const double actual = before - e.value;
    const double ratio = predicted > 4 * noise ? actual / predicted : 1.0;
    if (ratio < accept_ratio) {
      x = best_x_;
      if (evaluate_at_x(relaxation) != EvaluationStatus::ok) return outcome;
      radius = shrink * std::min(radius, fraction * s.norm);
      if (!(radius > 1e-15)) {
        outcome.reason = "the trust region collapsed";
        return outcome;
      }
      continue;
    }
    value = e.value;
    std::copy(f.gradient().begin(), f.gradient().end(), gradient_.begin());
    // At the end of the digits every one that a step can gain counts; soon what the certificate asks for is enough.
    if (predicted <= 4 * noise) {
      factor_is_usable_ = false;
      ++stalls;
    }
    if (ratio < poor_ratio) {
      radius = 0.5 * fraction * s.norm;
    } else if (fraction < 1.0) {
      radius = fraction * s.norm;
    } else if (ratio > good_ratio && s.truncated) {
      radius = grow * s.norm;
    } else if (ratio > good_ratio) {
      radius = std::max(radius, grow * s.norm);
    }
  }
  outcome.reason = "the iteration limit of " + std::to_string(max_iterations) + " was reached";
  return outcome;
}

Descent::Outcome Descent::descend_constrained(Relaxation relaxation, math::Form form, double first_radius) {
  f.reset_multipliers();
  Outcome total;
  double last_violation = infinity;
  for (int update = 0; update < max_multiplier_updates; ++update) {
    Outcome o = descend(relaxation, form, options.max_iterations, first_radius);
    total.iterations += o.iterations;
    total.status = o.status;
    total.reason = o.reason;
    if (o.status != MinimumStatus::converged) return total;
    const double violation = f.update_multipliers(relaxation.penalty);
    if (violation <= constraint_tolerance) return total;
    if (violation > 0.25 * last_violation) relaxation.penalty *= 10.0;
    last_violation = violation;
  }
  // The multipliers of a constraint that cannot be met grow without end, and with them their part of the value.
  f.reset_multipliers();
  evaluate_at_x(plain);
  total.status = MinimumStatus::not_converged;
  total.reason = "the constraint on the rates did not settle: " + f.explain();
  return total;
}

Certificate Descent::certificate_here() {
  Certificate c;
  set_units();
  c.projected_gradient = scaled_gradient(&c.worst_parameter);
  // The distance within the bounds: what the bounded quadratic model still promises.
  step_lower_ = cell_lower_;
  Step s = solve_model(infinity, math::Form::exact, step_residual);
  if (s.truncated || !(s.predicted >= 0.0)) {
    c.semidefinite_curvature = true;
    s = solve_model(infinity, math::Form::semidefinite, step_residual);
  }
  c.edm = s.predicted;
  return c;
}

bool Descent::solve_here(std::span<const double> b, std::span<double> p) {
  factorise(free, false);
  for (std::size_t i = 0; i < n; ++i) rhs_[i] = free[i] ? b[i] : 0.0;
  std::fill(step_.begin(), step_.end(), 0.0);
  const Inner inner =
      solve_inner(free, infinity, math::Form::exact, [](double length) { return prediction_precision * length; });
  std::copy(step_.begin(), step_.end(), p.begin());
  return !inner.truncated;
}

void Descent::solve_for_column(std::uint32_t i, std::span<double> column) {
  std::fill(rhs_.begin(), rhs_.end(), 0.0);
  rhs_[i] = 1.0;
  solver_.solve(rhs_, column);
}

}  // namespace relume::minimize
