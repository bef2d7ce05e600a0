// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Posteriors as documents and tables.
//
//   spec::JsonObject document = report::to_json(infer::posterior(*likelihood, observed), *likelihood);
#pragma once

#include <string>

#include "relume/infer/posterior.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/json.hpp"

namespace relume::report {

/// Whether the document lists every draw.
enum class Draws { left_out, kept };

spec::JsonObject to_json(const infer::Posterior& posterior, const model::Likelihood& likelihood,
                         Draws draws = Draws::left_out);
std::string to_table(const infer::Posterior& posterior, const model::Likelihood& likelihood);

}  // namespace relume::report
