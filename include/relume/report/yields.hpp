// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Yields as documents and tables, beside the data.
//
//   std::cout << report::to_table(yields, *likelihood, observed, report::Blinding::masked_channels);
//
// Thread-safety: pure functions.
#pragma once

#include <string>

#include "relume/infer/yields.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/json.hpp"

namespace relume::report {

/// Whose data are not shown.
enum class Blinding { none, masked_channels };

spec::JsonObject to_json(const infer::Yields& yields, const model::Likelihood& likelihood, const model::Data& data,
                         Blinding blinding);
std::string to_table(const infer::Yields& yields, const model::Likelihood& likelihood, const model::Data& data,
                     Blinding blinding);

}  // namespace relume::report
