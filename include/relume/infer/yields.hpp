// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What a likelihood predicts, with its uncertainties: per channel, sample and bin, and sums of these. Linear
// propagation: with J the derivatives of the yields and C the covariance of the parameters, that of the yields is J C
// J^T.
//
//   infer::Yields before = infer::prefit_yields(*likelihood);
//   infer::FitResult fit = infer::fit(*likelihood, observed, {.covariance = true});
//   infer::Yields after = infer::postfit_yields(*likelihood, fit);
//
// Cost: one pass over the model for J, then for each yield the square of the number of parameters that move it.
// Thread-safety: pure; one call uses one thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::infer {

/// Where the derivatives of the yields come from.
enum class Propagation {
  linear,  ///< at the point itself
  /// Half the difference between one standard deviation up and down of each parameter, as cabinetry and TRExFitter:
  /// what is not linear counts with what it does there. Steps end at the bounds of the parameter.
  one_sigma,
};
std::optional<Propagation> propagation_from_string(std::string_view name);
std::string_view to_string(Propagation propagation);

struct YieldOptions {
  Propagation propagation = Propagation::linear;
  std::vector<std::size_t> channels = {};  ///< to show and to sum over, in this order; empty: all
  bool covariance = false;                 ///< of the totals of all bins and of all channels
  std::vector<FixedParameter> fixed = {};  ///< before a fit: parameters held, without uncertainty
};

struct Yield {
  double value = 0.0;
  double uncertainty = 0.0;  ///< NaN when the parameters have no covariance
};

/// Yields of a channel, or of one of its samples.
struct BinYields {
  std::vector<Yield> bins;
  Yield sum;
};

struct SampleYields : BinYields {
  std::string name;
  bool is_signal = false;  ///< proportional to the parameter of interest
};

struct ChannelYields {
  std::size_t channel = 0;  ///< in Likelihood::channels()
  std::vector<SampleYields> samples;
  BinYields background;  ///< samples that are no signal; of a model with a parameter of interest
  BinYields total;
};

struct SampleSum {
  std::string name;
  bool is_signal = false;
  Yield sum;  ///< over the channels that have it
};

struct Yields {
  bool is_postfit = false;
  Propagation propagation = Propagation::linear;
  std::vector<double> parameters;  ///< where the yields are
  std::vector<ChannelYields> channels;
  std::vector<SampleSum> samples;
  Yield total;  ///< over all channels shown
  /// Between the totals of all bins of the channels, and between the totals of the channels; row by row, when asked
  /// for.
  std::vector<double> covariance, channel_covariance;
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

/// At the initial values, with the uncertainties that the constraints give, uncorrelated. Parameters without constraint
/// contribute nothing.
Yields prefit_yields(const model::Likelihood& likelihood, const YieldOptions& options = {});

/// At the fitted point with the covariance of the fit, which must have been asked for; without it there are no
/// uncertainties (NaN), and a note says why. A fit that is not usable has no yields: fit_failed.
Yields postfit_yields(const model::Likelihood& likelihood, const FitResult& fit, const YieldOptions& options = {});

/// At any point. `covariance`: n numbers (variances of uncorrelated parameters), n x n (row by row), or none.
Yields yields_at(const model::Likelihood& likelihood, std::span<const double> point, std::span<const double> covariance,
                 const YieldOptions& options = {});

/// Any function of the parameters: as many numbers as it likes, always the same number of them.
using ParameterFunction = std::function<std::vector<double>(std::span<const double>)>;

struct PropagateOptions {
  /// Its derivatives, row by row (one row per number), when the caller knows them; else central differences.
  ParameterFunction gradient = {};
  double step = 1e-3;  ///< of the central differences, in standard deviations; differences end at bounds
};

struct Propagated {
  std::vector<double> values, uncertainties, covariance;  ///< the last row by row; empty when not available
  Status status = Status::ok;
  std::string reason;

  bool is_usable() const { return status == Status::ok; }
};

/// Values and linear uncertainties of a function at the fitted point. The fit must have its covariance.
Propagated propagate(const model::Likelihood& likelihood, const FitResult& fit, const ParameterFunction& function,
                     const PropagateOptions& options = {});

}  // namespace relume::infer
