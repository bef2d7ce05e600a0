// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What is asked of a function, and how it answers: shared by everything that evaluates and everything that minimises.
//
//   Evaluation e = likelihood.evaluate(point, data, Derivatives::gradient, {}, scratch);
//   if (e.status == EvaluationStatus::ok) use(e.value);
#pragma once

namespace relume::math {

enum class Derivatives { none, gradient, curvature };

/// How far outside of its domain an evaluation may go on. An objective may have inequality constraints of its own
/// (rates >= 0).
struct Relaxation {
  /// Stiffness of the augmented Lagrangian for constraints that the value itself does not guard (n = 0: nothing in
  /// the likelihood keeps the rate from going negative); 0: such a point is infeasible. Units of the constraint's own
  /// scale.
  double penalty = 0.0;
  /// Below this share of its scale a guarded quantity (n > 0: -n ln(rate)) is continued quadratically, with continuous
  /// value, slope and curvature, so that a search may start outside of the domain; 0: outside is infeasible.
  double floor = 0.0;
  /// Rates below zero count as none, with continuous derivatives: within this share of its scale around zero a rate
  /// goes over into zero (math/smooth_clip.hpp). For averages over what is not known, where such rates are a part of
  /// the average and no edge of the domain; 0: they are outside.
  double clip = 0.0;
};

enum class EvaluationStatus {
  ok,
  infeasible,  ///< outside of the domain: the value is +infinity
  not_finite,  ///< NaN or infinity inside the domain
};

struct Evaluation {
  EvaluationStatus status = EvaluationStatus::ok;
  double value = 0.0;
  double main = 0.0;  ///< the share of the main terms in the value; the rest are constraint terms and penalties
};

}  // namespace relume::math
