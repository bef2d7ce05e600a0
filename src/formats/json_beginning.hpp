// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A look at the first part of a long stream, so that a gigabyte of brackets is not collected before it is refused.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "relume/base/error.hpp"

namespace relume::formats {

/// When this much has come from a stream whose length is unknown, it is looked at once (about 2 ms).
constexpr std::size_t enough_to_look_at = std::size_t{1} << 20;

/// What is wrong with a document that begins like this, however it goes on; nothing when it may still become one, or is
/// packed.
std::optional<Errors> hopeless_beginning(std::string_view beginning, std::string_view source_name);

}  // namespace relume::formats
