// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// "Did you mean": the candidates that look most like a name that was not found, for hints in errors.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace relume {

/// At most `count` candidates, most alike first; candidates that are nothing like `name` are left out. Cost: name
/// length times the total length of the candidates, so only for the error path.
std::vector<std::string> nearest(std::string_view name, std::span<const std::string> candidates, std::size_t count);

/// "did you mean 'a' or 'b'?", or, when nothing is alike, "there are: 'x', 'y', ...", or nothing when there are no
/// candidates.
std::string hint_for_unknown(std::string_view name, std::span<const std::string> candidates);

}  // namespace relume
