// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Bayesian posteriors: samples of all free parameters from likelihood times prior, by the No-U-Turn sampler (M. D.
// Hoffman, A. Gelman, J. Mach. Learn. Res. 15 (2014) 1593) on the exact gradient, in the metric of the exact Hessian.
//
//   infer::Posterior p = infer::posterior(*likelihood, observed, {.threads = 2});
//   if (p.is_usable()) use(p.upper_limit->value, p.upper_limit->error);
//
// Constraint terms are part of the likelihood: auxiliary data a constrain a parameter as Normal(a | theta, width) or
// Poisson(a | rate theta), which with a flat prior are a normal and a Gamma(a + 1) density of theta. Priors come on
// top, flat within the bounds unless given. All are said in the result: docs/concepts/posteriors.md.
//
// The draws of chain c are a function of (seed, c): the result is the same bits for any number of threads. Cost: four
// to eight gradients per draw in most models. Thread-safety: pure; uses options.threads threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/prior.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::infer {

struct PosteriorOptions {
  std::vector<FixedParameter> fixed = {};  ///< besides those that the model itself fixes
  std::vector<double> start = {};          ///< of the fit; empty: the model's initial values
  std::vector<Prior> priors = {};
  std::size_t n_chains = 4;
  std::size_t n_samples = 2000;  ///< draws per chain, after the warm-up
  std::size_t n_warmup = 300;    ///< steps per chain that find the step size and the metric, and are thrown away
  std::uint64_t seed = 0;
  int threads = 1;
  double level = 0.95;             ///< of credible intervals and of the upper limit
  double target_acceptance = 0.8;  ///< of the step size search; higher: smaller steps
  int max_depth = 10;              ///< a trajectory has at most 2^max_depth steps
  const std::atomic<bool>* stop = nullptr;
  std::atomic<std::size_t>* n_done = nullptr;  ///< counts steps of all chains, for progress
};

/// Limits of what counts as usable (Vehtari, Gelman, Simpson, Carpenter, Buerkner, Bayesian Anal. 16 (2021) 667,
/// section 4): below them, neither the quantiles nor the effective sample sizes themselves can be relied on.
inline constexpr double max_r_hat = 1.01;
inline constexpr double min_effective_samples = 400.0;
/// Each divergence marks a place that the chains may not have entered; more than this share is a bias that nobody
/// knows.
inline constexpr double max_divergent_share = 0.01;
/// Below, the momenta's energies change too slowly for the tails (Betancourt, arXiv:1604.00695).
inline constexpr double min_bfmi = 0.3;

/// A number that the finite sample knows with a standard deviation.
struct PosteriorNumber {
  double value = 0.0, error = 0.0;
};

struct PosteriorParameter {
  ParamId parameter;
  std::string prior;  ///< all of it, in words: with the constraint and the range
  PosteriorNumber mean;
  double sd = 0.0;
  PosteriorNumber median;
  PosteriorNumber lower, upper;                       ///< equal-tailed interval at options.level
  double shortest_lower = 0.0, shortest_upper = 0.0;  ///< highest-density interval: the shortest at options.level
  double r_hat = 1.0;                                 ///< rank-normalised, split, of location and of scale
  double bulk_ess = 0.0, tail_ess = 0.0;              ///< effective sample sizes
};

struct PosteriorChain {
  double step_size = 0.0, acceptance = 0.0, bfmi = 0.0;
  double mean_leapfrogs = 0.0;  ///< gradients per draw
  std::size_t n_divergent = 0;  ///< draws whose trajectory did not keep its energy
  std::size_t n_at_edge = 0;    ///< draws whose trajectory met zero density: a negative rate, or a far bound
  std::string edge;             ///< what the first of those met, by name
  std::size_t n_cut = 0;        ///< draws whose trajectory was still going on at max_depth
};

/// Of every draw, chain after chain.
struct PosteriorStats {
  std::vector<double> log_density;  ///< ln(likelihood * priors), with all constants but the norm of the posterior
  std::vector<double> energy, acceptance;
  std::vector<std::uint16_t> depth;
  std::vector<std::uint32_t> leapfrogs;
  std::vector<char> divergent;
};

struct Posterior {
  std::vector<PosteriorParameter> parameters;  ///< those that are free, in the likelihood's order
  std::vector<PosteriorChain> chains;
  std::size_t n_samples = 0, n_warmup = 0;  ///< per chain
  std::uint64_t seed = 0;
  double level = 0.95;
  std::vector<double> draws;  ///< [chain][draw][position in parameters]
  PosteriorStats stats;
  /// Below which the parameter of interest lies with probability `level`; nothing when it is held, there is none, or
  /// the result is not usable.
  std::optional<PosteriorNumber> upper_limit;
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  double seconds = 0.0;           ///< wall time
  double sampling_seconds = 0.0;  ///< of that, after the warm-up

  bool is_usable() const { return status == Status::ok; }
  double draw(std::size_t chain, std::size_t i, std::size_t k) const {
    return draws[(chain * n_samples + i) * parameters.size() + k];
  }
};

/// Errors of the question (a prior that is improper over its range, nothing that is free, no chains) are a status,
/// not_defined. What acts in masked channels alone is held; a parameter of interest that does is no_sensitivity, unless
/// the caller holds it. Chains that disagree or are too short are not_converged: the draws are there, and the reason
/// names the parameter. All chains start around the lowest minimum that the fit finds: other modes are not looked for.
Posterior posterior(const model::Likelihood& likelihood, const model::Data& data, const PosteriorOptions& options = {});

/// The value below which a share `level` of the draws lies, chain after chain, and its standard deviation.
PosteriorNumber quantile(std::vector<double> draws, std::size_t n_chains, double level);
/// Shortest interval that holds this share of the draws: of highest density, where the density has one peak.
std::pair<double, double> shortest_interval(std::vector<double> draws, double level);
/// All draws of the parameter at position k, chain after chain.
std::vector<double> draws_of(const Posterior& p, std::size_t k);

}  // namespace relume::infer
