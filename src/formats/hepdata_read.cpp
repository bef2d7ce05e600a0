// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// HEPData tables; docs/formats/hepdata.md describes both layouts. Keys that are not known are kept in the metadata of
// the table, or passed over in cells: HEPData adds to its downloads what it needs itself.
#include <algorithm>

#include <fmt/format.h>

#include "formats/node_reader.hpp"
#include "formats/text_edges.hpp"
#include "formats/yaml_read.hpp"
#include "relume/formats/hepdata.hpp"
#include "relume/formats/json.hpp"

namespace relume::formats {

using spec::HepdataCell;
using spec::HepdataColumn;
using spec::HepdataError;
using spec::HepdataTable;
using spec::Json;
using spec::JsonArray;
using spec::JsonMember;
using spec::JsonObject;
using spec::Place;
using spec::Problems;

namespace {

constexpr auto optional = Key::Presence::optional;
constexpr auto others = OtherKeys::allowed;
constexpr std::array<Key, 4> cell_keys = {
    {{"value", optional}, {"low", optional}, {"high", optional}, {"errors", optional}}};
constexpr std::array<Key, 3> error_keys = {{{"label", optional}, {"symerror", optional}, {"asymerror", optional}}};
constexpr std::array<Key, 2> asymmetric_keys = {{{"plus"}, {"minus"}}};
constexpr std::array<Key, 2> header_keys = {{{"name"}, {"units", optional}}};
constexpr std::array<Key, 3> column_keys = {{{"header"}, {"qualifiers", optional}, {"values"}}};
constexpr std::array<Key, 3> qualifier_keys = {{{"name"}, {"value", optional}, {"units", optional}}};
constexpr std::array<Key, 2> row_keys = {{{"x"}, {"y"}}};

/// A heading that claims to span more is not believed.
constexpr std::size_t most_columns = 100000;

/// A string as it is, a number as it is printed, nothing for null.
std::string read_printed(const Json* node, const Place& place, Problems& problems) {
  if (node == nullptr || node->is_null()) return {};
  if (const std::string* text = node->string()) return *text;
  if (node->is_number()) return write_json(*node, {.indent = 0});
  report_wrong_type(*node, "a number or a string", place, problems);
  return {};
}

HepdataError read_error(const Json& node, const Place& place, Problems& problems) {
  const auto [label, symmetric, asymmetric] = read_members(node, error_keys, place, problems, others);
  HepdataError error{.label = read_printed(label, place / "label", problems),
                     .symmetric = read_printed(symmetric, place / "symerror", problems)};
  if (asymmetric != nullptr) {
    const Place here = place / "asymerror";
    const auto [plus, minus] = read_members(*asymmetric, asymmetric_keys, here, problems, others);
    error.plus = read_printed(plus, here / "plus", problems);
    error.minus = read_printed(minus, here / "minus", problems);
  }
  if (node.is_object() && (symmetric == nullptr) == (asymmetric == nullptr)) {
    problems.add(ErrorCode::schema, place, "an error has either 'symerror' or 'asymerror'");
  }
  return error;
}

HepdataCell read_cell(const Json& node, const Place& place, Problems& problems) {
  const auto [value, low, high, errors] = read_members(node, cell_keys, place, problems, others);
  return {.value = read_printed(value, place / "value", problems),
          .low = read_printed(low, place / "low", problems),
          .high = read_printed(high, place / "high", problems),
          .errors = read_list<HepdataError>(errors, 0, place / "errors", problems, read_error)};
}

std::pair<std::string, std::string> read_qualifier(const Json& node, const Place& place, Problems& problems) {
  const auto [name, value, units] = read_members(node, qualifier_keys, place, problems, others);
  std::string text = read_printed(value, place / "value", problems);
  if (units != nullptr) text += " " + read_printed(units, place / "units", problems);
  return {read_printed(name, place / "name", problems), std::move(text)};
}

HepdataColumn read_column(const Json& node, const Place& place, Problems& problems) {
  const auto [header, qualifiers, values] = read_members(node, column_keys, place, problems, others);
  HepdataColumn column;
  if (header != nullptr) {
    const Place here = place / "header";
    const auto [name, units] = read_members(*header, header_keys, here, problems, others);
    column.name = read_printed(name, here / "name", problems);
    column.unit = read_printed(units, here / "units", problems);
  }
  column.qualifiers =
      read_list<std::pair<std::string, std::string>>(qualifiers, 0, place / "qualifiers", problems, read_qualifier);
  column.cells = read_list<HepdataCell>(values, 0, place / "values", problems, read_cell);
  return column;
}

/// All members but these.
Json metadata_without(const Json& document, std::initializer_list<std::string_view> keys) {
  JsonObject metadata;
  for (const JsonMember& member : *document.object()) {
    if (std::find(keys.begin(), keys.end(), member.first) == keys.end()) metadata.push_back(member);
  }
  return metadata.empty() ? Json() : Json(std::move(metadata));
}

std::string text_of(const Json& document, std::string_view key, const Place& root, Problems& problems) {
  return read_printed(find(document, key), root / key, problems);
}

HepdataTable read_submission(const Json& document, const Place& root, Problems& problems) {
  const Place x = root / "independent_variables", y = root / "dependent_variables";
  const Json* independent = find(document, "independent_variables");
  const Json* dependent = find(document, "dependent_variables");
  if (independent == nullptr || dependent == nullptr) {
    problems.add(ErrorCode::schema, root,
                 fmt::format("the key '{}' is missing",
                             independent == nullptr ? "independent_variables" : "dependent_variables"));
  }
  HepdataTable table{
      .name = text_of(document, "name", root, problems),
      .description = text_of(document, "description", root, problems),
      .independent = read_list<HepdataColumn>(independent, 1, x, problems, read_column),
      .dependent = read_list<HepdataColumn>(dependent, 0, y, problems, read_column),
      .metadata = metadata_without(document, {"name", "description", "independent_variables", "dependent_variables"})};
  const std::size_t n_rows = table.n_rows();
  const auto check_length = [&](const std::vector<HepdataColumn>& columns, const Place& place) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].cells.size() == n_rows) continue;
      const Place here = place / i;
      problems.add(ErrorCode::schema, here / "values",
                   fmt::format("there are {} values, but the first column has {}", columns[i].cells.size(), n_rows));
    }
  };
  check_length(table.independent, x);
  check_length(table.dependent, y);
  return table;
}

