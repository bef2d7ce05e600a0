// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// In how many directions a point is held.
//
//   const std::size_t held = rank(curvature, free);
//
// Cost: n^3 multiply-adds and n^2 numbers for n free parameters: only where something is known to be flat. Allocates.
#pragma once

#include <cstddef>
#include <span>

#include "relume/math/curvature.hpp"

namespace relume::math {

/// Of the expected curvature (Form::semidefinite) on the free parameters.
std::size_t rank(const Curvature& curvature, std::span<const char> free);

}  // namespace relume::math
