// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Text files of "key: value" entries, as the SModels data base has them. A value goes on in the next line when its line
// ends with a comma or a backslash, or when the next one begins with a blank or a closing brace. '#' starts a comment.
//
//   TextEntries entries("dataInfo.txt", problems);
//   entries.read(text);
//   std::optional<double> n = entries.number("observedN", {});
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/python_literal.hpp"
#include "relume/base/error.hpp"

namespace relume::formats {

class TextEntries {
 public:
  /// Problems are added to `problems`, as file:line; both must outlive this.
  TextEntries(std::string_view source_name, Errors& problems) : source_(source_name), problems_(problems) {}

  /// The values refer to `text`.
  void read(std::string_view text);

  bool has(std::string_view key) const;
  std::size_t line_of(std::string_view key) const;

  // Each of these marks the key as used, and gives nothing where it is missing, None, or wrong, which is reported.

  /// As written, without comments, in one line.
  std::optional<std::string> text(std::string_view key);
  /// As written or, when it is in quotes, what is in them.
  std::optional<std::string> name(std::string_view key);
  std::optional<Literal> literal(std::string_view key);
  /// In GeV and fb.
  std::optional<double> number(std::string_view key, Dimension dimension);

  /// Keys that nobody has asked for, in the order of the file.
  std::vector<std::string> unused() const;

  void add(std::size_t line, ErrorCode code, std::string message, std::string hint = {});
  /// The key is needed: reported when it is missing.
  bool require(std::string_view key);

 private:
  struct Entry {
    std::string_view key, value;
    std::size_t line;
    bool is_used = false;
  };
  Entry* find(std::string_view key);

  std::string_view source_;
  Errors& problems_;
  std::vector<Entry> entries_;
};

/// "an energy", "a cross section": what a number with these units is.
std::string_view describe(Dimension dimension);

}  // namespace relume::formats
