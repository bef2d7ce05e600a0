// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Published upper limits become a Likelihood of the signal strength that gives these limits back, observed and
// expected, when it is asked with the CLs method (docs/guide/upper_limits.md).
//
//   auto compiled = model::compile(upper_limits).value();
//   infer::upper_limit(*compiled.likelihood, compiled.observed);     // what was published, times 1 / predicted
//
// The datum is a number x that scatters like a standard normal around g(signal). With the median expected limit alone g
// is a line: x is the best fit in standard deviations, and the likelihood a Gaussian cut off at zero (arXiv:1202.3415,
// appendix). With the band g is a curve through all expected limits. Cost: microseconds. Thread-safety: pure function.
#pragma once

#include <optional>
#include <string>

#include "relume/model/histfactory.hpp"
#include "relume/spec/publication.hpp"

namespace relume::model {

struct UpperLimitsOptions {
  bool only_median = false;  ///< leaves the other expected limits out
  /// What is published as a correction of the Gaussian when more is observed than expected: the expected limit becomes
  /// expected / (1 - widening (observed - expected) / (observed + expected)), with 0.6 by its authors. It is no longer
  /// given back. For the median alone.
  double widening = 0.0;
  bool allow_negative_best_fit = true;  ///< if not, a best fit below zero is moved to zero: observed = expected
  std::optional<std::string> poi = {};  ///< "" for no parameter of interest; no other than the one there is
};

/// Precondition: valid (spec/validate.hpp). Errors: expected limits that coincide; options outside of their range.
Result<Compiled> compile(const spec::UpperLimits& limits, const UpperLimitsOptions& options = {});

}  // namespace relume::model
