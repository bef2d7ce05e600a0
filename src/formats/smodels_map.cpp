// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One map of the SModels data base: a list of points in mass space, each with its value.
#include <algorithm>
#include <numeric>
#include <span>

#include <fmt/format.h>

#include "formats/smodels_reader.hpp"
#include "formats/text_entries.hpp"
#include "relume/formats/smodels.hpp"

namespace relume::formats {

using spec::MapCoordinate;
using spec::MapKind;
using spec::MapValues;
using spec::MassMap;

namespace {

using Kind = Literal::Kind;

constexpr Dimension energy{1, 0}, cross_section{0, 1};
/// What one file can be expected to have wrong in the same way; the reader of the message needs the first ones.
constexpr std::size_t max_problems_of_a_map = 20;

/// Points as they are written: nested by branches ("[[m1, m2], [m1, (m2, width)]]"), or flat with a dataMap.
class PointReader {
 public:
  PointReader(TextEntries& entries, Errors& problems, std::string_view source)
      : entries_(entries), problems_(problems), source_(source) {}

  std::vector<MapCoordinate> coordinates;

  /// What a dataMap says about flat points: {0: (1, 'mass', GeV), 1: (1, 'totalwidth', GeV), …}.
  void read_data_map() {
    if (!entries_.has("dataMap")) return;
    const std::optional<Literal> map = entries_.literal("dataMap");
    if (!map) return;
    if (map->kind != Kind::dictionary) return add(*map, "'dataMap' must be a dictionary, not " + describe(*map));
    const std::size_t n = map->items.size() / 2;
    coordinates.resize(n);
    units_.resize(n, 1.0);
    std::vector<bool> is_set(n, false);
    for (std::size_t i = 0; i + 1 < map->items.size(); i += 2) {
      const Literal& key = map->items[i];
      const Literal& value = map->items[i + 1];
      const bool is_sound = key.kind == Kind::number && key.number >= 0 && key.number < static_cast<double>(n) &&
                            value.is_sequence() && value.items.size() == 3 && value.items[0].kind == Kind::number &&
                            value.items[0].number >= 0 && value.items[0].number < 1e6 &&
                            value.items[1].kind == Kind::text && value.items[2].kind == Kind::number &&
                            value.items[2].dimension == energy;
      if (!is_sound) return add(value, "an entry of 'dataMap' must be like 0: (1, 'mass', GeV)");
      const auto at = static_cast<std::size_t>(key.number);
      const std::string& attribute = value.items[1].text;
      if (is_set[at] || (attribute != "mass" && attribute != "totalwidth")) {
        return add(value, fmt::format("'dataMap' has '{}' at {}", printable(attribute), at),
                   "it can have 'mass' or 'totalwidth', once at each position from 0 on");
      }
      is_set[at] = true;
      const auto node = static_cast<std::size_t>(value.items[0].number);
      const bool is_width = attribute == "totalwidth";
      coordinates[at] = {fmt::format("{} of node {}", is_width ? "width" : "mass", node), is_width, 0, node};
      units_[at] = value.items[2].number;
    }
    is_flat_ = true;
  }

  /// Appends the coordinates of a point; false when it is none.
  bool read(const Literal& point, std::vector<double>& into) {
    if (!point.is_sequence()) return refuse(point, "a point must be a list of masses, not " + describe(point));
    const bool looks_flat = !point.items.empty() && point.items.front().kind == Kind::number;
    if (looks_flat) return read_flat(point, into);
    if (is_flat_) return refuse(point, "a point must be a list of numbers, as 'dataMap' says");
    masses_.clear();
    widths_.clear();
    layout_.clear();
    for (std::size_t b = 0; b < point.items.size(); ++b) {
      if (!read_branch(point.items[b], b + 1)) return false;
    }
    if (masses_.empty()) return refuse(point, "a point has no masses");
    if (coordinates.empty()) {
      // Masses first, then widths, as SModels orders them.
      for (const bool is_width : {false, true}) {
        for (const MapCoordinate& c : layout_) {
          if (c.is_width == is_width) coordinates.push_back(c);
        }
      }
      first_layout_ = layout_;
      for (MapCoordinate& c : coordinates) {
        c.name = fmt::format("{} {} of branch {}", c.is_width ? "width" : "mass", c.particle, c.branch);
      }
    } else if (layout_ != first_layout_) {
      return refuse(point, "a point has another form than the first one");
    }
    into.insert(into.end(), masses_.begin(), masses_.end());
    into.insert(into.end(), widths_.begin(), widths_.end());
    return true;
  }

