// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What maps a published result has, as documents and tables.
//
//   std::cout << report::to_table(reinterpret::topologies(result), result);
//
// Thread-safety: pure functions.
#pragma once

#include <span>
#include <string>

#include "relume/reinterpret/signal_maps.hpp"
#include "relume/spec/json.hpp"

namespace relume::report {

spec::JsonObject to_json(std::span<const reinterpret::TopologySummary> topologies, const spec::SmodelsResult& result);
std::string to_table(std::span<const reinterpret::TopologySummary> topologies, const spec::SmodelsResult& result);

}  // namespace relume::report
