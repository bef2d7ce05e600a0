// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/reinterpret/signal_maps.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "base/quoted_list.hpp"
#include "relume/formats/smodels.hpp"

namespace relume::reinterpret {

using spec::Json;
using spec::JsonArray;
using spec::JsonObject;
using spec::MapCoordinate;
using spec::MapKind;
using spec::MassMap;
using spec::SmodelsDataSet;
using spec::SmodelsModelFile;
using spec::SmodelsResult;

namespace {

Error wrong_option(std::string where, std::string message, std::string hint = {}) {
  return {ErrorCode::option, std::move(where), std::move(message), std::move(hint)};
}

std::string names_of(std::span<const MapCoordinate> coordinates) {
  std::string text;
  for (const MapCoordinate& c : coordinates) text += (text.empty() ? "" : ", ") + c.name;
  return text;
}

/// Whether what one branch has, the other has too.
bool has_equal_branches(const MassMap& map) {
  const auto of_branch = [&](std::size_t branch) {
    std::vector<std::pair<bool, std::size_t>> own;
    for (const MapCoordinate& c : map.coordinates) {
      if (c.branch == branch) own.emplace_back(c.is_width, c.particle);
    }
    return own;
  };
  return 2 * of_branch(1).size() == map.coordinates.size() && of_branch(1) == of_branch(2);
}

Result<double> femtobarn(const spec::CrossSection& cross_section) {
  std::string known;
  for (const spec::CrossSectionUnit& unit : spec::cross_section_units) {
    const double value = cross_section.value * unit.femtobarn;
    if (unit.name == cross_section.unit && std::isfinite(value) && value > 0.0) return value;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", unit.name);
  }
  return wrong_option(
      "cross section",
      fmt::format("{:g} {} is not positive and finite, with a unit", cross_section.value, cross_section.unit),
      "units are " + known);
}

Json numbers_to_json(std::span<const double> numbers) { return JsonArray(numbers.begin(), numbers.end()); }

}  // namespace

std::vector<TopologySummary> topologies(const SmodelsResult& result) {
  std::vector<TopologySummary> all;
  for (const SmodelsDataSet& data : result.data_sets) {
    for (const MassMap& map : data.maps) {
      auto found = std::find_if(all.begin(), all.end(), [&](const auto& t) { return t.name == map.name; });
      if (found == all.end()) {
        TopologySummary& made = all.emplace_back();
        made.name = map.name;
        made.kind = map.kind;
        made.constraint = map.constraint;
        made.axes = map.axes;
        for (const MapCoordinate& c : map.coordinates) made.coordinates.push_back(c.name);
        made.lowest.assign(made.coordinates.size(), std::numeric_limits<double>::infinity());
        made.highest.assign(made.coordinates.size(), -std::numeric_limits<double>::infinity());
        found = all.end() - 1;
      }
      found->regions.push_back(data.name);
      found->has_expected = found->has_expected || map.expected.has_value();
      const std::size_t n = map.coordinates.size();
      found->n_points = std::max(found->n_points, map.observed.values.size());
      if (n != found->coordinates.size()) continue;
      for (std::size_t i = 0; i < map.observed.points.size(); ++i) {
        found->lowest[i % n] = std::min(found->lowest[i % n], map.observed.points[i]);
        found->highest[i % n] = std::max(found->highest[i % n], map.observed.points[i]);
      }
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

Result<SignalMaps> SignalMaps::make(const SmodelsResult& result, std::string_view topology) {
  SignalMaps made;
  made.id_ = result.id;
  made.topology_ = topology;
  made.luminosity_ = result.luminosity;
  made.model_files_ = result.model_files;
  for (const SmodelsDataSet& data : result.data_sets) {
    const auto map =
        std::find_if(data.maps.begin(), data.maps.end(), [&](const MassMap& m) { return m.name == topology; });
    if (map == data.maps.end()) {
      made.without_map_.push_back(data.name);
      continue;
    }
    made.maps_.push_back(*map);
    made.regions_.push_back(data.name);
  }
  if (made.maps_.empty()) {
    std::vector<std::string> names;
    for (const TopologySummary& t : topologies(result)) names.push_back(t.name);
    return wrong_option(result.directory, fmt::format("has no map of '{}'", topology),
                        names.empty() ? "it has no maps at all" : "there are " + quoted_list(names));
  }
  // Regions have the same points in most results: these are triangulated once.
  std::vector<std::pair<const MassMap*, const std::vector<double>*>> known;
  const auto grid_of = [&](const MassMap& map, const std::vector<double>& points) -> Result<std::size_t> {
    for (std::size_t i = 0; i < known.size(); ++i) {
      if (*known[i].second == points && known[i].first->coordinates == map.coordinates) return i;
    }
    Result<MassGrid> grid = MassGrid::make(map.coordinates, points);
    if (!grid) {
      Errors errors = grid.errors();
      for (Error& e : errors) e.where = fmt::format("{}: {}", result.directory, map.name);
      return errors;
    }
    made.grids_.push_back(*std::move(grid));
    known.emplace_back(&map, &points);
    return made.grids_.size() - 1;
  };
  for (const MassMap& map : made.maps_) {
    const Result<std::size_t> grid = grid_of(map, map.observed.points);
    if (!grid) return grid.errors();
    made.grid_of_.push_back(*grid);
  }
  if (const auto& expected = made.maps_.front().expected) {
    const Result<std::size_t> grid = grid_of(made.maps_.front(), expected->points);
    if (!grid) return grid.errors();
    made.expected_grid_ = *grid;
  }
  return made;
}

Result<std::vector<double>> SignalMaps::coordinates_of(const MassPoint& point) const {
  return coordinates_of(point, maps_.front());
}

Result<std::vector<double>> SignalMaps::coordinates_of(const MassPoint& point, const MassMap& map) const {
  const std::size_t n_widths = static_cast<std::size_t>(
      std::count_if(map.coordinates.begin(), map.coordinates.end(), [](const auto& c) { return c.is_width; }));
  const std::size_t n_masses = map.coordinates.size() - n_widths;
  std::vector<double> masses = point.masses, widths = point.widths;
  for (const std::vector<double>* values : {&masses, &widths}) {
    for (const double x : *values) {
      if (!std::isfinite(x) || x < 0.0) {
        return wrong_option("masses", fmt::format("{} is neither a mass nor a width", x), "they are in GeV");
      }
    }
  }
  if (has_equal_branches(map)) {
    if (2 * masses.size() == n_masses) masses.insert(masses.end(), point.masses.begin(), point.masses.end());
    if (2 * widths.size() == n_widths) widths.insert(widths.end(), point.widths.begin(), point.widths.end());
  }
  if (masses.size() != n_masses || widths.size() != n_widths) {
    std::string wanted = fmt::format("{} masses", n_masses);
    if (n_widths > 0) wanted += fmt::format(" and {} widths", n_widths);
    return wrong_option(
        "masses", fmt::format("{} needs {}, not {} and {}", map.name, wanted, point.masses.size(), point.widths.size()),
        names_of(map.coordinates) +
            (has_equal_branches(map) ? "; those of branch 1 are enough, branch 2 takes the same" : ""));
  }
  // Coordinates of nodes may come in any order.
  std::vector<double> all;
  std::size_t mass = 0, width = 0;
  for (const MapCoordinate& c : map.coordinates) all.push_back(c.is_width ? widths[width++] : masses[mass++]);
  return all;
}

Result<std::vector<RegionEfficiency>> SignalMaps::efficiencies(const MassPoint& point) const {
  if (kind() != MapKind::efficiencies) {
    return wrong_option(topology_, "is a map of upper limits, not of efficiencies", "upper_limits_at reads it");
  }
  std::vector<RegionEfficiency> all;
  std::vector<std::optional<GridPlace>> places(grids_.size());
  for (std::size_t i = 0; i < maps_.size(); ++i) {
    const Result<std::vector<double>> x = coordinates_of(point, maps_[i]);
    if (!x) return x.errors();
    std::optional<GridPlace>& place = places[grid_of_[i]];
    if (!place) place = grids_[grid_of_[i]].place(*x);
    RegionEfficiency& region = all.emplace_back(RegionEfficiency{regions_[i], {}, place->reason});
    if (place->is_inside()) region.efficiency = interpolate(*place, maps_[i].observed.values);
  }
  return all;
}

Result<MapSignal> SignalMaps::signal(const MassPoint& point, const spec::CrossSection& cross_section,
                                     const SignalOptions& options) const {
  const Result<double> sigma = femtobarn(cross_section);
  if (!sigma) return sigma.errors();
  const Result<std::vector<RegionEfficiency>> efficiencies_here = efficiencies(point);
  if (!efficiencies_here) return efficiencies_here.errors();
  MapSignal made;
  made.point = *coordinates_of(point);
  made.without_map = without_map_;
  made.signal.name = topology_;
  for (const std::vector<double>* values : {&point.masses, &point.widths}) {
    for (const double x : *values) made.signal.name += fmt::format("_{:g}", x);
  }
  made.signal.cross_section = cross_section;

  const SmodelsModelFile* model = nullptr;
  if (!options.model_file.empty()) {
    std::vector<std::string> names;
    for (const SmodelsModelFile& file : model_files_) {
      names.push_back(file.file);
      if (file.file == options.model_file) model = &file;
    }
    if (model == nullptr) {
      return wrong_option(id_, fmt::format("names no model file '{}'", options.model_file),
                          hint_for_unknown(options.model_file, names));
    }
  }
  std::vector<std::string> known = without_map_;
  known.insert(known.end(), regions_.begin(), regions_.end());
  // The channel of a region; nothing where the model has none.
  const auto channel_of = [&](const std::string& region) -> std::optional<std::string> {
    if (model == nullptr) return region;
    for (const SmodelsModelFile::Region& r : model->regions) {
      if (r.data_set == region) return r.channel;
    }
    return std::nullopt;
  };
  if (model != nullptr) {
    for (const SmodelsModelFile::Region& r : model->regions) {
      if (r.channel.empty()) {
        return wrong_option(
            id_, fmt::format("says that '{}' covers '{}', and not by which channel", model->file, r.data_set),
            "without a model file, the signal is addressed to regions; rename its channels to those "
            "of the workspace");
      }
      if (r.data_set.empty()) {
        made.signal.zero_channels.push_back(r.channel);
      } else if (std::find(known.begin(), known.end(), r.data_set) == known.end()) {
        return wrong_option(id_, fmt::format("'{}' covers '{}', which is no data set", model->file, r.data_set),
                            hint_for_unknown(r.data_set, known));
      }
    }
  }
  for (const std::string& region : without_map_) {
    if (const auto channel = channel_of(region)) made.signal.zero_channels.push_back(*channel);
  }
  spec::SignalSample sample{.name = topology_};
  JsonObject used;
  for (const RegionEfficiency& region : *efficiencies_here) {
    const std::optional<std::string> channel = channel_of(region.region);
    if (!region.efficiency) made.outside.push_back(region);
    if (!channel) continue;
    if (region.efficiency) {
      used.emplace_back(region.region, *region.efficiency);
      sample.channels.push_back({.channel = *channel, .yields = {luminosity_ * *sigma * *region.efficiency}});
    } else if (options.outside_is_zero) {
      made.signal.zero_channels.push_back(*channel);
    }
  }
  if (sample.channels.empty()) {
    const std::string reason =
        made.outside.empty() ? "no region that is covered has a map of it" : made.outside.front().reason;
    return wrong_option(fmt::format("{}: {}", id_, topology_), "no region has an efficiency here: " + reason);
  }
  made.signal.samples.push_back(std::move(sample));
  JsonArray outside;
  for (const RegionEfficiency& region : made.outside) outside.emplace_back(region.region);
  JsonArray names;
  for (const MapCoordinate& c : coordinates()) names.emplace_back(c.name);
  JsonObject metadata;
  metadata.emplace_back("analysis", id_);
  metadata.emplace_back("topology", topology_);
  metadata.emplace_back("coordinates", std::move(names));
  metadata.emplace_back("point_GeV", numbers_to_json(made.point));
  metadata.emplace_back("luminosity_per_fb", luminosity_);
  metadata.emplace_back("efficiencies", std::move(used));
  metadata.emplace_back("outside_of_map", std::move(outside));
  made.signal.metadata = std::move(metadata);
  return made;
}

Result<spec::UpperLimits> SignalMaps::upper_limits(const MassPoint& point,
                                                   const std::optional<spec::CrossSection>& predicted) const {
  const std::string where = fmt::format("{}: {}", id_, topology_);
  if (kind() != MapKind::upper_limits) {
    return wrong_option(where, "is a map of efficiencies, not of upper limits", "signal_from_maps reads it");
  }
  if (maps_.size() > 1) return wrong_option(where, "has more than one map of upper limits");
  const MassMap& map = maps_.front();
  const Result<std::vector<double>> x = coordinates_of(point, map);
  if (!x) return x.errors();
  const GridPlace place = grids_[grid_of_.front()].place(*x);
  if (!place.is_inside()) return wrong_option(where, place.reason);
  spec::UpperLimits limits;
  limits.name = topology_;
  for (const double m : point.masses) limits.name += fmt::format("_{:g}", m);
  if (predicted) {
    const Result<double> sigma = femtobarn(*predicted);
    if (!sigma) return sigma.errors();
    limits.predicted = *sigma;
  }
  limits.observed = interpolate(place, map.observed.values);
  JsonObject metadata;
  if (expected_grid_) {
    constexpr std::size_t median = 2;
    const GridPlace expected = grids_[*expected_grid_].place(*x);
    if (expected.is_inside())
      limits.expected[median] = interpolate(expected, map.expected->values);
    else
      metadata.emplace_back("no_expected_limit", expected.reason);
  }
  metadata.emplace_back("analysis", id_);
  metadata.emplace_back("topology", topology_);
  metadata.emplace_back("point_GeV", numbers_to_json(*x));
  limits.metadata = std::move(metadata);
  return limits;
}

Result<SignalMaps> SignalMaps::read(const std::string& directory, std::string_view topology) {
  Result<SmodelsResult> result = formats::read_smodels_result(directory, topology);
  if (!result) return result.errors();
  const auto has_maps = [](const SmodelsDataSet& data) { return !data.maps.empty(); };
  if (std::none_of(result->data_sets.begin(), result->data_sets.end(), has_maps)) {
    // All that there are, for the message; and files may be called otherwise than their maps.
    result = formats::read_smodels_result(directory);
    if (!result) return result.errors();
  }
  return make(*result, topology);
}

Result<MapSignal> signal_from_maps(const std::string& directory, std::string_view topology, const MassPoint& point,
                                   const spec::CrossSection& cross_section, const SignalOptions& options) {
  const Result<SignalMaps> maps = SignalMaps::read(directory, topology);
  if (!maps) return maps.errors();
  return maps->signal(point, cross_section, options);
}

Result<spec::UpperLimits> upper_limits_at(const std::string& directory, std::string_view topology,
                                          const MassPoint& point, const std::optional<spec::CrossSection>& predicted) {
  const Result<SignalMaps> maps = SignalMaps::read(directory, topology);
  if (!maps) return maps.errors();
  return maps->upper_limits(point, predicted);
}

}  // namespace relume::reinterpret
