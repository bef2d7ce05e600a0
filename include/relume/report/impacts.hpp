// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Impacts as documents and tables, and groups of parameters from patterns of names.
//
//   auto groups = report::impact_groups(*likelihood, {{{"jets", "JET_*"}, {"MC", "staterror_*"}}}, poi).value();
//   std::string table = report::to_table(infer::impacts(*likelihood, observed, {.groups = groups}), *likelihood, 20);
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/infer/impacts.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/json.hpp"

namespace relume::report {

/// Pairs of a group's name and a pattern; pairs with one name make one group. A pattern stands for a whole name: '*'
/// for any text, '?' for any character, everything else, brackets too, for itself. One that no parameter but those held
/// and the parameter of interest matches is an error that names the nearest names.
Result<std::vector<infer::ImpactGroup>> impact_groups(const model::Likelihood& likelihood,
                                                      std::span<const std::pair<std::string, std::string>> patterns,
                                                      std::optional<ParamId> poi);

spec::JsonObject to_json(const infer::Impacts& impacts, const model::Likelihood& likelihood);

/// `top`: the largest so many.
std::string to_table(const infer::Impacts& impacts, const model::Likelihood& likelihood,
                     std::optional<std::size_t> top = {});

}  // namespace relume::report
