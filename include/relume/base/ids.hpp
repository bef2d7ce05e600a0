// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Index types that cannot be mixed up: a bin cannot index a parameter.
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

/// Position of a bin in the main data, all channels one after the other.
struct BinId {
  std::size_t index = 0;
  auto operator<=>(const BinId&) const = default;
};

}  // namespace relume
