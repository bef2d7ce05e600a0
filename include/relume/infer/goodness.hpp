// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Goodness of fit: the likelihood ratio against the saturated model, in which every datum is expected as it is (S.
// Baker, R. D. Cousins, Nucl. Instrum. Meth. 221 (1984) 437; R. D. Cousins, "Generalization of chisquare
// goodness-of-fit test for binned data using saturated models", 2013), by channel and by bin; and whether channels
// agree about one parameter.
//
//   infer::Goodness g = infer::goodness(*likelihood, observed, {.n_toys = 1000, .threads = 2});
//   if (g.is_usable()) use(g.t, g.degrees, g.p_value, g.p_toys);
//
// Cost: one fit with its covariance, and one fit per toy. A toy is a function of (seed, index): the result is the same
// bits for any number of threads. Thread-safety: pure; uses options.threads threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "relume/base/ids.hpp"
#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/toys.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::infer {

struct GoodnessOptions {
  std::vector<FixedParameter> fixed = {};  ///< besides those that the model itself fixes
  std::vector<double> start = {};          ///< empty: the model's initial values
  bool pulls = true;                       ///< of bins: needs the covariance of all parameters
  std::size_t n_toys = 0;
  std::uint64_t seed = 0;
  int threads = 1;
  std::atomic<std::size_t>* n_done = nullptr;  ///< counts toys, for progress
  const std::atomic<bool>* stop = nullptr;
};

/// A bin of the main data at the best fit.
struct BinResidual {
  bool is_masked = false;  ///< of a channel whose data are not used: all else stays empty
  double observed = 0.0, expected = 0.0;
  double t = 0.0;  ///< twice its deviance
  /// Standard deviation of the expectation, from the covariance of the fit.
  std::optional<double> uncertainty;
  /// (n - nu)/sqrt(nu), Pearson's; nothing where nu is 0.
  std::optional<double> residual;
  /// (n - nu)/sqrt(nu - uncertainty^2): of unit width when the model is right, since the fit has moved nu towards n (L.
  /// Demortier, L. Lyons, CDF/ANAL/PUBLIC/5776 (2002); P. McCullagh, J. A. Nelder, "Generalized Linear Models" (1989),
  /// section 12.5). Nothing where the fit leaves the bin no freedom.
  std::optional<double> pull;
};

struct ChannelGoodness {
  double t = 0.0;          ///< of its bins; the constraint terms are in no channel
  std::size_t n_bins = 0;  ///< that count; none of a masked channel
};

struct Goodness {
  double t = 0.0;              ///< twice the deviance at the minimum
  double t_constraints = 0.0;  ///< what the constraint terms contribute to it
  /// degrees = bins + constraints - (parameters - flat): fitted bins with something in them, constraint terms of free
  /// parameters, free parameters, and directions of these in which nothing changes.
  long degrees = 0;
  std::size_t n_bins = 0, n_constraints = 0, n_parameters = 0, n_flat = 0;
  std::optional<double> p_value;          ///< of the chi-squared distribution; nothing without degrees of freedom
  std::vector<ChannelGoodness> channels;  ///< in the order of the likelihood's channels
  std::vector<BinResidual> bins;          ///< in the order of the main data
  std::vector<double> toys;               ///< t, in the order of the toys' indices; NaN where a fit was not certified
  std::size_t n_failed = 0;
  std::vector<std::string> failures;  ///< of the first few that failed
  std::optional<ToyProbability> p_toys;
  std::uint64_t seed = 0;
  std::vector<double> x;   ///< the best fit
  double twice_nll = 0.0;  ///< with all constants
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  int n_fits = 0;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

/// Constraint terms of parameters that are held count neither in t nor in toys, whose auxiliary data then stay where
/// they are expected. Toys come from the best fit, auxiliary data fluctuated too.
Goodness goodness(const model::Likelihood& likelihood, const model::Data& data, const GoodnessOptions& options = {});

/// One channel's own value of the parameter that all others share.
struct ChannelStrength {
  std::string channel;
  ParamId parameter;  ///< of the model in which each channel has its own
  double best = 0.0;
  std::optional<double> uncertainty;
};

struct Compatibility {
  double best = 0.0;  ///< common value
  std::optional<double> uncertainty;
  std::vector<ChannelStrength> channels;
  double t = 0.0;    ///< 2 (-ln L with one value) - 2 (-ln L with one per channel)
  long degrees = 0;  ///< channels less one, and less the directions that are flat only with one value per channel
  std::optional<double> p_value;  ///< of the chi-squared distribution; nothing without degrees of freedom
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  int n_fits = 0;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

/// A model, and the same one with a parameter of its own for each channel (edit::split_by_channel).
struct CompatibilityQuestion {
  const model::Likelihood& common;
  const model::Data& common_data;
  ParamId parameter;
  const model::Likelihood& separate;
  const model::Data& separate_data;
  std::vector<ChannelStrength> channels;  ///< names and parameters
};

/// The values are fitted without bounds of their own, as far as rates allow: at a bound t would not follow a
/// chi-squared distribution. Channels whose rates do not depend on the parameter are left out, with a note. `fixed`: of
/// the common model, held by name in the other one.
Compatibility compatibility(const CompatibilityQuestion& question, const std::vector<FixedParameter>& fixed = {},
                            const std::atomic<bool>* stop = nullptr);

}  // namespace relume::infer
