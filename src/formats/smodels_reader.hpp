// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the files of a directory of the SModels data base have in common with it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/spec/smodels.hpp"

namespace relume::formats {

/// As read_smodels_map, and the keys that nothing was made of.
Result<spec::MassMap> read_map(std::string_view text, std::string_view source_name, spec::MapKind kind,
                               std::vector<std::string>& unused);

}  // namespace relume::formats
