// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A command line, checked against the option tables.
//
//   ParsedLine line = parse(argc, argv);
//   return line.command->run(line.arguments);
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands.hpp"

namespace relume::cli {

/// The command line is wrong whatever the files say: exit code 1.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What was given for one command. Values have been checked against their options, so that reading them cannot fail.
class Arguments {
 public:
  std::map<const Option*, std::vector<std::string>> values;  ///< flags: one empty text each
  std::vector<std::string> positionals;                      ///< defaults filled in
  bool workspace_was_given = false;                          ///< the first positional is not a default

  bool given(const Option& option) const { return values.contains(&option); }
  /// Of the last occurrence; the default when there is none.
  std::string text(const Option& option) const;
  double number(const Option& option) const;
  std::int64_t integer(const Option& option) const;
  std::optional<double> optional_number(const Option& option) const;
  std::vector<double> numbers(const Option& option) const;  ///< of all occurrences
  std::vector<std::string> all(const Option& option) const;
  std::vector<std::pair<std::string, double>> assignments(const Option& option) const;
  std::vector<std::pair<std::string, std::string>> pairs(const Option& option) const;
};

struct ParsedLine {
  const Command* command = nullptr;  ///< nullptr: `message` is all there is to do
  Arguments arguments;
  std::string message;  ///< help or version, for standard output
};

/// Throws UsageError.
ParsedLine parse(int argc, char** argv);

}  // namespace relume::cli
