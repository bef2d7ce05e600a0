// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the minimiser sees: a function with bounds, derivatives and structured curvature. No physics.
//
//   struct Rosenbrock final : minimize::Objective { … };
//   minimize::Minimum minimum = minimize::Minimizer(objective).minimize(start);
//
// Thread-safety: an Objective belongs to one thread (it holds the scratch of its evaluations).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "relume/math/curvature.hpp"
#include "relume/math/evaluation.hpp"

namespace relume::minimize {

using math::Derivatives;
using math::Evaluation;
using math::EvaluationStatus;
using math::Relaxation;

/// A term 1/2 (1 + 1/k) ln(1 + k (x - centre)^2 / variance) of one parameter: a parabola near its centre that grows
/// like a logarithm far away (the logarithm of Student's t), so that there may be a minimum near the centre and another
/// far from it.
struct HeavyTail {
  std::uint32_t parameter = 0;
  double centre = 0.0, variance = 1.0, k = 0.0;
};

class Objective {
 public:
  virtual ~Objective() = default;

  virtual std::size_t size() const = 0;
  virtual std::span<const double> lower() const = 0;  ///< -infinity where there is none
  virtual std::span<const double> upper() const = 0;
  /// Natural unit of each parameter (pre-fit sigma), or 0 where there is none: its curvature then sets the unit.
  virtual std::span<const double> units() const = 0;
  /// Parameters whose derivative jumps at zero; the sign bit of a zero selects the side (-0.0: left).
  virtual std::span<const std::uint32_t> kinks() const { return {}; }

  /// Parameters that change the value in the same way on both sides of zero, at least in part (one-sided systematic
  /// uncertainties): there may be a minimum on either side.
  virtual std::span<const std::uint32_t> two_sided() const { return {}; }

  /// Terms that let a parameter go when it is pulled far enough.
  virtual std::span<const HeavyTail> heavy_tails() const { return {}; }

  /// Non-zero for parameters on which the value diverges logarithmically as they go down to zero; empty: none.
  virtual std::span<const char> singular_at_zero() const { return {}; }

  virtual const math::CurvatureLayout& layout() const = 0;
  virtual Evaluation evaluate(std::span<const double> x, Derivatives derivatives, const Relaxation& relaxation) = 0;
  /// Of the last evaluation that asked for it.
  virtual std::span<const double> gradient() const = 0;
  virtual const math::Curvature& curvature() const = 0;
  /// Moves parameters that do not touch each other (`fixed`: those that may not move) to their minima, all others held,
  /// where that is cheap. What the last evaluation left is lost.
  virtual void settle(std::span<double> x, std::span<const char> fixed) {
    (void)x;
    (void)fixed;
  }
  /// Forgets the multipliers of the augmented Lagrangian.
  virtual void reset_multipliers() {}
  /// One update of the multipliers from the constraints at the last evaluation. Returns the largest violation or
  /// complementarity gap that is left, in units of each constraint's scale; 0 when no constraint is active.
  virtual double update_multipliers(double penalty) {
    (void)penalty;
    return 0.0;
  }
  /// Names what made the last evaluation infeasible or what holds the constraint at its edge; for messages only.
  virtual std::string explain() const { return {}; }
};

}  // namespace relume::minimize
