// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Scans and intervals as documents and tables.
//
//   spec::JsonObject document = report::to_json(infer::intervals(*likelihood, observed, parameters), *likelihood);
#pragma once

#include <string>

#include "relume/infer/intervals.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/json.hpp"

namespace relume::report {

spec::JsonObject to_json(const infer::ProfileScan& scan, const model::Likelihood& likelihood);
spec::JsonObject to_json(const infer::Intervals& intervals, const model::Likelihood& likelihood);

std::string to_table(const infer::ProfileScan& scan, const model::Likelihood& likelihood);
std::string to_table(const infer::Intervals& intervals, const model::Likelihood& likelihood);

}  // namespace relume::report
