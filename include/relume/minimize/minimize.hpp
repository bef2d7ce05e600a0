// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Bounded second-order minimisation: projected trust-region Newton. The step solves the bounded quadratic model by an
// active set on the bounds and preconditioned conjugate gradients (Steihaug) on the free parameters, preconditioned
// with the exact Hessian where that is cheap and positive definite, else with its semidefinite part. When an attempt
// fails, a recorded ladder of others follows. The result is certified at the point itself.
//
//   minimize::Minimizer minimizer(objective);            // keeps its work space for many minimisations
//   minimize::Minimum minimum = minimizer.minimize(start, {.max_iterations = 200});
//
// Cost: 5 to 12 iterations on a HistFactory model. Thread-safety: one Minimizer per thread.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "relume/minimize/minimum.hpp"
#include "relume/minimize/objective.hpp"

namespace relume::minimize {

struct Options {
  int max_iterations = 200;  ///< per attempt; real models take 5 to 30
  /// Parameters held at their start value (non-zero entries); empty: none.
  std::span<const char> fixed = {};
  /// Tighter or wider bounds than the objective's; empty: the objective's own.
  std::span<const double> lower = {}, upper = {};
  /// Where the ladder starts again when the first start fails; empty: only `start`.
  std::span<const double> nominal = {};
  /// Look for a lower minimum from other starts when constrained parameters are pulled to their bounds. Off where a
  /// neighbouring fit has looked already (a scan). The other side of one-sided uncertainties is looked at in any case.
  bool explore = true;
  /// Begin with the parameters that Objective::settle knows how to place. For starts that know nothing of the data
  /// (toys); a neighbour's minimum is better than that. Needs `fixed`.
  bool settle = false;
  /// Set by another thread to stop early.
  const std::atomic<bool>* stop = nullptr;
};

class Descent;

class Minimizer {
 public:
  explicit Minimizer(Objective& objective);
  ~Minimizer();
  Minimizer(const Minimizer&) = delete;
  Minimizer& operator=(const Minimizer&) = delete;

  Minimum minimize(std::span<const double> start, const Options& options = {});

  /// The certificate of any point, whoever found it.
  Certificate certify(std::span<const double> x, const Options& options = {});

  /// Free parameters (not fixed, not held by a bound or kink) of the last minimisation, for covariance and prediction.
  std::span<const char> free() const;

  /// Evaluates at a point and decides there which parameters are free, as a minimisation that ended there would have
  /// left it. False: the point is outside of the domain.
  bool linearise(std::span<const double> x, const Options& options = {});

  /// Solves H x = b on the free parameters where the last minimisation (or linearise) ended, to two digits: for
  /// predictions. False when H is not positive definite along the way.
  bool solve_linearised(std::span<const double> b, std::span<double> x);

 private:
  std::unique_ptr<Descent> descent_;
};

}  // namespace relume::minimize
