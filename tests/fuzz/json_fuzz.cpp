// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What is read is written as text that reads as the same document.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relume/formats/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<spec::Json> document = formats::parse_json(text, "fuzz");
  if (!document) return to_string(document.errors()).empty() ? (std::abort(), 0) : 0;
  for (const formats::JsonStyle& style :
       {formats::JsonStyle{.indent = 0}, formats::JsonStyle{.indent = 4, .sort_keys = true, .ascii_only = true}}) {
    const Result<spec::Json> again = formats::parse_json(formats::write_json(*document, style), "fuzz");
    if (!again || !equal(*again, *document)) std::abort();
  }
  return 0;
}
