// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "output.hpp"

#include <cstdio>

#include "relume/formats/input.hpp"
#include "relume/formats/json.hpp"

namespace relume::cli {

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
    write_text(arguments, table());
  } else {
    write_text(arguments, formats::write_json(result, {.indent = 4}) + '\n');
  }
}

void warn(std::string_view text) {
  std::fprintf(stderr, "relume: warning: %.*s\n", static_cast<int>(text.size()), text.data());
}

}  // namespace relume::cli
