// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One operation of a JSON Patch (RFC 6902), and JSON pointers (RFC 6901) as lists of tokens.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/spec/json.hpp"
#include "spec/problems.hpp"

namespace relume::formats {

using Tokens = std::vector<std::string>;

/// "/a~1b/0" -> {"a/b", "0"}; "" -> {}. Nothing if it does not start with '/' or has a '~' without 0 or 1.
std::optional<Tokens> split_pointer(std::string_view pointer);

/// A token as an index into a list: digits without leading zeros.
std::optional<std::size_t> parse_index(std::string_view token);

enum class OperationKind { add, remove, replace, move, copy, test };

/// Refers into the JSON that it was read from.
struct Operation {
  OperationKind kind = OperationKind::test;
  std::string_view path, from;
  const spec::Json* value = nullptr;
};

/// Reads one operation; what is wrong with it is reported and gives nothing. Members that the operation has no use for
/// are ignored, as RFC 6902 asks.
std::optional<Operation> read_operation(const spec::Json& node, const spec::Place& place, spec::Problems& problems);

std::string_view to_string(OperationKind kind);

}  // namespace relume::formats
