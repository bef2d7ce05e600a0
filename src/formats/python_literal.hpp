// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Values as Python writes them, with units: numbers, texts, lists, tuples, dictionaries, None, True and False. This is
// a parser of a small grammar, not an interpreter: names and calls are errors.
//
//   Result<Literal> point = parse_literal("[[400.*GeV, 1.*TeV], 2e-3*pb]", "map.txt", 12);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"

namespace relume::formats {

/// Powers of the units that a number came with; it is given in GeV and fb.
struct Dimension {
  int energy = 0;  ///< of GeV
  int area = 0;    ///< of fb
  bool operator==(const Dimension&) const = default;
};

struct Literal {
  enum class Kind : std::uint8_t { none, boolean, number, text, list, tuple, dictionary };
  Kind kind = Kind::none;
  bool truth = false;
  std::uint32_t line = 0;
  Dimension dimension = {};
  double number = 0.0;
  std::string text = {};
  std::vector<Literal> items = {};  ///< of a dictionary: key, value, key, value, …

  bool is_sequence() const { return kind == Kind::list || kind == Kind::tuple; }
  /// The value of a text key in a dictionary; nullptr when there is none.
  const Literal* find(std::string_view key) const;
};

/// "the number 3", "a list of 2": in words.
std::string describe(const Literal& literal);

/// The beginning of a text that may hold anything, for messages.
std::string printable(std::string_view text);

/// All of `text`, whose first line has number `line` in the source. Several values with commas between them, and no
/// brackets around, are a tuple. '#' starts a comment; a backslash joins two lines.
Result<Literal> parse_literal(std::string_view text, std::string_view source_name, std::size_t line);

}  // namespace relume::formats
