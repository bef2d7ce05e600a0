// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What a prior adds to -ln L, where, and how it is told.
#pragma once

#include <string>

#include "relume/infer/prior.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::infer {

/// -ln of a prior's density, up to a constant, and its derivatives.
struct PriorTerm {
  double value = 0.0, slope = 0.0, curvature = 0.0;
};
PriorTerm prior_term(const Prior& prior, double x);

struct PriorRange {
  double lower, upper;
};
/// The bounds of the parameter, or those that the prior has instead, where its density is not zero.
PriorRange prior_range(const model::Parameter& p, const Prior& prior);

/// The prior in words, with the constraint's share of it.
std::string describe_prior(const model::Parameter& p, const Prior& prior, const model::Data& data);

/// What is wrong with a prior, in words; empty: nothing.
std::string prior_problem(const model::Parameter& p, const Prior& prior);

}  // namespace relume::infer
