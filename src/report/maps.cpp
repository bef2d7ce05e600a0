// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/maps.hpp"

#include <fmt/format.h>

#include "relume/report/table.hpp"

namespace relume::report {

using reinterpret::TopologySummary;
using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

namespace {

std::string_view name_of(spec::MapKind kind) {
  return kind == spec::MapKind::efficiencies ? "efficiencies" : "upper limits";
}

}  // namespace

JsonObject to_json(std::span<const TopologySummary> topologies, const spec::SmodelsResult& result) {
  JsonArray list;
  for (const TopologySummary& t : topologies) {
    JsonArray coordinates;
    for (std::size_t i = 0; i < t.coordinates.size(); ++i) {
      JsonObject coordinate;
      coordinate.emplace_back("name", t.coordinates[i]);
      coordinate.emplace_back("range_GeV", JsonArray{t.lowest[i], t.highest[i]});
      coordinates.emplace_back(std::move(coordinate));
    }
    JsonObject object;
    object.emplace_back("name", t.name);
    object.emplace_back("kind", name_of(t.kind));
    object.emplace_back("coordinates", std::move(coordinates));
    object.emplace_back("n_points", static_cast<std::int64_t>(t.n_points));
    object.emplace_back("regions", JsonArray(t.regions.begin(), t.regions.end()));
    object.emplace_back("has_expected", t.has_expected);
    object.emplace_back("constraint", t.constraint);
    object.emplace_back("axes", t.axes);
    list.emplace_back(std::move(object));
  }
  JsonArray files;
  for (const spec::SmodelsModelFile& file : result.model_files) files.emplace_back(file.file);
  JsonObject document;
  document.emplace_back("id", result.id);
  document.emplace_back("energy_TeV", result.energy);
  document.emplace_back("luminosity_per_fb", result.luminosity);
  document.emplace_back("topologies", std::move(list));
  document.emplace_back("model_files", std::move(files));
  document.emplace_back("references", result.references);
  document.emplace_back("ignored", JsonArray(result.ignored.begin(), result.ignored.end()));
  return document;
}

std::string to_table(std::span<const TopologySummary> topologies, const spec::SmodelsResult& result) {
  std::string text = fmt::format("{}, {:g} TeV, {:g} fb^-1\n\n", result.id, result.energy, result.luminosity);
  if (topologies.empty()) return text + "no maps\n";
  Table table({"topology", "map of", "regions", "points", "coordinates (GeV)"});
  for (const TopologySummary& t : topologies) {
    std::string coordinates;
    for (std::size_t i = 0; i < t.coordinates.size(); ++i) {
      coordinates += fmt::format("{}{} {:g} to {:g}", i == 0 ? "" : ", ", t.coordinates[i], t.lowest[i], t.highest[i]);
    }
    table.add({t.name, std::string(name_of(t.kind)), std::to_string(t.regions.size()), std::to_string(t.n_points),
               std::move(coordinates)});
  }
  text += table.text();
  for (const spec::SmodelsModelFile& file : result.model_files) text += fmt::format("\nmodel file: {}", file.file);
  return result.model_files.empty() ? text : text + '\n';
}

}  // namespace relume::report
