// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Parts of a workspace <-> JSON, for the formats that contain such parts. Readers check the schema only; what could not
// be read stays empty, so that positions in the lists are those of the document.
#pragma once

#include "relume/spec/json.hpp"
#include "relume/spec/workspace.hpp"
#include "spec/problems.hpp"

namespace relume::formats {

spec::Sample read_sample(const spec::Json& node, const spec::Place& place, spec::Problems& problems);
spec::Modifier read_modifier(const spec::Json& node, const spec::Place& place, spec::Problems& problems);
spec::ParameterConfig read_parameter_config(const spec::Json& node, const spec::Place& place, spec::Problems& problems);

/// All of it; the checks beyond the schema are the caller's.
spec::Workspace read_workspace(const spec::Json& document, const spec::Place& root, spec::Problems& problems);

spec::Json to_json(const spec::Modifier& modifier);

}  // namespace relume::formats
