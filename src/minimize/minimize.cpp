// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Trust-region Newton for bounds: Conn, Gould, Toint, "Trust-Region Methods" (2000), chapters 7 and 12; truncated
// conjugate gradients: Steihaug, SIAM J. Numer. Anal. 20 (1983) 626; augmented Lagrangian: Nocedal, Wright, "Numerical
// Optimization", ch. 17.
#include "relume/minimize/minimize.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "math/curvature_solver.hpp"

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

constexpr double infinity = std::numeric_limits<double>::infinity();

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
/// Length of the first step in the metric of the curvature, that is in standard deviations: longer first steps save
/// nothing on real models, and land in the basins of other minima more often.
constexpr double usual_first_radius = 3.0;
/// First radii of the searches for a lower minimum, when parameters pulled to their bounds say that the likelihood is
/// far from parabolic: on published models whose background-only fit is absurd, each of these wins somewhere.
constexpr double exploring_radii[] = {0.3, 30.0, infinity};
/// Another minimum counts when it is lower by more than the certificate can blur.
constexpr double lower_minimum = 1e-8;

/// Rounding of a gradient, relative to the sum of the sizes of its rates' slopes: the rates carry a few units in the
/// last place, and the terms of the value have slopes of order one in them.
constexpr double rounding_share = 4 * std::numeric_limits<double>::epsilon();
/// Rounding of a sum of a few hundred terms, relative to its size: a predicted decrease below this cannot be seen in
/// the value.
constexpr double value_noise = 1e-14;

/// Stiffness of constraint penalties in units of the constraint's own scale; multipliers then converge by 1e-2 to 1e-4
/// per update.
constexpr double constraint_penalty = 1e4;
/// A rate may be this share of its scale below zero in the reported point: below all rounding of the value.
constexpr double constraint_tolerance = 1e-10;
constexpr int max_multiplier_updates = 25;

/// Where guarded rates are continued while a feasible start is searched.
constexpr double search_floor = 1e-2;

/// Relative precision of the linear solves, as residual in the metric of the preconditioner: two digits for a
/// prediction; three for the last steps and the certificate, whose distance then has six (and still one where the
/// Hessian is 1e5 times softer than its preconditioner).
constexpr double prediction_precision = 1e-2, step_precision = 1e-3;

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

struct Minimizer::Impl {
  explicit Impl(Objective& objective) : f(objective), solver(objective.layout()), n(objective.size()) {
    for (auto* v : {&x,        &best_x,    &trial,          &gradient,   &step,       &hessian_step,   &rhs,
                    &residual, &direction, &preconditioned, &product,    &base_step,  &pass_direction, &units,
                    &lower,    &upper,     &cell_lower,     &cell_upper, &step_lower, &diagonal,       &slopes}) {
      v->assign(n, 0.0);
    }
    free.assign(n, 1);
    inner_free.assign(n, 1);
    kink_held.assign(n, 0);
    for (const double unit : f.units()) has_no_unit.push_back(!(unit > 0.0));
  }

  Objective& f;
  math::CurvatureSolver solver;
  std::size_t n;
  std::vector<double> x, best_x, trial, gradient, step, hessian_step, rhs, residual, direction, preconditioned, product,
      base_step, pass_direction;
  std::vector<double> units, lower, upper, cell_lower, cell_upper, step_lower, diagonal, slopes;
  std::vector<char> free, inner_free, kink_held, has_no_unit;

  Options options;
  Counts counts;
  double value = 0.0;
  bool exact_factor = false;
  bool factor_is_current = false, factor_is_semidefinite = false;  ///< of the curvature at x, for these parameters:
  std::vector<char> factor_mask;
  std::optional<Certificate> final_certificate;  ///< of the last descent, where its own last check was the certificate

  bool is_fixed(std::size_t i) const { return !options.fixed.empty() && options.fixed[i] != 0; }
  bool should_stop() const { return options.stop != nullptr && options.stop->load(std::memory_order_relaxed); }

  void prepare(const Options& o) {
    options = o;
    counts = {};
    const auto lo = o.lower.empty() ? f.lower() : o.lower;
    const auto hi = o.upper.empty() ? f.upper() : o.upper;
    std::copy(lo.begin(), lo.end(), lower.begin());
    std::copy(hi.begin(), hi.end(), upper.begin());
  }

