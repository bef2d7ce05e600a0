// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Two versions of one model, asked the same questions: what an edit changed.
//
//   infer::Comparison c = infer::compare({*full.likelihood, full.observed}, {*pruned.likelihood, pruned.observed});
//   if (c.is_usable()) use(*c.after.limit.expected[2] / *c.before.limit.expected[2] - 1.0);
//
// Cost: a limit with band and a fit of each. Thread-safety: pure; one call uses one thread.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::infer {

struct Version {
  const model::Likelihood& likelihood;
  const model::Data& data;
  std::vector<FixedParameter> fixed = {};
};

struct VersionAnswer {
  Limit limit;
  /// Standard deviation of the parameter of interest from a fit to Asimov data of the initial values, with the
  /// parameter of interest at 1; nothing where the fit is not usable.
  std::optional<double> poi_uncertainty;
  std::string reason;  ///< why there is none
};

struct Comparison {
  VersionAnswer before, after;
  bool is_usable() const { return before.limit.is_usable() && after.limit.is_usable(); }
};

/// Precondition: both have a parameter of interest.
Comparison compare(const Version& before, const Version& after, const std::atomic<bool>* stop = nullptr);

}  // namespace relume::infer
