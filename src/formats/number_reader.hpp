// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Numbers of publications out of a spec::Json. What could not be read is NaN, or an empty matrix, which the checks that
// follow pass over (spec::Completeness::partial).
#pragma once

#include <optional>
#include <vector>

#include "formats/node_reader.hpp"
#include "relume/spec/matrix.hpp"

namespace relume::formats {

double read_double(const spec::Json* node, const spec::Place& place, spec::Problems& problems);
/// Absent and null both mean that there is none.
std::optional<double> read_optional(const spec::Json* node, const spec::Place& place, spec::Problems& problems);
std::vector<double> read_doubles(const spec::Json* node, const spec::Place& place, spec::Problems& problems);
/// null where there is none; an empty list for an absent or null one.
std::vector<std::optional<double>> read_optionals(const spec::Json* node, const spec::Place& place,
                                                  spec::Problems& problems);
/// Rows of equal length; an empty matrix if that is not what it is.
spec::SquareMatrix read_matrix(const spec::Json* node, const spec::Place& place, spec::Problems& problems);

}  // namespace relume::formats
