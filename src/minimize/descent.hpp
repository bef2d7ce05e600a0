// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One descent: trust-region Newton within bounds, with its state and work space. What is tried when one descent is not
// enough stands in minimize.cpp and other_minima.cpp.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "math/curvature_solver.hpp"
#include "relume/minimize/minimize.hpp"

namespace relume::minimize {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// Length of the first step in the metric of the curvature, that is in standard deviations: longer first steps save
/// nothing on real models, and land in the basins of other minima more often.
inline constexpr double usual_first_radius = 3.0;

/// Stiffness of constraint penalties in units of the constraint's own scale; multipliers then converge by 1e-2 to 1e-4
/// per update.
inline constexpr double constraint_penalty = 1e4;
/// The likelihood itself, its inequalities kept.
inline constexpr Relaxation plain{.penalty = constraint_penalty, .floor = 0.0};

class Descent {
 public:
  explicit Descent(Objective& objective);

  struct Outcome {
    MinimumStatus status = MinimumStatus::not_converged;
    std::string reason;
    int iterations = 0;
  };

  /// Takes over the options of a minimisation and forgets its counts.
  void prepare(const Options& options);
  /// From x, with multiplier updates while one of the objective's constraints is violated. Ends at x.
  Outcome descend_constrained(Relaxation relaxation, math::Form form, double first_radius);

  EvaluationStatus evaluate_at_x(const Relaxation& relaxation);
  /// Decides which parameters may move, and between which bounds: a bound or kink that the gradient pushes against
  /// holds. Re-evaluates on the other side of each kink that x sits on. Returns false when that evaluation failed.
  bool set_free(const Relaxation& relaxation);
  /// Gradient and EDM at x as the last evaluation left them; set_free has run.
  Certificate certificate_here();
  /// Solves H p = b on the free parameters at x, to two digits. False when H is not positive definite along the way.
  bool solve_here(std::span<const double> b, std::span<double> p);
  /// The column of H^-1 that belongs to parameter i, as the last factorisation sees it. Nothing but the last step of
  /// the descent may have been evaluated since.
  void solve_for_column(std::uint32_t i, std::span<double> column);

  bool is_fixed(std::size_t i) const { return !options.fixed.empty() && options.fixed[i] != 0; }

  Objective& f;
  std::size_t n;
  Options options;
  Counts counts;
  std::vector<double> x, trial;
  double value = 0.0;                       ///< at x
  std::vector<double> units, lower, upper;  ///< of the certificate; the options' bounds, or the objective's
  std::vector<char> free, kink_held;
  std::optional<Certificate> final_certificate;  ///< of the last descent, where its own last check was the certificate

 private:
  struct Inner {
    double norm = 0.0;       ///< of the step, in the preconditioner's metric
    bool truncated = false;  ///< ended at the trust radius or in a direction of negative curvature
    bool is_exact = false;   ///< solved directly: no residual
  };
  struct Step {
    double predicted = 0.0;  ///< decrease of the quadratic model
    double norm = 0.0;
    double edm = 0.0;  ///< decrease of the model without bounds on the step (first pass), NaN when truncated
    bool truncated = false;
  };

  bool should_stop() const { return options.stop != nullptr && options.stop->load(std::memory_order_relaxed); }

  /// One trust-region descent from x.
  Outcome descend(const Relaxation& relaxation, math::Form form, int max_iterations, double first_radius);

  /// Units of the certificate: pre-fit sigma, or 1/sqrt(Fisher) where there is none.
  void set_units();
  /// Largest gradient of a free parameter over its unit, or over the way to its bound where that is shorter.
  double scaled_gradient(std::uint32_t* worst);
  double scaled_gradient_as_rounded(std::uint32_t* worst, std::span<const double> slope) const;

  void factorise(std::span<const char> mask, bool semidefinite_only);
  void multiply(std::span<const double> v, std::span<double> out, math::Form form);
  /// Approximately minimises -b.p + 1/2 p H p over the masked parameters with |p| <= radius. b: rhs. Adds p to `step`.
  /// `wanted_residual` tells from the length of the preconditioned step where to end.
  Inner solve_inner(std::span<const char> mask, double radius, math::Form form, double (*wanted_residual)(double));
  /// Quadratic model at `step`, leaving H step in hessian_step.
  double model_at_step(math::Form form);
  /// Bounded quadratic model, by passes: minimise on the free parameters, search along the projected direction, hold
  /// what came to lie on a bound, repeat (Lin, More, "Newton's method for large bound-constrained problems", SIAM J.
  /// Optim. 9 (1999) 1100).
  Step solve_model(double radius, math::Form form, double (*wanted_residual)(double));
  void set_trial(std::span<const double> from);

  math::CurvatureSolver solver_;
  std::vector<double> best_x_, gradient_, step_, hessian_step_, rhs_, residual_, direction_, preconditioned_, product_,
      base_step_, pass_direction_;
  std::vector<double> cell_lower_, cell_upper_, step_lower_, diagonal_, slopes_;
  std::vector<char> inner_free_, has_no_unit_;
  bool exact_factor_ = false;
  bool factor_is_usable_ = false, factor_is_semidefinite_ = false;  ///< of the curvature at x or next to it, for:
  std::vector<char> factor_mask_;
  double way_since_factor_ = 0.0;  ///< sum of the steps, in standard deviations
};

}  // namespace relume::minimize
