// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Moments of what a likelihood expects without signal: means, covariance and third central moments of its main data
// over draws of its parameters.
//
//   Moments before = prefit_moments(*likelihood, observed, {.n_toys = 100000});
//   infer::FitResult fit = infer::fit(*likelihood, controls, {.fixed = {{poi, 0.0}}, .covariance = true});
//   Moments after = postfit_moments(*likelihood, controls, fit, {.channels = {"SR1", "SR2"}});
//
// Cost: one prediction per toy and the square of the number of bins; no allocation per toy of a HistFactory model.
// Thread-safety: pure; the same bits for any number of threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::reinterpret {

struct MomentOptions {
  std::size_t n_toys = 100000;             ///< at least 1000
  std::uint64_t seed = 1;                  ///< the draws are a function of it and of the number of the toy
  std::vector<std::string> channels = {};  ///< blocks of main data, in this order; empty: all
  /// Held, and so without effect on the moments, besides those that the model fixes; the parameter of interest is held
  /// at 0.
  std::vector<infer::FixedParameter> fixed = {};
  int threads = 1;
  const std::atomic<bool>* stop = nullptr;
  std::atomic<std::size_t>* n_done = nullptr;  ///< toys done so far, for a display of progress
};

/// Unbiased estimates. Those of means have the standard error sqrt(variance / toys), the others that of the mean of
/// `n_parts` independent parts of the sample.
struct Moments {
  static constexpr std::size_t n_parts = 32;

  std::vector<std::size_t> data;  ///< of each bin, its place in Data::values
  std::vector<double> mean, mean_error;
  std::vector<double> covariance, covariance_error;  ///< row by row
  std::vector<double> third, third_error;            ///< third central moments
  std::vector<double> nominal;                       ///< expected at the point around which parameters were drawn
  std::size_t n_toys = 0;                            ///< that the moments are made of
  std::size_t n_not_finite = 0;  ///< left out: the likelihood expects no finite number of events there
  std::size_t n_negative = 0;    ///< with less than no events in some bin; they count like all others
  std::size_t n_redrawn = 0;     ///< with a parameter out of its bounds at first; drawn again
  std::size_t n_clipped = 0;     ///< with a parameter moved to its bound, since every draw was beyond
  infer::Status status = infer::Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  double seconds = 0.0;

  bool is_usable() const { return status == infer::Status::ok; }
  std::size_t size() const { return mean.size(); }
  double variance(std::size_t bin) const { return covariance[bin * mean.size() + bin]; }
  double skewness(std::size_t bin) const;  ///< third / variance^1.5; 0 where nothing varies
};

/// Constraints as priors: each parameter is drawn from its own constraint (correlated ones together, given those that
/// are held), around its auxiliary datum in `data`: a normal distribution, or for a Poisson constraint with m auxiliary
/// events Gamma(m), whose mean is the value at which m events are expected. Draws beyond the bounds of a parameter are
/// repeated. A free parameter without constraint has no prior: unless it is held, or changes none of the bins, there
/// are no moments (not_defined).
Moments prefit_moments(const model::Likelihood& likelihood, const model::Data& data, const MomentOptions& options = {});

/// Parameters as a fit to `data` leaves them. Those that change what the fit saw are drawn from the multivariate normal
/// distribution around the fitted point with the covariance of the fit, which must have been asked for, cut at their
/// bounds: a draw beyond one is repeated as a whole. All others are independent of these, and still have the
/// distributions of their constraints: they are drawn as by prefit_moments. Parameters that the fit held stay where
/// they are; when one of these was held for want of data (it acts in masked channels only) and changes the bins, there
/// are no moments (not_defined), unless `fixed` holds it too. Precondition: the fit held the parameter of interest at
/// 0.
Moments postfit_moments(const model::Likelihood& likelihood, const model::Data& data, const infer::FitResult& fit,
                        const MomentOptions& options = {});

/// Moments to first order, V = J C J^T with the exact derivatives J of the expectation at the fitted point, and the
/// shift of the mean to second order, tr(K C) / 2 with its second derivatives K, which are differences over sqrt(3)
/// standard deviations: what a fifth-degree rule for the mean over a normal distribution takes, and much nearer to it
/// than the derivative at one point where variations to both sides go the same way. No third moments, no errors.
Moments linear_moments(const model::Likelihood& likelihood, const infer::FitResult& fit,
                       const MomentOptions& options = {});

}  // namespace relume::reinterpret
