// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "base/quoted_list.hpp"

#include <algorithm>

namespace relume {

std::string quoted_list(std::span<const std::string> names, std::string_view last_separator) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text.append(i + 1 == names.size() ? last_separator : std::string_view{", "});
    text.append("'").append(names[i]).append("'");
  }
  return text;
}

std::string quoted_beginning(std::span<const std::string> names, std::size_t count) {
  const std::size_t shown = std::min(count, names.size());
  std::string text = quoted_list(names.first(shown));
  if (shown < names.size()) text.append(" and ").append(std::to_string(names.size() - shown)).append(" more");
  return text;
}

}  // namespace relume
