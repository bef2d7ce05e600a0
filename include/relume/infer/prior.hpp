// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Densities of parameters, on top of their constraints: docs/concepts/posteriors.md.
//
//   infer::Prior prior = infer::prior_from_string(*likelihood->poi(), "half-normal:2").value();
#pragma once

#include <optional>
#include <string_view>

#include "relume/base/error.hpp"
#include "relume/base/ids.hpp"

namespace relume::infer {

enum class PriorKind {
  flat,
  normal,       ///< mean, standard deviation
  half_normal,  ///< standard deviation of the normal of mean 0 whose positive half it is
  exponential,  ///< mean
  log_flat,     ///< 1/x
};

/// A density over the range of one parameter, times its constraint if it has one.
struct Prior {
  ParamId parameter;
  PriorKind kind = PriorKind::flat;
  double mean = 0.0, width = 1.0;      ///< exponential: only the mean
  std::optional<double> lower, upper;  ///< instead of the parameter's bounds; flat and log-flat
};

/// "flat", "flat:0,5", "normal:1,0.5", "half-normal:2", "exponential:3", "log-flat:0.01,10".
Result<Prior> prior_from_string(ParamId parameter, std::string_view text);

}  // namespace relume::infer
