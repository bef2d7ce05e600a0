// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A table as published on HEPData: columns of cells, numbers as they are printed, because the number of digits says how
// far a table is rounded. One table is no likelihood; formats/hepdata.hpp makes one of several.
//
//   for (const spec::HepdataColumn& column : table.dependent) use(column.name, column.cells.size());
//
// Thread-safety: values.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "relume/spec/json.hpp"

namespace relume::spec {

/// An uncertainty of a cell; numbers may end with a per cent sign, which relates them to the value.
struct HepdataError {
  std::string label = {};      ///< may be empty
  std::string symmetric = {};  ///< or, where this is empty:
  std::string plus = {}, minus = {};
  bool operator==(const HepdataError&) const = default;
};

/// A value, a bin, or a value with the bin that it stands for; "-" and nothing mean that there is no value.
struct HepdataCell {
  std::string value = {}, low = {}, high = {};
  std::vector<HepdataError> errors = {};
  bool operator==(const HepdataCell&) const = default;
};

struct HepdataColumn {
  std::string name = {}, unit = {};
  std::vector<std::pair<std::string, std::string>> qualifiers = {};
  std::vector<HepdataCell> cells = {};  ///< one per row
  bool operator==(const HepdataColumn&) const = default;
};

struct HepdataTable {
  std::string name = {}, description = {};
  std::vector<HepdataColumn> independent = {};  ///< region names, bins, masses
  std::vector<HepdataColumn> dependent = {};    ///< what was measured there
  Json metadata = {};                           ///< what else the file says: an object or null

  std::size_t n_rows() const { return independent.empty() ? 0 : independent.front().cells.size(); }
  bool operator==(const HepdataTable& other) const {
    return name == other.name && description == other.description && independent == other.independent &&
           dependent == other.dependent && equal(metadata, other.metadata);
  }
};

}  // namespace relume::spec
