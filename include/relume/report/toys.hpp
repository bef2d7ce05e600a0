// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Tests with toys as documents, and back: shards of a long run are stored and merged.
//
//   spec::JsonObject document = report::to_json(test, *likelihood, report::ToyValues::kept);
//   infer::ToyTest again = report::toy_test_from_json(document, "toys.json").value();
#pragma once

#include <string>
#include <string_view>

#include "relume/base/error.hpp"
#include "relume/infer/toys.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/json.hpp"

namespace relume::report {

/// Whether the document lists the statistic of every toy.
enum class ToyValues { left_out, kept };

spec::JsonObject to_json(const infer::ToyTest& test, const model::Likelihood& likelihood, ToyValues values);

/// From a document with ToyValues::kept; numbers come back to the last bit. Errors name the place in the document.
Result<infer::ToyTest> toy_test_from_json(const spec::Json& document, std::string_view source_name);

std::string to_table(const infer::ToyTest& test, const model::Likelihood& likelihood);

/// A test with q0 in the words of a discovery. When no toy reaches the observed statistic, p0 is 0, and the
/// significance null: the note says what it exceeds.
spec::JsonObject discovery_to_json(const infer::ToyTest& test, const model::Likelihood& likelihood);
std::string discovery_to_table(const infer::ToyTest& test, const model::Likelihood& likelihood);

/// CLs, or for q0 the p-value of the background.
const infer::ToyProbability& p_value(const infer::ToyTest& test, const infer::ToyPValues& p);

}  // namespace relume::report
