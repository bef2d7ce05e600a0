// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/contents.hpp"

#include <cmath>

#include "relume/report/json.hpp"
#include "relume/report/table.hpp"

namespace relume::report {

using reinterpret::Contents;
using spec::JsonArray;
using spec::JsonObject;

JsonObject to_json(const Contents& contents, const model::Likelihood* likelihood,
                   const std::vector<std::string>& notes) {
  const auto number = [](double x) { return std::isfinite(x) ? spec::Json(x) : spec::Json(); };
  JsonArray regions, components, parameters;
  for (const spec::CountingRegion& r : contents.regions) {
    regions.emplace_back(JsonObject{
        {"name", r.name}, {"observed", r.observed}, {"background", r.background}, {"uncertainty", r.uncertainty}});
  }
  for (const Contents::Component& c : contents.components) {
    components.emplace_back(JsonObject{{"name", c.name}, {"kind", c.kind}, {"description", c.description}});
  }
  spec::Json poi;
  if (likelihood != nullptr) {
    if (likelihood->poi()) poi = likelihood->parameters()[likelihood->poi()->index].name;
    for (const model::Parameter& p : likelihood->parameters()) {
      parameters.emplace_back(JsonObject{{"name", p.name},
                                         {"initial", p.initial},
                                         {"lower", number(p.lower)},
                                         {"upper", number(p.upper)},
                                         {"fixed", p.is_fixed},
                                         {"constraint", to_string(p.constraint.kind)}});
    }
  }
  return {{"kind", contents.kind},         {"description", contents.description}, {"poi", std::move(poi)},
          {"regions", std::move(regions)}, {"components", std::move(components)}, {"parameters", std::move(parameters)},
          {"notes", to_json(notes)}};
}

std::string to_table(const Contents& contents, const model::Likelihood* likelihood,
                     const std::vector<std::string>& notes) {
  std::string text = contents.description + "\n\n";
  if (!contents.regions.empty()) {
    Table table({"region", "observed", "background", "+-"});
    for (const spec::CountingRegion& r : contents.regions) {
      table.add({r.name, format_number(r.observed), format_number(r.background), format_number(r.uncertainty)});
    }
    text += table.text() + (likelihood == nullptr ? "" : "\n");
  }
  if (!contents.components.empty()) {
    Table table({"component", "holds"});
    for (const Contents::Component& c : contents.components) table.add({c.name, c.description});
    text += table.text() + (likelihood == nullptr ? "" : "\n");
  }
  if (likelihood != nullptr) {
    Table table({"parameter", "initial", "lower", "upper", "constraint", ""});
    for (const model::Parameter& p : likelihood->parameters()) {
      table.add({p.name, format_number(p.initial), format_number(p.lower), format_number(p.upper),
                 std::string(to_string(p.constraint.kind)), p.is_fixed ? "fixed" : ""});
    }
    text += table.text();
  }
  return text + format_notes(notes);
}

}  // namespace relume::report
