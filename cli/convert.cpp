// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "model_input.hpp"
#include "output.hpp"
#include "relume/edit/as_pyhf.hpp"
#include "relume/formats/hepdata.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/publication.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/formats/pyhf_json.hpp"

namespace relume::cli {
namespace {

spec::HepdataTable read_table(const std::string& name) {
  const std::string bytes = formats::read_input(name).value();
  return formats::read_hepdata_table(bytes, source_name(name)).value();
}

void tell(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) explain(fmt::format("relume: note: {}\n", note));
}

formats::TableOptions table_options(const Arguments& arguments) {
  formats::TableOptions options;
  if (arguments.given(options::observed_column)) options.observed = arguments.text(options::observed_column);
  if (arguments.given(options::background_column)) options.background = arguments.text(options::background_column);
  options.matrix = formats::table_matrix_kind_from_string(arguments.text(options::matrix_kind)).value();
  return options;
}

formats::NotedPublication from_tables(const Arguments& arguments, const std::string& name) {
  formats::TableOptions options = table_options(arguments);
  options.yields_source = source_name(name);
  std::optional<spec::HepdataTable> matrix;
  if (arguments.given(options::subset)) throw UsageError("--subset is about files of MadAnalysis 5, not about tables");
  if (arguments.given(options::convert_covariance)) {
    const std::string matrix_name = arguments.text(options::convert_covariance);
    refuse_shared_standard_input({name, matrix_name});
    options.matrix_source = source_name(matrix_name);
    matrix = read_table(matrix_name);
  }
  return formats::publication_from_tables(read_table(name), matrix, options).value();
}

/// Options about tables say that the input is one; without them its content does.
formats::NotedPublication read_any(const Arguments& arguments) {
  const std::string& name = arguments.positionals.front();
  for (const Option* option : {&options::convert_covariance, &options::observed_column, &options::background_column}) {
    if (arguments.given(*option)) return from_tables(arguments, name);
  }
  formats::ReadOptions read{.yields = table_options(arguments)};
  if (arguments.given(options::subset)) read.subset = arguments.text(options::subset);
  return formats::read_publication_input(name, read).value();
}

void refuse_loss(const std::vector<std::string>& lost, const std::string& source) {
  Errors errors;
  for (const std::string& what : lost) {
    errors.push_back({ErrorCode::unsupported, source, fmt::format("a pyhf workspace cannot say this: {}", what),
                      "--lossy writes it without"});
  }
  if (!errors.empty()) throw Exception(std::move(errors));
}

}  // namespace

int run_convert(const Arguments& arguments) {
  const std::string& name = arguments.positionals.front();
  const bool to_pyhf = arguments.text(options::convert_to) == "pyhf";
  if (arguments.given(options::region) && !to_pyhf)
    throw UsageError("--region is about workspaces: --to pyhf is missing");
  if (arguments.given(options::lossy) && !to_pyhf) {
    throw UsageError("--lossy: a likelihood file holds everything; it is --to pyhf that may lose something");
  }
  if (arguments.given(options::matrix_kind) && !arguments.given(options::convert_covariance)) {
    throw UsageError("--matrix is about the table of --covariance, which is missing");
  }
  const auto [publication, notes] = read_any(arguments);
  tell(notes);
  if (!to_pyhf) {
    // The order of keys is that of the documentation, so that the matrix does not come first.
    write_text(arguments, formats::write_json(formats::likelihood_to_json(publication), {.indent = 1}) + '\n');
    return exit_code::ok;
  }
  edit::PyhfOptions options;
  if (arguments.given(options::region)) options.region = arguments.text(options::region);
  auto converted = edit::as_pyhf(publication, options);
  if (!converted) {
    Errors errors = converted.errors();
    for (Error& error : errors) error.where = fmt::format("{}, {}", source_name(name), error.where);
    throw Exception(std::move(errors));
  }
  if (!arguments.given(options::lossy)) refuse_loss(converted->lost, source_name(name));
  for (const std::string& what : converted->lost) warn(fmt::format("left out: {}", what));
  tell(converted->notes);
  write_document(arguments, formats::workspace_to_json(converted->workspace));
  return exit_code::ok;
}

}  // namespace relume::cli
