// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The index of a parameter, which no other number is taken for: a position in the data cannot index a parameter.
//
//   ParamId mu = *likelihood.find_parameter("mu");
//   double value = point[mu.index];
#pragma once

#include <compare>
#include <cstddef>

namespace relume {

/// Position of a parameter in a likelihood's parameter vector.
struct ParamId {
  std::size_t index = 0;
  auto operator<=>(const ParamId&) const = default;
};

}  // namespace relume
