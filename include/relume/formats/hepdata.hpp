// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// HEPData tables, as downloaded (JSON) and as submitted (YAML): bytes -> spec::HepdataTable, and from there to yields
// per region, a covariance, and with both to a likelihood (docs/formats/hepdata.md).
//
//   const spec::HepdataTable yields = formats::read_hepdata_table(bytes, "t15.json").value();
//   const spec::HepdataTable covariance = formats::read_hepdata_table(other_bytes, "t14.json").value();
//   formats::NotedPublication made = formats::publication_from_tables(yields, covariance, {}).value();
//
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/formats/noted_publication.hpp"
#include "relume/spec/hepdata_table.hpp"
#include "relume/spec/publication.hpp"

namespace relume::formats {

/// JSON or YAML, by how it begins.
Result<spec::HepdataTable> read_hepdata_table(std::string_view bytes, std::string_view source_name);
/// The layout of a download ("values") or of a submission ("independent_variables").
Result<spec::HepdataTable> hepdata_table_from_json(const spec::Json& document, std::string_view source_name);

enum class TableMatrixKind {
  automatic,    ///< by its headings; failing that, a diagonal of ones is that of correlations
  covariance,   ///< events^2
  correlation,  ///< scaled with the uncertainties of the backgrounds
};
std::optional<TableMatrixKind> table_matrix_kind_from_string(std::string_view name);

struct TableOptions {
  /// Headings of the columns, "HEADING #2" for the second one of this heading; empty: the one that is called so
  /// ("observed", "data"; "total background", …). Tables with one row per process and one column per region are read in
  /// the same way, row by row.
  std::string observed = {}, background = {};
  TableMatrixKind matrix = TableMatrixKind::automatic;
  std::string name = {};  ///< of the likelihood; empty: that of the table of yields
  std::string yields_source = "yields", matrix_source = "covariance";  ///< for messages
};

struct TableYields {
  /// Uncertainties are the errors of the background added in quadrature, asymmetric ones as their mean.
  spec::CountingExperiments experiments;
  std::vector<std::string> notes;  ///< what was taken for what
};
Result<TableYields> yields_from_table(const spec::HepdataTable& table, const TableOptions& options);

struct TableMatrix {
  std::vector<std::string> labels;
  spec::SquareMatrix matrix;  ///< symmetric
  TableMatrixKind kind = TableMatrixKind::covariance;
  std::vector<std::string> notes;
};
/// A table of two independent variables with the same labels, complete or one triangle of it. Entries that differ from
/// their mirror image within the rounding of print are replaced by the mean, and a note says so.
Result<TableMatrix> matrix_from_table(const spec::HepdataTable& table, const TableOptions& options);

/// Efficiencies, acceptances or limits over masses.
struct TablePoints {
  std::vector<std::string> axes = {};
  std::vector<std::vector<double>> points = {};  ///< one coordinate per axis; the middle of a bin
  std::vector<double> values = {};
  std::string unit = {};
  std::size_t n_missing = 0;  ///< rows without a value, which are left out
};
/// `column`: its heading; empty: the only one.
Result<TablePoints> points_from_table(const spec::HepdataTable& table, std::string_view column,
                                      std::string_view source_name);

/// Yields alone are counting experiments; with a matrix they are a simplified likelihood. Regions are matched with the
/// labels of the matrix by name, or by position where the labels are numbers, whose order is that of their values.
Result<NotedPublication> publication_from_tables(const spec::HepdataTable& yields,
                                                 const std::optional<spec::HepdataTable>& matrix,
                                                 const TableOptions& options);

}  // namespace relume::formats
