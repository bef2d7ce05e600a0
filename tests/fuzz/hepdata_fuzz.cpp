// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// HEPData tables in JSON and YAML: what is made of a table is a valid likelihood, or an error that says why not.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relume/formats/hepdata.hpp"
#include "relume/spec/validate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<spec::HepdataTable> table = formats::read_hepdata_table(text, "fuzz");
  if (!table) return to_string(table.errors()).empty() ? (std::abort(), 0) : 0;
  const auto matrix = formats::matrix_from_table(*table, {});
  if (matrix && matrix->matrix.values.size() != matrix->labels.size() * matrix->labels.size()) std::abort();
  if (!matrix && to_string(matrix.errors()).empty()) std::abort();
  const auto points = formats::points_from_table(*table, "", "fuzz");
  if (points && points->points.size() != points->values.size()) std::abort();
  for (const auto& made : {formats::publication_from_tables(*table, std::nullopt, {}),
                           formats::publication_from_tables(*table, *table, {})}) {
    if (made && !spec::validate(made->publication, "fuzz").empty()) std::abort();
  }
  return 0;
}
