// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// JSON text <-> spec::Json. Numbers round-trip exactly; NaN, an infinity, a number beyond the range of a double,
// invalid UTF-8 and nesting deeper than `max_json_depth` are errors with line and column; so are all duplicate keys,
// each with the JSON pointer of its object.
//
//   spec::Json document = formats::parse_json(text, "file.json").value();
//   std::string text = formats::write_json(document, {.indent = 4, .sort_keys = true});
//
// Cost: about 1 ms per MB to read, 40 bytes of memory per value. Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "relume/base/error.hpp"
#include "relume/spec/json.hpp"

namespace relume::formats {

/// Deeper nesting is refused: no statistical model needs it, and it protects the stack of everything downstream.
inline constexpr int max_json_depth = 200;

Result<spec::Json> parse_json(std::string_view text, std::string_view source_name);

struct JsonStyle {
  int indent = 4;           ///< spaces per level; 0 puts everything on one line with Python's ", " and ": "
  bool sort_keys = false;   ///< by Unicode code point, as Python does
  bool ascii_only = false;  ///< \uXXXX escapes beyond ASCII
};

/// Doubles are written as Python's repr does (shortest digits that round-trip: 1.0, 1e-07, 1e+22). NaN and infinities,
/// which JSON lacks, are written as null.
std::string write_json(const spec::Json& document, const JsonStyle& style = {});

/// "/channels/0/samples" + "a/b" -> "/channels/0/samples/a~1b" (RFC 6901).
std::string join_pointer(std::string_view pointer, std::string_view key);
std::string join_pointer(std::string_view pointer, std::size_t index);

}  // namespace relume::formats
