// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Grids, contours and tests of several parameters as documents and tables.
//
//   spec::JsonObject document = report::to_json(infer::contours(*likelihood, observed, {mu, kappa}), *likelihood);
#pragma once

#include <string>

#include "relume/infer/contour.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/json.hpp"

namespace relume::report {

spec::JsonObject to_json(const infer::ProfileGrid& grid, const model::Likelihood& likelihood);
spec::JsonObject to_json(const infer::Contours& contours, const model::Likelihood& likelihood);
spec::JsonObject to_json(const infer::RatioTest& test, const model::Likelihood& likelihood);

std::string to_table(const infer::ProfileGrid& grid, const model::Likelihood& likelihood);
std::string to_table(const infer::Contours& contours, const model::Likelihood& likelihood);
std::string to_table(const infer::RatioTest& test, const model::Likelihood& likelihood);

}  // namespace relume::report