  std::size_t n_problems() const { return n_problems_; }

  bool refuse(const Literal& where, std::string message, std::string hint = {}) {
    add(where, std::move(message), std::move(hint));
    return false;
  }

 private:
  void add(const Literal& where, std::string message, std::string hint = {}) {
    if (++n_problems_ <= max_problems_of_a_map) {
      problems_.push_back(
          {ErrorCode::schema, fmt::format("{}:{}", source_, where.line), std::move(message), std::move(hint)});
    }
  }

  bool read_flat(const Literal& point, std::vector<double>& into) {
    if (!is_flat_) {
      return refuse(point, "a point is a list of numbers, and there is no 'dataMap' that says of what",
                    "write it as [[m1, m2], [m1, m2]], with units");
    }
    if (point.items.size() != coordinates.size()) {
      return refuse(point,
                    fmt::format("a point has {} numbers, 'dataMap' has {}", point.items.size(), coordinates.size()));
    }
    for (std::size_t i = 0; i < point.items.size(); ++i) {
      const Literal& item = point.items[i];
      const bool is_plain = item.dimension == Dimension{};
      if (item.kind != Kind::number || item.number < 0.0 || (!is_plain && item.dimension != energy)) {
        return refuse(item, fmt::format("the {} must be a number, not {}", coordinates[i].name, describe(item)));
      }
      into.push_back(is_plain ? item.number * units_[i] : item.number);
    }
    return true;
  }

  bool read_branch(const Literal& branch, std::size_t number) {
    const auto is_anything = [](const Literal& l) { return l.kind == Kind::text && l.text == "*"; };
    if (is_anything(branch)) return true;
    if (!branch.is_sequence()) return refuse(branch, "a branch must be a list of masses, not " + describe(branch));
    for (std::size_t p = 0; p < branch.items.size(); ++p) {
      const Literal& item = branch.items[p];
      if (is_anything(item)) continue;
      if (item.kind == Kind::tuple && item.items.size() == 2) {
        if (!read_energy(item.items[0], masses_) || !read_energy(item.items[1], widths_)) return false;
        layout_.push_back({{}, false, number, p + 1});
        layout_.push_back({{}, true, number, p + 1});
      } else {
        if (!read_energy(item, masses_)) return false;
        layout_.push_back({{}, false, number, p + 1});
      }
    }
    return true;
  }

  bool read_energy(const Literal& item, std::vector<double>& into) {
    if (item.kind != Kind::number || item.dimension != energy || item.number < 0.0) {
      return refuse(item, "a mass or width must be a number with a unit, such as 400.*GeV, not " + describe(item));
    }
    into.push_back(item.number);
    return true;
  }

