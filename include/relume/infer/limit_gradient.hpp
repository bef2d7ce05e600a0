// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// How an upper limit moves with the signal's yields: what an optimiser over a model's parameters needs.
//
//   infer::LimitGradient g = infer::limit_gradient(*likelihood, observed);
//   if (g.limit.is_usable()) use(g.observed);          // d limit / d yield, laid out as Likelihood::expected_by_sample
//
// All else is held: the signal's uncertainties, its shape variations (absolute histograms). Cost: a limit, and one more
// fit per limit and data set. Thread-safety: pure; one call uses one thread.
#pragma once

#include <array>
#include <vector>

#include "relume/infer/hypotest.hpp"

namespace relume::infer {

struct LimitGradient {
  Limit limit;
  /// d observed limit / d nominal yield per sample and bin, laid out as Likelihood::expected_by_sample; empty when the
  /// limit is not usable or the likelihood has no samples. NaN for samples that are there without a signal: the Asimov
  /// data move with them.
  std::vector<double> observed;
  std::array<std::vector<double>, 5> expected;  ///< the same for the limits at -2..+2 sigma
};

/// For q and qtilde; with other statistics the gradients are empty, and a note says so.
LimitGradient limit_gradient(const model::Likelihood& likelihood, const model::Data& data,
                             const LimitOptions& options = {});

}  // namespace relume::infer
