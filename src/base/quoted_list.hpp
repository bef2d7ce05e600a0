// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Names as messages list them.
//
//   const std::vector<std::string> names{"a", "b", "c"};
//   quoted_list(names)           // 'a', 'b', 'c'
//   quoted_list(names, " or ")   // 'a', 'b' or 'c'
//   quoted_beginning(names, 2)   // 'a', 'b' and 1 more
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace relume {

std::string quoted_list(std::span<const std::string> names, std::string_view last_separator = ", ");

/// The first `count` names, and how many more there are.
std::string quoted_beginning(std::span<const std::string> names, std::size_t count);

}  // namespace relume
