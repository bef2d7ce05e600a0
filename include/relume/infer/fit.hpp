// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Maximum-likelihood fits of any likelihood, certified.
//
//   infer::FitResult fit = infer::fit(*likelihood, observed);
//   if (fit.minimum.is_usable()) use(fit.minimum.x[poi.index], fit.uncertainties[poi.index], fit.twice_nll);
//
// Cost: 5 to 12 Newton steps. Thread-safety: pure; one call uses one thread.
#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "relume/base/ids.hpp"
#include "relume/minimize/minimum.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::infer {

struct FixedParameter {
  ParamId parameter;
  double value = 0.0;
};

struct FitOptions {
  std::vector<FixedParameter> fixed = {};      ///< besides those that the model itself fixes
  std::vector<double> start = {};              ///< empty: the model's initial values
  std::vector<double> lower = {}, upper = {};  ///< empty: the model's bounds
  bool uncertainties = true;                   ///< costs one inversion of the Hessian
  bool covariance = false;                     ///< keep the whole matrix
  int max_iterations = 200;
  const std::atomic<bool>* stop = nullptr;
};

struct FitResult {
  minimize::Minimum minimum;  ///< point, certificate, bounds, counts, time, status and reason
  double twice_nll = 0.0;     ///< -2 ln L with all constants
  /// Standard deviations from the inverse Hessian of the free parameters; 0 for fixed ones and those at a bound. Empty
  /// when not asked for or not available.
  std::vector<double> uncertainties;
  std::vector<double> covariance;  ///< n x n, row by row; empty when not asked for or not available
  /// Why there are no uncertainties, with the parameters that the flat direction is made of; empty: all is well.
  std::string covariance_problem;
  std::vector<std::string> notes;  ///< choices, in words: which parameters were held because of masked channels
};

FitResult fit(const model::Likelihood& likelihood, const model::Data& data, const FitOptions& options = {});

/// A point of one likelihood as a start for another: matched by parameter name, initial values where there is no match.
std::vector<double> carry_point(const model::Likelihood& from, std::span<const double> point,
                                const model::Likelihood& to);

/// Starting point of fits: initial values, moved into their bounds.
std::vector<double> initial_point(const model::Likelihood& likelihood);

}  // namespace relume::infer