  TextEntries& entries_;
  Errors& problems_;
  std::string_view source_;
  std::vector<double> masses_, widths_, units_;
  std::vector<MapCoordinate> layout_, first_layout_;
  bool is_flat_ = false;
  std::size_t n_problems_ = 0;
};

/// Two values at one point: which of them was meant?
void check_repeated(const MapValues& map, std::size_t n_coordinates, const Literal& list, PointReader& reader) {
  const auto row = [&](std::size_t i) {
    return std::span<const double>(map.points).subspan(i * n_coordinates, n_coordinates);
  };
  const auto less = [&](std::size_t a, std::size_t b) {
    return std::lexicographical_compare(row(a).begin(), row(a).end(), row(b).begin(), row(b).end());
  };
  std::vector<std::size_t> order(map.values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), less);
  for (std::size_t i = 1; i < order.size(); ++i) {
    const std::size_t a = order[i - 1], b = order[i];
    if (less(a, b) || map.values[a] == map.values[b]) continue;
    reader.refuse(list.items[b], fmt::format("the point of line {} again, with another value: {} and {}",
                                             list.items[a].line, map.values[a], map.values[b]));
  }
}

std::optional<MapValues> read_values(TextEntries& entries, std::string_view key, MapKind kind, PointReader& reader) {
  const std::optional<Literal> list = entries.literal(key);
  if (!list) return std::nullopt;
  if (!list->is_sequence() || list->items.empty()) {
    entries.add(list->line, ErrorCode::schema,
                fmt::format("'{}' must be a list of points with values, not {}", key, describe(*list)));
    return std::nullopt;
  }
  const Dimension wanted = kind == MapKind::efficiencies ? Dimension{} : cross_section;
  MapValues map;
  for (const Literal& item : list->items) {
    if (!item.is_sequence() || item.items.size() != 2) {
      reader.refuse(item, "expected a point and its value, not " + describe(item));
      continue;
    }
    const Literal& value = item.items[1];
    if (value.kind != Kind::number || value.dimension != wanted || value.number < 0.0) {
      reader.refuse(value,
                    fmt::format("the value at a point must be {}, not negative, not {}",
                                kind == MapKind::efficiencies ? "a plain number" : describe(wanted), describe(value)));
      continue;
    }
    if (reader.read(item.items[0], map.points)) map.values.push_back(value.number);
  }
  if (reader.n_problems() == 0) check_repeated(map, reader.coordinates.size(), *list, reader);
  if (reader.n_problems() > max_problems_of_a_map) {
    entries.add(list->line, ErrorCode::schema,
                fmt::format("{} more problems with '{}'", reader.n_problems() - max_problems_of_a_map, key));
  }
  if (reader.n_problems() > 0) return std::nullopt;
  return map;
}

}  // namespace

Result<MassMap> read_smodels_map(std::string_view text, std::string_view source_name, MapKind kind) {
  std::vector<std::string> unused;
  return read_map(text, source_name, kind, unused);
}

Result<MassMap> read_map(std::string_view text, std::string_view source_name, MapKind kind,
                         std::vector<std::string>& unused) {
  Errors problems;
  TextEntries entries(source_name, problems);
  entries.read(text);
  if (!problems.empty()) return problems;
  MassMap map;
  map.kind = kind;
  if (entries.require("txName")) map.name = entries.name("txName").value_or("");
  if (map.name.empty() && problems.empty()) entries.add(entries.line_of("txName"), ErrorCode::schema, "has no name");
  map.constraint = entries.text("constraint").value_or("");
  map.axes = entries.text(entries.has("axesMap") && !entries.has("axes") ? "axesMap" : "axes").value_or("");
  map.source = entries.text("source").value_or("");
  map.validated = entries.text("validated").value_or("");
  PointReader reader(entries, problems, source_name);
  reader.read_data_map();
  const bool is_efficiency = kind == MapKind::efficiencies;
  const std::string_view wanted = is_efficiency ? "efficiencyMap" : "upperLimits";
  if (entries.require(wanted)) {
    std::optional<MapValues> values = read_values(entries, wanted, kind, reader);
    if (values)
      map.observed = *std::move(values);
    else if (problems.empty())
      entries.add(entries.line_of(wanted), ErrorCode::schema, "has no values");
  }
  if (!is_efficiency && problems.empty() && entries.has("expectedUpperLimits")) {
    map.expected = read_values(entries, "expectedUpperLimits", kind, reader);
  }
  map.coordinates = std::move(reader.coordinates);
  unused = entries.unused();
  if (!problems.empty()) return problems;
  return map;
}

}  // namespace relume::formats
