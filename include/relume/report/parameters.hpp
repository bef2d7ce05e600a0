// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Parameter vectors <-> names, in the layout of pyhf's `mle_parameters`: every published name with the list of its
// components.
//
//   spec::Json named = report::parameters_to_json(likelihood, minimum.x);      // {"mu": [1.2], "gamma": [0.98, 1.01]}
//   std::vector<double> point = report::parameters_from_json(likelihood, named, "point.json", start).value();
//
// Thread-safety: pure functions.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/base/ids.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/json.hpp"

namespace relume::report {

spec::Json parameters_to_json(const model::Likelihood& likelihood, std::span<const double> values);

/// `start` with what the document sets: a number, or a list with one entry per component, for each name; "gamma[3]"
/// sets one component. Every unknown name, wrong length and wrong type is an error.
Result<std::vector<double>> parameters_from_json(const model::Likelihood& likelihood, const spec::Json& document,
                                                 std::string_view source_name, std::vector<double> start);

/// The parameter called "mu" or "gamma[3]". An unknown name is an error that names the nearest ones; so is the bare
/// name of a set with several components.
Result<ParamId> find_parameter(const model::Likelihood& likelihood, std::string_view name);

}  // namespace relume::report