  EvaluationStatus evaluate_at_x(const Relaxation& relaxation) {
    ++counts.evaluations;
    ++counts.gradients;
    factor_is_current = false;
    const Evaluation e = f.evaluate(x, Derivatives::curvature, relaxation);
    value = e.value;
    if (e.status == EvaluationStatus::ok) std::copy(f.gradient().begin(), f.gradient().end(), gradient.begin());
    return e.status;
  }

  /// Units of the certificate: pre-fit sigma, or 1/sqrt(Fisher) where there is none.
  void set_units() {
    f.curvature().diagonal(diagonal, math::Form::semidefinite, has_no_unit);
    for (std::size_t i = 0; i < n; ++i) {
      units[i] = has_no_unit[i] == 0 ? f.units()[i] : diagonal[i] > 0.0 ? 1.0 / std::sqrt(diagonal[i]) : 0.0;
    }
  }

  /// Decides which parameters may move, and between which bounds: a bound or kink that the gradient pushes against
  /// holds. Re-evaluates on the other side of each kink that x sits on. Returns false when that evaluation failed.
  bool set_free(const Relaxation& relaxation) {
    std::copy(lower.begin(), lower.end(), cell_lower.begin());
    std::copy(upper.begin(), upper.end(), cell_upper.begin());
    std::fill(kink_held.begin(), kink_held.end(), 0);
    bool at_kink = false;
    for (const std::uint32_t i : f.kinks()) {
      if (is_fixed(i)) continue;
      if (x[i] == 0.0) {
        at_kink = true;
      } else if (x[i] > 0.0) {
        cell_lower[i] = std::max(cell_lower[i], 0.0);
      } else {
        cell_upper[i] = std::min(cell_upper[i], 0.0);
      }
    }
    if (at_kink) {
      // Both one-sided gradients: the rates are the same on both sides, so the derivatives separate per parameter.
      for (const std::uint32_t i : f.kinks()) {
        if (x[i] == 0.0) x[i] = -0.0;
      }
      if (evaluate_at_x(relaxation) != EvaluationStatus::ok) return false;
      std::vector<double> left(gradient);
      for (const std::uint32_t i : f.kinks()) {
        if (x[i] == 0.0) x[i] = 0.0;
      }
      if (evaluate_at_x(relaxation) != EvaluationStatus::ok) return false;
      bool any_left = false;
      for (const std::uint32_t i : f.kinks()) {
        if (x[i] != 0.0 || is_fixed(i)) continue;
        const double right_descent = -gradient[i], left_descent = left[i];
        if (right_descent <= 0.0 && left_descent <= 0.0) {
          kink_held[i] = 1;
        } else if (left_descent > right_descent) {
          x[i] = -0.0;
          cell_upper[i] = std::min(cell_upper[i], 0.0);
          any_left = true;
        } else {
          cell_lower[i] = std::max(cell_lower[i], 0.0);
        }
      }
      if (any_left && evaluate_at_x(relaxation) != EvaluationStatus::ok) return false;
    }
    const std::span<const char> singular = f.singular_at_zero();
    for (std::size_t i = 0; i < n; ++i) {
      const bool held_low = x[i] <= cell_lower[i] && gradient[i] >= 0.0;
      const bool held_high = x[i] >= cell_upper[i] && gradient[i] <= 0.0;
      // Next to a singularity of the value the quadratic model is worth little: come at most this much closer per step.
      constexpr double closest_share = 0.2;
      const bool guarded = !singular.empty() && singular[i];
      step_lower[i] = guarded ? std::max(cell_lower[i], closest_share * x[i]) : cell_lower[i];
      free[i] = !(is_fixed(i) || kink_held[i] || held_low || held_high || lower[i] >= upper[i]);
    }
    return true;
  }

  double scaled_gradient(std::uint32_t* worst = nullptr) {
    const double size = scaled_gradient_as_rounded(worst, {});
    // Counts of 1e10 and more round the gradient itself above the limit: what rounding can make counts as the limit. A
    // gradient above 1e-2 is no rounding.
    constexpr double real = 1e-2;
    if (size <= target_gradient || size > real) return size;
    f.curvature().absolute_slopes(slopes);
    return scaled_gradient_as_rounded(worst, slopes);
  }

