// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What simplifying a likelihood made, and how far it can be trusted.
//
//   std::cout << report::to_table(simplification, &validity);
//
// Thread-safety: pure functions.
#pragma once

#include <span>
#include <string>

#include "relume/reinterpret/validity.hpp"
#include "relume/spec/json.hpp"

namespace relume::report {

/// `validity` may be nullptr. `attempts`: all methods that were tried, when there was a search for one.
spec::JsonObject to_json(const reinterpret::Simplification& simplification, const reinterpret::Validity* validity,
                         std::span<const reinterpret::Attempt> attempts = {});
std::string to_table(const reinterpret::Simplification& simplification, const reinterpret::Validity* validity,
                     std::span<const reinterpret::Attempt> attempts = {});

}  // namespace relume::report
