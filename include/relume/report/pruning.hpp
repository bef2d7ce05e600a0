// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What pruning by size removed, and what that costs: the uncertainty of expected events, and, where it was asked for,
// limits and the uncertainty of the parameter of interest of both models.
//
//   std::cout << report::to_table(edit::prune_small(ws, {}).value(), nullptr);
//
// Thread-safety: pure functions.
#pragma once

#include <string>

#include "relume/edit/systematics.hpp"
#include "relume/infer/comparison.hpp"
#include "relume/spec/json.hpp"

namespace relume::report {

/// `comparison` may be nullptr.
spec::JsonObject to_json(const edit::SmallPruning& pruning, const infer::Comparison* comparison);
std::string to_table(const edit::SmallPruning& pruning, const infer::Comparison* comparison);

}  // namespace relume::report
