// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Marginal likelihoods: nuisance parameters averaged over their constraints instead of being fitted
// (docs/concepts/marginal.md).
//
//   auto marginal = infer::marginalise(std::move(compiled.likelihood), compiled.observed);
//   infer::upper_limit(*marginal->likelihood, marginal->observed);
//
// What comes out is a Likelihood of the parameters that are left: all of infer/ works on it. It is
//
//   L(phi) = integral of L(phi, theta) over theta, with the constraints of theta as normalised priors,
//
// as one sum over nodes that are placed once per data set and move with phi, so that its derivatives are exact.
//
// Cost: an evaluation is one of the wrapped likelihood per node, at most 13824 (24^3) by product rules and `max_nodes`
// by quasi-random sums; new data need one fit of it. Thread-safety: as any Likelihood.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::infer {

struct MarginalOptions {
  /// What is not integrated, besides the parameter of interest and all that has no constraint.
  std::vector<ParamId> keep = {};
  /// Held at these values, and not integrated.
  std::vector<FixedParameter> fixed = {};
  /// Where expected data have the parameters that are integrated: where a fit to the observed data puts them, or at
  /// their initial values.
  Asimov asimov = Asimov::a_posteriori;
  double accuracy = 5e-3;         ///< that is tried for, of differences of ln L within three standard deviations
  std::size_t max_nodes = 32768;  ///< of quasi-random sums, a power of two
  std::uint64_t seed = 0;         ///< of the scrambling of quasi-random nodes
  const std::atomic<bool>* stop = nullptr;
};

enum class MarginalRule {
  gauss_hermite,  ///< a product rule, for up to three parameters
  importance,     ///< quasi-random importance sampling around the fit
};
std::string_view to_string(MarginalRule rule);

struct Marginal {
  std::unique_ptr<model::Likelihood> likelihood;
  model::Data observed;
  std::vector<std::string> integrated;  ///< names
  MarginalRule rule = MarginalRule::gauss_hermite;
  std::size_t n_nodes = 0;
  /// Of differences of ln L within three standard deviations of the parameter of interest: the change from the next
  /// smaller rule, or the standard deviation among scrambled replicates.
  double accuracy = 0.0;
  double effective_nodes = 0.0;  ///< importance: effective sample size at the best fit
  Status status = Status::ok;    ///< fit_failed: nodes could not be placed; not_converged: too few of them count
  std::string reason;
  std::vector<std::string> notes;

  bool is_usable() const { return status == Status::ok; }
};

/// Below this effective number of nodes an average is not one: the evaluation is not_finite, and `explain` says so.
inline constexpr double min_effective_nodes = 100.0;

/// Errors: nothing to integrate, a correlated constraint of which only a part is kept, more parameters than there are
/// quasi-random numbers for.
Result<Marginal> marginalise(std::shared_ptr<const model::Likelihood> likelihood, const model::Data& observed,
                             const MarginalOptions& options = {});

}  // namespace relume::infer
