// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Goodness of fit and the agreement of channels, as documents and tables.
//
//   spec::JsonObject document = report::to_json(infer::goodness(*likelihood, observed), *likelihood);
#pragma once

#include <string>

#include "relume/infer/goodness.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/report/toys.hpp"
#include "relume/spec/json.hpp"

namespace relume::report {

spec::JsonObject to_json(const infer::Goodness& goodness, const model::Likelihood& likelihood, ToyValues values);
/// `separate`: the model with one parameter per channel; `parameter`: the name of the one that is common.
spec::JsonObject to_json(const infer::Compatibility& compatibility, const model::Likelihood& separate,
                         const std::string& parameter);

std::string to_table(const infer::Goodness& goodness, const model::Likelihood& likelihood);
std::string to_table(const infer::Compatibility& compatibility, const model::Likelihood& separate,
                     const std::string& parameter);

}  // namespace relume::report
