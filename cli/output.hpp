// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Where results go.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "arguments.hpp"
#include "relume/spec/json.hpp"

namespace relume::cli {

/// To standard output, complete or with an error.
void print(std::string_view text);
/// To --output-file.
void write_text(const Arguments& arguments, std::string_view text);
/// A workspace or patch: four spaces and sorted keys, as pyhf writes them.
void write_document(const Arguments& arguments, const spec::Json& document);
/// A result, as `format` says; the table is only made when it is wanted.
void write_result(const Arguments& arguments, const Option& format, const spec::JsonObject& result,
                  const std::function<std::string()>& table);

/// What a document does not hold, for people: on standard error.
void explain(std::string_view text);
/// "relume: ..." on standard error, as one line.
void complain(std::string_view text);
/// "relume: warning: ..." on standard error.
void warn(std::string_view text);

}  // namespace relume::cli
