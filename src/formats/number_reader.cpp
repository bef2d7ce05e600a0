// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "formats/number_reader.hpp"

#include <limits>

#include <fmt/format.h>

namespace relume::formats {

using spec::Json;
using spec::JsonArray;
using spec::Number;
using spec::Place;
using spec::Problems;
using spec::SquareMatrix;

namespace {

constexpr double unread = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double read_double(const Json* node, const Place& place, Problems& problems) {
  const std::optional<Number> number = read_number(node, place, problems);
  return number ? number->value : unread;
}

std::optional<double> read_optional(const Json* node, const Place& place, Problems& problems) {
  if (node == nullptr || node->is_null()) return std::nullopt;
  return read_double(node, place, problems);
}

std::vector<double> read_doubles(const Json* node, const Place& place, Problems& problems) {
  return read_list<double>(node, 0, place, problems,
                           [](const Json& item, const Place& p, Problems& q) { return read_double(&item, p, q); });
}

std::vector<std::optional<double>> read_optionals(const Json* node, const Place& place, Problems& problems) {
  if (node != nullptr && node->is_null()) return {};
  return read_list<std::optional<double>>(node, 0, place, problems, [](const Json& item, const Place& p, Problems& q) {
    return read_optional(&item, p, q);
  });
}

SquareMatrix read_matrix(const Json* node, const Place& place, Problems& problems) {
  SquareMatrix matrix;
  const JsonArray* rows = read_array(node, 1, place, problems);
  if (rows == nullptr || rows->empty()) return matrix;
  const std::size_t size = rows->size();
  bool is_square = true;
  for (std::size_t i = 0; i < size; ++i) {
    const Place here = place / i;
    const JsonArray* row = read_array(&(*rows)[i], 0, here, problems);
    is_square = is_square && row != nullptr && row->size() == size;
    if (row != nullptr && row->size() != size) {
      problems.add(ErrorCode::schema, here,
                   fmt::format("the row has {} entries, but the matrix has {} rows", row->size(), size));
    }
    for (std::size_t j = 0; is_square && j < size; ++j) {
      matrix.values.push_back(read_double(&(*row)[j], here / j, problems));
    }
  }
  if (!is_square) return {};
  matrix.size = size;
  return matrix;
}

}  // namespace relume::formats
