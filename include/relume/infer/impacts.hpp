// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// How far each nuisance parameter moves the parameter of interest: impacts after and before the fit, the shifts by the
// data of the constraints (global observables), and what groups of parameters contribute. Conventions and formulas:
// docs/concepts/impacts.md.
//
//   infer::Impacts impacts = infer::impacts(*likelihood, observed);
//   for (const infer::Impact& i : impacts.impacts) use(i.parameter, i.postfit.up.shift, i.postfit.linear);
//
// Cost: a fit with its covariance; then, unless only linear ones are asked for, up to six warm fits per parameter, of
// one or two iterations each. Thread-safety: pure; one call uses as many threads as it is told, and answers the same
// bits for any number.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "relume/base/ids.hpp"
#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::infer {

/// One refit.
struct ImpactSide {
  double at = 0.0;              ///< where the nuisance parameter was held, or the datum put
  std::optional<double> shift;  ///< of the parameter of interest, from the best fit; certified
  std::string reason;           ///< why there is none, or at which bound something ended; empty: all is well
};

/// Both sides of one definition.
struct ImpactPair {
  double step = 0.0;             ///< how far up and down: a standard deviation
  std::optional<double> linear;  ///< shift by one step up, in first order
  std::optional<ImpactSide> up, down;
  std::string reason;  ///< why this parameter has no such impact; empty: it has one
};

struct Impact {
  ParamId parameter;
  double best = 0.0, uncertainty = 0.0;  ///< after the fit
  double correlation = 0.0;              ///< with the parameter of interest
  /// (best - centre of the constraint) / prefit sigma, and uncertainty / prefit sigma; none without a constraint.
  std::optional<double> pull, constraint;
  ImpactPair postfit;  ///< held at best +- its uncertainty after the fit, all others fitted again
  ImpactPair prefit;   ///< held at best +- its uncertainty before the fit
  ImpactPair
      global;  ///< the global observable of its constraint moved by +- its standard deviation, everything fitted again
  int n_fits = 0;

  /// Largest absolute shift of the post-fit pair; the linear one where there is no refit. What ranks.
  double size() const;
};

struct ImpactGroup {
  std::string name;
  std::vector<ParamId> parameters;
};

struct GroupImpact {
  std::string name;
  std::vector<ParamId> parameters;  ///< free ones; never the parameter of interest
  /// sqrt(sigma^2 - sigma_held^2), where sigma_held is with the group held at its best fit.
  double uncertainty = 0.0;
  /// Root of the variance of the parameter of interest that the fluctuations of the group's global observables explain
  /// (linear): of the sum of the squares of their shifts, and g^T R^-1 g of shifts g whose global observables have the
  /// correlations R. Over groups that share no parameter, leave none out and cut no correlated constraint into pieces,
  /// the squares add up to global_systematic^2. Each piece of one that is cut counts what the global observables have
  /// in common: the sum may be larger or smaller.
  double global = 0.0;
};

struct ImpactOptions {
  std::optional<ParamId> poi = {};       ///< empty: the model's
  std::vector<ParamId> parameters = {};  ///< empty: all that are free
  std::vector<ImpactGroup> groups = {};
  bool exact = true;  ///< refits too
  std::vector<FixedParameter> fixed = {};
  std::vector<double> start = {};  ///< of the free fit; empty: the model's initial values
  int threads = 1;
  std::atomic<std::size_t>* n_done = nullptr;  ///< counts parameters, for progress
  const std::atomic<bool>* stop = nullptr;
};

struct Impacts {
  std::optional<ParamId> poi;            ///< empty: there is none, and the status says so
  double best = 0.0, uncertainty = 0.0;  ///< of the parameter of interest
  /// Its uncertainty with all constrained nuisance parameters held at their best fit, and what they add in quadrature.
  double statistical = 0.0, systematic = 0.0;
  /// uncertainty^2 = global_statistical^2 + global_systematic^2 + own_constraint^2: parts by what fluctuates, main data
  /// or the data of constraints. Empty where the curvature of the main data is not positive.
  std::optional<double> global_statistical;
  double global_systematic = 0.0, own_constraint = 0.0;
  std::vector<Impact> impacts;  ///< largest first
  std::vector<GroupImpact> groups;
  FitResult fit;  ///< with covariance
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  int n_fits = 0;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

/// Refits that fail are told in their place, and counted in a note. A refit that lies below the minimum shows that it
/// was not the lowest: all starts again from there, and a note says so. Errors of the question (no parameter of
/// interest, one that is held or acts in masked channels only) are a status, not_defined; so is a likelihood with a
/// flat direction.
Impacts impacts(const model::Likelihood& likelihood, const model::Data& data, const ImpactOptions& options = {});

}  // namespace relume::infer
