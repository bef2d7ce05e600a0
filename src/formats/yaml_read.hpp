// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// YAML text -> spec::Json, one per document: every scalar is a string, as it is written (12.50 keeps its zero), or
// null. Aliases are replaced by what they stand for. Nesting deeper than max_json_depth, aliases that would blow a
// document up, and keys that are no scalars or occur twice are errors with line and column.
//
//   const std::vector<spec::Json> documents = formats::parse_yaml(text, "table.yaml").value();
#pragma once

#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/spec/json.hpp"

namespace relume::formats {

Result<std::vector<spec::Json>> parse_yaml(std::string_view text, std::string_view source_name);

}  // namespace relume::formats