/// Headings of a download, those that span several columns as often as they do.
std::vector<std::string> read_headings(const Json* node, const Place& place, Problems& problems) {
  std::vector<std::string> headings;
  const JsonArray* list = read_array(node, 0, place, problems);
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const Json& item = (*list)[i];
    const Place here = place / i;
    const std::string name = read_printed(item.is_object() ? find(item, "name") : &item, here, problems);
    const Json* span = find(item, "colspan");
    const double n = span != nullptr && span->is_number() ? as_double(*span) : 1.0;
    const auto n_columns = static_cast<std::size_t>(std::clamp(n, 1.0, static_cast<double>(most_columns)));
    if (headings.size() + n_columns > most_columns) break;
    headings.insert(headings.end(), n_columns, name);
  }
  return headings;
}

/// "Mass [GEV]" -> name and unit, as HEPData joins them in a download.
HepdataColumn column_of_heading(const std::string& heading) {
  const std::size_t open = heading.rfind(" [");
  if (open == std::string::npos || !heading.ends_with(']')) return {.name = heading};
  return {.name = heading.substr(0, open), .unit = heading.substr(open + 2, heading.size() - open - 3)};
}

HepdataTable read_download(const Json& document, const Place& root, Problems& problems) {
  HepdataTable table{.name = text_of(document, "name", root, problems),
                     .description = text_of(document, "description", root, problems),
                     .metadata = metadata_without(document, {"name", "description", "headers", "values"})};
  const std::vector<std::string> headings = read_headings(find(document, "headers"), root / "headers", problems);
  const Place values = root / "values";
  const JsonArray* rows = read_array(find(document, "values"), 1, values, problems);
  std::size_t n_x = 0, n_y = 0;
  for (std::size_t r = 0; rows != nullptr && r < rows->size(); ++r) {
    const Place here = values / r;
    const auto [x, y] = read_members((*rows)[r], row_keys, here, problems, others);
    std::vector<HepdataCell> x_cells = read_list<HepdataCell>(x, 1, here / "x", problems, read_cell);
    std::vector<HepdataCell> y_cells = read_list<HepdataCell>(y, 0, here / "y", problems, read_cell);
    if (r == 0) {
      n_x = x_cells.size();
      n_y = y_cells.size();
      const auto column = [&](std::size_t i) {
        return i < headings.size() ? column_of_heading(headings[i]) : HepdataColumn{};
      };
      for (std::size_t i = 0; i < n_x; ++i) table.independent.push_back(column(i));
      for (std::size_t i = 0; i < n_y; ++i) table.dependent.push_back(column(n_x + i));
    }
    if (x_cells.size() != n_x || y_cells.size() != n_y) {
      problems.add(ErrorCode::schema, here,
                   fmt::format("the row has {} and {} cells, the first one has {} and {}", x_cells.size(),
                               y_cells.size(), n_x, n_y));
      continue;
    }
    for (std::size_t i = 0; i < n_x; ++i) table.independent[i].cells.push_back(std::move(x_cells[i]));
    for (std::size_t i = 0; i < n_y; ++i) table.dependent[i].cells.push_back(std::move(y_cells[i]));
  }
  return table;
}

