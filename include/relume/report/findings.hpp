// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What checks found, as JSON and as text.
//
//   std::cout << report::to_table(check::find(workspace).value());
//
// Thread-safety: pure functions.
#pragma once

#include <span>
#include <string>

#include "relume/check/findings.hpp"
#include "relume/spec/json.hpp"

namespace relume::report {

/// `findings`, how many checks of each severity found something, and the `worst` severity. `notes`: what building the
/// model remarked.
spec::JsonObject to_json(const check::Findings& findings, std::span<const std::string> notes = {});
std::string to_table(const check::Findings& findings, std::span<const std::string> notes = {});

/// The list alone.
spec::JsonArray findings_to_json(const check::Findings& findings);

}  // namespace relume::report
