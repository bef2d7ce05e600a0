// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "output.hpp"

#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "relume/formats/input.hpp"
#include "relume/formats/json.hpp"

namespace relume::cli {
namespace {

/// Names come from files, and control characters in them could move the cursor, hide text or end a line early.
std::string printable(std::string_view text, bool keep_line_breaks) {
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool has_next = i + 1 < text.size();
    // The controls U+0080 to U+009F are C2 80 to C2 9F in UTF-8.
    if (byte == 0xc2 && has_next && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else if ((byte < 0x20 && !(byte == '\n' && keep_line_breaks)) || byte == 0x7f) {
      safe += fmt::format("\\x{:02x}", byte);
    } else {
      safe += text[i];
    }
  }
  return safe;
}

}  // namespace

void print(std::string_view text) { formats::write_output("-", text).value(); }

void write_text(const Arguments& arguments, std::string_view text) {
  const std::string name = arguments.given(options::output_file) ? arguments.text(options::output_file) : "-";
  formats::write_output(name, text).value();
}

void write_document(const Arguments& arguments, const spec::Json& document) {
  write_text(arguments, formats::write_json(document, {.indent = 4, .sort_keys = true}) + '\n');
}

void write_result(const Arguments& arguments, const Option& format, const spec::JsonObject& result,
                  const std::function<std::string()>& table) {
  if (arguments.text(format) == "table") {
    write_text(arguments, printable(table(), true));
  } else {
    write_text(arguments, formats::write_json(result, {.indent = 4}) + '\n');
  }
}

void explain(std::string_view text) {
  const std::string safe = printable(text, true);
  std::fwrite(safe.data(), 1, safe.size(), stderr);
}

void complain(std::string_view text) {
  const std::string line = fmt::format("relume: {}\n", printable(text, false));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void warn(std::string_view text) { complain(fmt::format("warning: {}", text)); }

}  // namespace relume::cli