Error not_a_table(std::string_view source_name, std::string what, std::string hint) {
  return {ErrorCode::unsupported, std::string(source_name), "this is " + std::move(what) + ", not a HEPData table",
          std::move(hint)};
}

}  // namespace

Result<HepdataTable> hepdata_table_from_json(const Json& document, std::string_view source_name) {
  Problems problems(source_name);
  const Place root;
  if (!document.is_object()) {
    return not_a_table(source_name, describe(document), "a table is an object with its values");
  }
  const bool is_submission =
      find(document, "independent_variables") != nullptr || find(document, "dependent_variables") != nullptr;
  if (!is_submission && find(document, "data_tables") != nullptr) {
    return not_a_table(source_name, "a HEPData record", "download its tables, each as a file");
  }
  if (!is_submission && find(document, "data_file") != nullptr) {
    return not_a_table(source_name, "the index of a HEPData submission", "give the files that it names as 'data_file'");
  }
  if (!is_submission && find(document, "values") == nullptr) {
    return not_a_table(source_name, "an object without 'values'",
                       "a download has 'values', a submission 'independent_variables' and 'dependent_variables'");
  }
  HepdataTable table =
      is_submission ? read_submission(document, root, problems) : read_download(document, root, problems);
  if (!problems.empty()) return problems.take();
  return table;
}

Result<HepdataTable> read_hepdata_table(std::string_view bytes, std::string_view source_name) {
  bytes = without_byte_order_mark(bytes);
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && (bytes[first] == '{' || bytes[first] == '[')) {
    const Result<Json> document = parse_json(bytes, source_name);
    if (!document) return document.errors();
    return hepdata_table_from_json(*document, source_name);
  }
  const Result<std::vector<Json>> documents = parse_yaml(bytes, source_name);
  if (!documents) return documents.errors();
  if (documents->empty()) return not_a_table(source_name, "an empty file", {});
  for (const Json& document : *documents) {
    // A file of several documents is an index, or a whole submission in one file: the tables are then one of many.
    if (documents->size() > 1 && find(document, "data_file") != nullptr) {
      return hepdata_table_from_json(document, source_name);
    }
  }
  if (documents->size() > 1) {
    return not_a_table(source_name, fmt::format("{} YAML documents", documents->size()), "give one table per file");
  }
  return hepdata_table_from_json(documents->front(), source_name);
}

}  // namespace relume::formats
