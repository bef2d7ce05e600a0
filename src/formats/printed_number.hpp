// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Numbers as tables print them.
//
//   parse_number(" +1.50 ")   // 1.5
//   printed_unit("1.50")      // 0.01: one step of its last digit
#pragma once

#include <optional>
#include <string_view>

namespace relume::formats {

/// A finite number and nothing else but white space around it.
std::optional<double> parse_number(std::string_view text);

/// One unit of the last digit that is printed; of a text that parse_number accepts.
double printed_unit(std::string_view text);

}  // namespace relume::formats
