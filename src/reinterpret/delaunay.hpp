// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Delaunay triangulations by Qhull.
#pragma once

#include <cstddef>
#include <vector>

#include "relume/base/error.hpp"

namespace relume::reinterpret {

/// Simplices of points in n >= 2 dimensions (row by row), n + 1 corners each, one after the other. The points must not
/// lie in a plane of fewer dimensions.
Result<std::vector<std::size_t>> delaunay(std::vector<double> points, std::size_t n_dimensions);

}  // namespace relume::reinterpret