  double scaled_gradient_as_rounded(std::uint32_t* worst, std::span<const double> slope) const {
    double largest = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      if (!free[i]) continue;
      // A step into the nearest bound is all that a free parameter close to it can do: the gradient counts over that
      // distance when it is shorter than sigma.
      const double room = gradient[i] > 0.0 ? x[i] - cell_lower[i] : cell_upper[i] - x[i];
      double size = std::fabs(gradient[i]) * std::min(units[i], room);
      if (!slope.empty()) size /= std::max(1.0, rounding_share * slope[i] * units[i] / max_projected_gradient);
      if (size > largest || std::isnan(size)) {
        largest = size;
        if (worst != nullptr) *worst = static_cast<std::uint32_t>(i);
        if (std::isnan(size)) return infinity;
      }
    }
    return largest;
  }

  void factorise(std::span<const char> mask, bool semidefinite_only) {
    if (factor_is_current && factor_is_semidefinite == semidefinite_only &&
        std::equal(mask.begin(), mask.end(), factor_mask.begin()))
      return;
    factor_is_current = true;
    factor_is_semidefinite = semidefinite_only;
    factor_mask.assign(mask.begin(), mask.end());
    ++counts.factorisations;
    exact_factor = !semidefinite_only && solver.prefers_dense() &&
                   solver.factorise(f.curvature(), mask, math::Form::exact) == math::Factorisation::positive_definite;
    if (!exact_factor) {
      solver.factorise(f.curvature(), mask, semidefinite_only ? math::Form::semidefinite : math::Form::preconditioner);
    }
  }

  void multiply(std::span<const double> v, std::span<double> out, math::Form form) {
    ++counts.products;
    f.curvature().multiply(v, out, form);
  }

  struct Inner {
    double norm = 0.0;       ///< of the step, in the preconditioner's metric
    bool truncated = false;  ///< ended at the trust radius or in a direction of negative curvature
    bool is_exact = false;   ///< solved directly: no residual
  };

  /// Approximately minimises -b.p + 1/2 p H p over the masked parameters with |p| <= radius. b: rhs. Adds p to `step`.
  Inner solve_inner(std::span<const char> mask, double radius, math::Form form, double precision = step_precision) {
    Inner inner;
    for (std::size_t i = 0; i < n; ++i) residual[i] = mask[i] ? rhs[i] : 0.0;
    solver.solve(residual, preconditioned);
    double rz = dot(residual, preconditioned);
    if (!(rz > 0.0)) return inner;
    const bool preconditioner_is_hessian = exact_factor || form == math::Form::semidefinite;
    if (preconditioner_is_hessian) {
      // In the metric of H itself the constrained minimiser lies on the Newton direction.
      const double norm = std::sqrt(rz);
      const double fraction = norm > radius ? radius / norm : 1.0;
      for (std::size_t i = 0; i < n; ++i) step[i] += mask[i] ? fraction * preconditioned[i] : 0.0;
      inner.norm = norm * fraction;
      inner.truncated = fraction < 1.0;
      inner.is_exact = true;
      return inner;
    }
    const double start_norm = std::sqrt(rz);
    // Superlinear forcing term (Dembo, Eisenstat, Steihaug 1982); `precision` is where it ends.
    const double tolerance = std::max(std::min(0.1, start_norm), precision) * start_norm;
    direction = preconditioned;
    double p_norm2 = 0.0, p_dot_d = 0.0, d_norm2 = rz;
    const int max_products = static_cast<int>(std::min<std::size_t>(2 * n + 10, 300));
    for (int k = 0; k < max_products; ++k) {
      multiply(direction, product, math::Form::exact);
      for (std::size_t i = 0; i < n; ++i) {
        if (!mask[i]) product[i] = 0.0;
      }
      const double curvature = dot(direction, product);
      const double alpha = curvature > 0.0 ? rz / curvature : infinity;
      const double next_norm2 = p_norm2 + 2.0 * alpha * p_dot_d + alpha * alpha * d_norm2;
      if (!(curvature > 1e-14 * d_norm2) || next_norm2 >= radius * radius) {
        // To the boundary of the trust region; without one (first step), the length of the preconditioned step.
        const double r = std::isfinite(radius) ? radius : std::max(std::sqrt(p_norm2), start_norm);
        const double tau =
            (-p_dot_d + std::sqrt(std::max(0.0, p_dot_d * p_dot_d + d_norm2 * (r * r - p_norm2)))) / d_norm2;
        for (std::size_t i = 0; i < n; ++i) step[i] += tau * direction[i];
        inner.norm = r;
        inner.truncated = true;
        return inner;
      }
      for (std::size_t i = 0; i < n; ++i) {
        step[i] += alpha * direction[i];
        residual[i] -= alpha * product[i];
      }
      p_norm2 = next_norm2;
      solver.solve(residual, preconditioned);
      const double rz_next = dot(residual, preconditioned);
      if (!(rz_next > 0.0) || std::sqrt(rz_next) <= tolerance) break;
      const double beta = rz_next / rz;
      p_dot_d = beta * (p_dot_d + alpha * d_norm2);
      d_norm2 = rz_next + beta * beta * d_norm2;
      for (std::size_t i = 0; i < n; ++i) direction[i] = preconditioned[i] + beta * direction[i];
      rz = rz_next;
    }
    inner.norm = std::sqrt(p_norm2);
    return inner;
  }

  struct Step {
    double predicted = 0.0;  ///< decrease of the quadratic model
    double norm = 0.0;
    double edm = 0.0;  ///< decrease of the model without bounds on the step (first pass), NaN when truncated
    bool truncated = false;
  };

  /// Quadratic model at `step`, leaving H step in hessian_step.
  double model_at_step(math::Form form) {
    multiply(step, hessian_step, form);
    return dot(gradient, step) + 0.5 * dot(step, hessian_step);
  }

  /// Bounded quadratic model, by passes: minimise on the free parameters, search along the projected direction, hold
  /// what came to lie on a bound, repeat (Lin, More, "Newton's method for large bound-constrained problems", SIAM J.
  /// Optim. 9 (1999) 1100).
  Step solve_model(double radius, math::Form form) {
    Step result;
    result.edm = std::numeric_limits<double>::quiet_NaN();
    inner_free = free;
    std::fill(step.begin(), step.end(), 0.0);
    std::fill(hessian_step.begin(), hessian_step.end(), 0.0);
    const bool semidefinite = form == math::Form::semidefinite;
    double model = 0.0;
    constexpr int max_passes = 60;       // each holds at least one more parameter; real models need a handful
    constexpr double sufficient = 0.01;  // share of the linear decrease that a projected step must reach
    for (int pass = 0; pass < max_passes; ++pass) {
      factorise(inner_free, semidefinite);
      for (std::size_t i = 0; i < n; ++i) rhs[i] = -gradient[i] - hessian_step[i];
      base_step = step;
      std::fill(step.begin(), step.end(), 0.0);
      const Inner inner = solve_inner(inner_free, radius, form);
      pass_direction = step;
      result.norm = std::max(result.norm, inner.norm);
      result.truncated = inner.truncated;
      if (pass == 0 && !inner.truncated) {
        // -g.p/2 is the decrease of the model at its minimum.
        result.edm = -0.5 * dot(gradient, step);
      }
      // First bound along the direction: up to there the model only decreases.
      double first_break = infinity;
      for (std::size_t i = 0; i < n; ++i) {
        if (!inner_free[i] || pass_direction[i] == 0.0) continue;
        const double room = (pass_direction[i] > 0.0 ? cell_upper[i] : step_lower[i]) - x[i] - base_step[i];
        first_break = std::min(first_break, room / pass_direction[i]);
      }
      double fraction = 1.0;
      double next;
      if (pass == 0 && first_break > 1.0 && !inner.truncated) {
        // Nothing is in the way: with the residual r = b - H p of the solve, the model is -p.(b + r)/2.
        next = 0.0;
        for (std::size_t i = 0; i < n; ++i) next -= 0.5 * step[i] * (rhs[i] + (inner.is_exact ? 0.0 : residual[i]));
        model = next;
        break;
      }
      for (int search = 0;; ++search) {
        double linear = 0.0;
        for (std::size_t i = 0; i < n; ++i) {
          step[i] = base_step[i];
          if (!inner_free[i] || pass_direction[i] == 0.0) continue;
          const double lo = step_lower[i] - x[i], hi = cell_upper[i] - x[i];
          step[i] = std::clamp(base_step[i] + fraction * pass_direction[i], lo, hi);
          linear -= rhs[i] * (step[i] - base_step[i]);
        }
        next = model_at_step(form);
        if (first_break >= fraction || next <= model + sufficient * linear) break;
        constexpr int max_search = 12;
        fraction = search < max_search ? std::max(0.4 * fraction, std::min(first_break, 1.0)) : first_break;
      }
      model = next;
      bool held = false;
      for (std::size_t i = 0; i < n; ++i) {
        if (!inner_free[i] || pass_direction[i] == 0.0) continue;
        const double lo = step_lower[i] - x[i], hi = cell_upper[i] - x[i];
        if ((step[i] <= lo && pass_direction[i] < 0.0) || (step[i] >= hi && pass_direction[i] > 0.0)) {
          inner_free[i] = 0;
          held = true;
        }
      }
      if (!held) break;
    }
    result.predicted = -model;
    return result;
  }

  void set_trial(std::span<const double> from) {
    for (std::size_t i = 0; i < n; ++i) {
      trial[i] = step[i] == 0.0 ? from[i] : std::clamp(from[i] + step[i], step_lower[i], cell_upper[i]);
      // Exactly on the bound, not a rounding beside it.
      if (step[i] != 0.0 && step[i] == step_lower[i] - from[i]) trial[i] = step_lower[i];
      if (step[i] != 0.0 && step[i] == cell_upper[i] - from[i]) trial[i] = cell_upper[i];
    }
  }

  struct Outcome {
    MinimumStatus status = MinimumStatus::not_converged;
    std::string reason;
    int iterations = 0;
  };

  /// One trust-region descent from x.
  Outcome descend(const Relaxation& relaxation, math::Form form, int max_iterations, double first_radius) {
    Outcome outcome;
    final_certificate.reset();
    if (evaluate_at_x(relaxation) != EvaluationStatus::ok) {
      outcome.status = MinimumStatus::infeasible;
      outcome.reason = "the start is outside of the model's domain: " + f.explain();
      return outcome;
    }
    double radius = first_radius;
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
      const Step s = solve_model(radius, form);
      const double noise = value_noise * (std::fabs(value) + 1.0);
      if (size <= target_gradient && (s.edm <= target_edm || s.predicted <= target_edm)) {
        outcome.status = MinimumStatus::converged;
        // What has just been computed is the certificate, unless the model was cut short.
        if (form == math::Form::exact && s.edm <= max_edm && size <= max_projected_gradient) {
          final_certificate = Certificate{size, worst, std::max(0.0, s.edm), false};
        }
        return outcome;
      }
      if (!(s.predicted > 0.0)) {
        outcome.reason = "no descent is left in the quadratic model";
        if (form == math::Form::exact) return outcome;
        outcome.status = size <= max_projected_gradient ? MinimumStatus::converged : MinimumStatus::not_converged;
        return outcome;
      }
      const double before = value;
      best_x = x;
      Evaluation e;
      double fraction = 1.0;
      // Outside of the domain nothing is known but the direction: come back along it.
      constexpr int max_halvings = 40;
      for (int k = 0; k < max_halvings; ++k) {
        set_trial(best_x);
        x = trial;
        ++counts.evaluations;
        ++counts.gradients;
        factor_is_current = false;
        e = f.evaluate(x, Derivatives::curvature, relaxation);
        if (e.status == EvaluationStatus::ok) break;
        fraction *= 0.5;
        for (double& p : step) p *= 0.5;
      }
      if (e.status != EvaluationStatus::ok) {
        x = best_x;
        outcome.reason = "every step leaves the model's domain: " + f.explain();
        evaluate_at_x(relaxation);
        return outcome;
      }
      double predicted = s.predicted;
      if (fraction < 1.0)
        predicted = fraction * s.predicted;  // a lower bound for a convex model; only steers the radius
      const double actual = before - e.value;
      const double ratio = predicted > 4 * noise ? actual / predicted : 1.0;
      if (ratio < accept_ratio) {
        x = best_x;
        if (evaluate_at_x(relaxation) != EvaluationStatus::ok) return outcome;
        radius = shrink * std::min(radius, fraction * s.norm);
        if (!(radius > 1e-15)) {
          outcome.reason = "the trust region collapsed";
          return outcome;
        }
        continue;
      }
      value = e.value;
      std::copy(f.gradient().begin(), f.gradient().end(), gradient.begin());
      // At the end of the digits: what the certificate asks for is enough.
      constexpr int max_stalls = 3;
      if (predicted <= 4 * noise && ++stalls > max_stalls) {
        if (size <= max_projected_gradient && s.predicted <= max_edm) outcome.status = MinimumStatus::converged;
        outcome.reason = "the value stopped changing before the gradient vanished";
        return outcome;
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

  /// descend, with multiplier updates while one of the objective's constraints is violated.
  Outcome descend_constrained(Relaxation relaxation, math::Form form, double first_radius) {
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
    total.status = MinimumStatus::not_converged;
    total.reason = "the constraint on the rates did not settle: " + f.explain();
    return total;
  }

  /// A parameter with a natural unit (a constrained one) that is pulled to one of its bounds, far from where it began.
  bool pulled_to_bound(std::size_t i, double at, double from) const {
    constexpr double far = 3.0;  // sigma: nearer bounds (a gamma whose auxiliary count is 0) are no sign of trouble
    return !is_fixed(i) && lower[i] < upper[i] && f.units()[i] > 0.0 && (at <= lower[i] || at >= upper[i]) &&
           std::fabs(at - from) > far * f.units()[i];
  }
  bool constrained_at_bound(std::span<const double> point, std::span<const double> from) const {
    for (std::size_t i = 0; i < n; ++i) {
      if (pulled_to_bound(i, point[i], from[i])) return true;
    }
    return false;
  }

  /// Moves parameters at a bound, one at a time, to `from` or to the opposite bound where that lowers the value. The
  /// result is left in `trial`; false: nothing helped.
  bool flip(const std::vector<double>& point, const std::vector<double>& from, const Relaxation& relaxation) {
    trial = point;
    ++counts.evaluations;
    double lowest = f.evaluate(trial, Derivatives::none, relaxation).value;
    bool changed = false;
    for (std::size_t i = 0; i < n; ++i) {
      if (!pulled_to_bound(i, point[i], from[i])) continue;
      const double opposite = point[i] <= lower[i] ? upper[i] : lower[i];
      for (const double candidate : {from[i], opposite}) {
        const double before = trial[i];
        trial[i] = candidate;
        ++counts.evaluations;
        const Evaluation e = f.evaluate(trial, Derivatives::none, relaxation);
        if (e.status == EvaluationStatus::ok && e.value < lowest - lower_minimum) {
          lowest = e.value;
          changed = true;
        } else {
          trial[i] = before;
        }
      }
    }
    return changed;
  }

  /// Two-sided parameters with a lower minimum on their other side, perhaps: those that stand far enough from zero at
  /// x, and those whose exact diagonal of the Hessian is at least half as negative as their constraint is positive. It
  /// is about as negative where the one-sided part of the effect alone makes the distance from zero, and more than that
  /// on the top between the two sides.
  std::vector<std::uint32_t> other_sides() const {
    constexpr double large = 0.3, share = 0.5;  // sigma; of the constraint
    const math::Curvature& curvature = f.curvature();
    std::vector<std::uint32_t> result;
    for (const std::uint32_t i : f.two_sided()) {
      if (is_fixed(i)) continue;
      if (std::fabs(x[i]) >= large || curvature.exact_diagonal[i] <= -share * curvature.constraint[i])
        result.push_back(i);
    }
    return result;
  }

  /// Takes parameter i to the other side of zero and the others along its profile, both from the minimum `point` as the
  /// last factorisation sees it, and leaves that in `trial`. Were the profile the parabola that it is at the minimum,
  /// the slope there would be the distance over the variance. Where it is less than a third of that, or the value lower
  /// than `lowest`, a descent has to tell; where it is neither that nor the parabola's, half as far out is asked, too.
  /// From next to zero both sides are asked.
  bool bends_away(const std::vector<double>& point, std::uint32_t i, double lowest, const Relaxation& relaxation) {
    constexpr double bent = 1.0 / 3.0, straight = 0.2, next_to_zero = 0.05, aside = 0.5;
    std::fill(rhs.begin(), rhs.end(), 0.0);
    rhs[i] = 1.0;
    solver.solve(rhs, preconditioned);
    const double variance = preconditioned[i];
    if (!(variance > 0.0)) return false;
    const bool is_on_top = std::fabs(point[i]) < next_to_zero;
    const double targets[] = {is_on_top ? aside : -point[i], is_on_top ? -aside : -0.5 * point[i]};
    for (const double target : targets) {
      const double distance = point[i] - target;
      if (target < lower[i] || target > upper[i]) continue;
      for (std::size_t k = 0; k < n; ++k) {
        trial[k] =
            is_fixed(k) ? point[k] : std::clamp(point[k] - distance * preconditioned[k] / variance, lower[k], upper[k]);
      }
      trial[i] = target;
      ++counts.evaluations;
      ++counts.gradients;
      const Evaluation e = f.evaluate(trial, Derivatives::gradient, relaxation);
      if (e.status != EvaluationStatus::ok) continue;
      const double slope = -f.gradient()[i] * variance / distance;
      if (slope < bent || e.value < lowest - lower_minimum) return true;
      if (!is_on_top && std::fabs(slope - 1.0) < straight) break;
    }
    return false;
  }

  /// Gradient and EDM at x as the last evaluation left them; set_free has run.
  Certificate certificate_here() {
    Certificate c;
    set_units();
    c.projected_gradient = scaled_gradient(&c.worst_parameter);
    // The distance within the bounds: what the bounded quadratic model still promises.
    step_lower = cell_lower;
    Step s = solve_model(infinity, math::Form::exact);
    if (s.truncated || !(s.predicted >= 0.0)) {
      c.semidefinite_curvature = true;
      s = solve_model(infinity, math::Form::semidefinite);
    }
    c.edm = s.predicted;
    return c;
  }
};

Minimizer::Minimizer(Objective& objective) : impl_(std::make_unique<Impl>(objective)) {}
Minimizer::~Minimizer() = default;

Minimum Minimizer::minimize(std::span<const double> start, const Options& options) {
  Impl& s = *impl_;
  s.prepare(options);
  const auto begin = std::chrono::steady_clock::now();
  Minimum m;
  const Relaxation plain{.penalty = constraint_penalty, .floor = 0.0};
  const Relaxation search{.penalty = constraint_penalty, .floor = search_floor};

  const auto put_start = [&](std::span<const double> from) {
    for (std::size_t i = 0; i < s.n; ++i) {
      s.x[i] = s.is_fixed(i) ? start[i] : std::clamp(from[i], s.lower[i], s.upper[i]);
    }
  };
  std::vector<double> best;
  double best_value = infinity;
  std::string best_reason;  ///< why the descent that found it did not converge
  Impl::Outcome outcome;
  const auto attempt = [&](const char* rung, const Relaxation& relaxation, math::Form form,
                           double first_radius = usual_first_radius) {
    outcome = s.descend_constrained(relaxation, form, first_radius);
    m.attempts.push_back({rung, outcome.status, s.value, outcome.iterations});
    s.counts.iterations += outcome.iterations;
    if (relaxation.floor == 0.0 && outcome.status != MinimumStatus::infeasible && s.value < best_value) {
      best_value = s.value;
      best = s.x;
      best_reason = outcome.reason;
    }
    return outcome.status == MinimumStatus::converged || outcome.status == MinimumStatus::interrupted;
  };
  // Each rung begins where the one before it ended, unless it says otherwise.
  const auto climb = [&] {
    put_start(start);
    if (attempt("start", plain, math::Form::exact)) return;
    if (outcome.status == MinimumStatus::infeasible) {
      attempt("feasibility", search, math::Form::exact);
      if (attempt("from feasible point", plain, math::Form::exact)) return;
    }
    if (outcome.status != MinimumStatus::infeasible) {
      attempt("Fisher steps", plain, math::Form::semidefinite);
      if (attempt("Newton after Fisher", plain, math::Form::exact)) return;
    }
    if (!options.nominal.empty()) {
      put_start(options.nominal);
      attempt("nominal, feasibility", search, math::Form::semidefinite);
      if (attempt("nominal, Newton", plain, math::Form::exact)) return;
    }
    if (!best.empty()) {
      // A last look from the best point, displaced a little so that a saddle is left.
      put_start(best);
      for (std::size_t i = 0; i < s.n; ++i) {
        if (s.is_fixed(i)) continue;
        const double sign = i % 2 == 0 ? 1.0 : -1.0;
        s.x[i] = std::clamp(s.x[i] + 0.1 * sign * s.units[i], s.lower[i], s.upper[i]);
      }
      attempt("displaced", plain, math::Form::exact);
    }
  };
  // The last attempt need not be the best one: end where the best one did, and check that point anew.
  const auto end_at_best = [&] {
    if (outcome.status == MinimumStatus::interrupted) return;
    put_start(best);
    attempt("best of these", plain, math::Form::exact);
  };
  climb();
  const std::vector<double> from(options.nominal.empty() ? start.begin() : options.nominal.begin(),
                                 options.nominal.empty() ? start.end() : options.nominal.end());
  if (options.explore && outcome.status == MinimumStatus::converged && s.constrained_at_bound(best, from)) {
    for (const double radius : exploring_radii) {
      put_start(from);
      if (s.f.evaluate(s.x, Derivatives::none, plain).status != EvaluationStatus::ok) {
        attempt("other start, feasibility", search, math::Form::exact, radius);
      }
      attempt("other start", plain, math::Form::exact, radius);
    }
    // Each parameter at a bound on its own: back to where it began, or over to the other side.
    constexpr int max_rounds = 3;
    for (int round = 0; round < max_rounds && s.flip(best, from, plain); ++round) {
      const double before = best_value;
      put_start(s.trial);
      attempt("flipped", plain, math::Form::exact);
      if (!(best_value < before - lower_minimum)) break;
    }
    end_at_best();
  }
  if (outcome.status == MinimumStatus::converged) {
    const std::vector<std::uint32_t> candidates = s.other_sides();
    for (const std::uint32_t i : candidates) {
      if (outcome.status != MinimumStatus::converged || !s.bends_away(best, i, best_value, plain)) continue;
      put_start(s.trial);
      attempt("other side", plain, math::Form::exact);
      end_at_best();
    }
    // The objective's derivatives are those of the point that is returned, whichever was asked last.
    if (!candidates.empty()) s.f.evaluate(s.x, Derivatives::gradient, plain);
  }

  if (outcome.status != MinimumStatus::converged && !best.empty()) s.x = best;
  m.x = s.x;
  if (best.empty()) {
    m.status = MinimumStatus::infeasible;
    m.value = infinity;
    m.reason = outcome.reason;
  } else {
    // The claim is checked at the point itself, whoever found it.
    const bool at_last_check = outcome.status == MinimumStatus::converged && s.final_certificate;
    if (!at_last_check) {
      if (outcome.status != MinimumStatus::converged) s.evaluate_at_x(plain);
      s.set_free(plain);
    }
    m.x = s.x;
    m.value = s.value;
    m.certificate = at_last_check ? *s.final_certificate : s.certificate_here();
    const bool holds = m.certificate.projected_gradient <= max_projected_gradient && m.certificate.edm <= max_edm;
    if (holds) {
      m.status = MinimumStatus::converged;
      m.reason = "projected gradient and distance to the minimum are within their limits";
    } else if (outcome.status == MinimumStatus::interrupted) {
      m.status = MinimumStatus::interrupted;
      m.reason = outcome.reason;
    } else {
      m.status = MinimumStatus::not_converged;
      m.reason = best_reason;
    }
    m.edge = s.f.explain();
    for (std::uint32_t i = 0; i < s.n; ++i) {
      if (s.is_fixed(i)) continue;
      if (s.kink_held[i]) m.at_kink.push_back(i);
      if (s.lower[i] >= s.upper[i]) continue;
      if (m.x[i] <= s.lower[i]) m.at_lower.push_back(i);
      if (m.x[i] >= s.upper[i]) m.at_upper.push_back(i);
    }
  }
  m.counts = s.counts;
  m.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return m;
}

Certificate Minimizer::certify(std::span<const double> x, const Options& options) {
  Impl& s = *impl_;
  s.prepare(options);
  std::copy(x.begin(), x.end(), s.x.begin());
  const Relaxation plain{.penalty = constraint_penalty, .floor = 0.0};
  if (s.evaluate_at_x(plain) != EvaluationStatus::ok || !s.set_free(plain)) {
    return {.projected_gradient = infinity, .worst_parameter = 0, .edm = infinity, .semidefinite_curvature = false};
  }
  return s.certificate_here();
}

std::span<const char> Minimizer::free() const { return impl_->free; }

bool Minimizer::linearise(std::span<const double> x, const Options& options) {
  Impl& s = *impl_;
  s.prepare(options);
  std::copy(x.begin(), x.end(), s.x.begin());
  const Relaxation plain{.penalty = constraint_penalty, .floor = 0.0};
  return s.evaluate_at_x(plain) == EvaluationStatus::ok && s.set_free(plain);
}

bool Minimizer::solve_linearised(std::span<const double> b, std::span<double> x) {
  Impl& s = *impl_;
  s.factorise(s.free, false);
  for (std::size_t i = 0; i < s.n; ++i) s.rhs[i] = s.free[i] ? b[i] : 0.0;
  std::fill(s.step.begin(), s.step.end(), 0.0);
  const Impl::Inner inner = s.solve_inner(s.free, infinity, math::Form::exact, prediction_precision);
  std::copy(s.step.begin(), s.step.end(), x.begin());
  return !inner.truncated;
}

}  // namespace relume::minimize
