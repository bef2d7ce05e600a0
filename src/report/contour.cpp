// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/contour.hpp"

#include <fmt/format.h>

#include "relume/report/parameters.hpp"
#include "relume/report/table.hpp"
#include "report/result_ending.hpp"

namespace relume::report {

using infer::Contour;
using infer::ContourPoint;
using infer::Contours;
using infer::GridPoint;
using infer::ProfileGrid;
using infer::RatioTest;
using model::Likelihood;
using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

namespace {

template <class Parameters>
std::vector<std::string> names_of(const Likelihood& likelihood, const Parameters& parameters) {
  std::vector<std::string> names;
  for (const ParamId p : parameters) names.push_back(likelihood.parameters()[p.index].name);
  return names;
}

template <class Numbers>
JsonArray list(const Numbers& numbers, bool exist = true) {
  JsonArray array;
  for (const double v : numbers) array.push_back(or_null(v, exist));
  return array;
}

std::string equations(const std::vector<std::string>& names, std::span<const double> values) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < values.size(); ++i) {
    text += fmt::format("{}{} = {}", i > 0 ? ", " : "", names[i], format_number(values[i]));
  }
  return text;
}

template <class Result>
Table head_of(const Result& result, const std::vector<std::string>& names) {
  Table head;
  head.add({"status", status_text(result)});
  if (!result.is_usable()) return head;
  head.add({"best fit", equations(names, result.best)});
  head.add({"-2 ln L", fmt::format("{:.10g}", result.twice_nll)});
  return head;
}

}  // namespace

JsonObject to_json(const ProfileGrid& grid, const Likelihood& likelihood) {
  JsonArray points;
  for (const GridPoint& p : grid.points) {
    JsonObject point;
    point.emplace_back("values", list(p.values));
    point.emplace_back("twice_delta_nll", or_null(p.twice_delta_nll, grid.is_usable()));
    if (!p.reason.empty()) point.emplace_back("reason", p.reason);
    points.emplace_back(std::move(point));
  }
  JsonObject object;
  object.emplace_back("parameters", to_json(names_of(likelihood, grid.parameters)));
  object.emplace_back("best", list(grid.best, grid.is_usable()));
  object.emplace_back("twice_nll", or_null(grid.twice_nll, grid.is_usable()));
  object.emplace_back("points", std::move(points));
  add_ending(object, grid);
  return object;
}

JsonObject to_json(const Contours& contours, const Likelihood& likelihood) {
  JsonArray all;
  for (const Contour& c : contours.is_usable() ? contours.contours : std::vector<Contour>{}) {
    JsonArray points;
    for (const ContourPoint& p : c.points) {
      JsonObject point;
      point.emplace_back("x", p.x);
      point.emplace_back("y", p.y);
      if (p.is_at_bound) point.emplace_back("at_bound", true);
      points.emplace_back(std::move(point));
    }
    JsonObject contour;
    contour.emplace_back("level", c.level);
    contour.emplace_back("height", c.height);
    contour.emplace_back("points", std::move(points));
    all.emplace_back(std::move(contour));
  }
  JsonObject object;
  object.emplace_back("parameters", to_json(names_of(likelihood, contours.parameters)));
  object.emplace_back("best", list(contours.best, contours.is_usable()));
  object.emplace_back("twice_nll", or_null(contours.twice_nll, contours.is_usable()));
  object.emplace_back("contours", std::move(all));
  add_ending(object, contours);
  return object;
}

JsonObject to_json(const RatioTest& test, const Likelihood& likelihood) {
  const bool usable = test.is_usable();
  JsonObject tested, best;
  for (std::size_t i = 0; i < test.tested.size(); ++i) {
    const std::string& name = likelihood.parameters()[test.tested[i].parameter.index].name;
    tested.emplace_back(name, test.tested[i].value);
    best.emplace_back(name, or_null(usable ? test.best[i] : 0.0, usable));
  }
  JsonObject object;
  object.emplace_back("tested", std::move(tested));
  object.emplace_back("best", std::move(best));
  object.emplace_back("t", or_null(test.t, usable));
  object.emplace_back("degrees_of_freedom", static_cast<std::int64_t>(test.tested.size()));
  object.emplace_back("p_value", or_null(test.p_value, usable));
  object.emplace_back("twice_nll", or_null(test.twice_nll, usable));
  object.emplace_back("twice_nll_tested", or_null(test.twice_nll_tested, usable));
  object.emplace_back("parameters", usable ? parameters_to_json(likelihood, test.point) : Json(nullptr));
  add_ending(object, test);
  return object;
}

std::string to_table(const ProfileGrid& grid, const Likelihood& likelihood) {
  std::vector<std::string> titles = names_of(likelihood, grid.parameters);
  const std::string head = head_of(grid, titles).text();
  if (!grid.is_usable()) return head + format_notes(grid.notes);
  titles.emplace_back("-2 delta ln L");
  Table table(titles);
  std::string reasons;
  for (const GridPoint& p : grid.points) {
    std::vector<std::string> row;
    for (const double v : p.values) row.push_back(format_number(v));
    row.push_back(p.reason.empty() ? format_number(p.twice_delta_nll) : "-");
    if (!p.reason.empty()) reasons += fmt::format("{}: {}\n", fmt::join(p.values, ", "), p.reason);
    table.add(std::move(row));
  }
  return head + '\n' + table.text() + reasons + format_notes(grid.notes);
}

std::string to_table(const Contours& contours, const Likelihood& likelihood) {
  const std::vector<std::string> names = names_of(likelihood, contours.parameters);
  std::string text = head_of(contours, names).text();
  if (!contours.is_usable()) return text + format_notes(contours.notes);
  for (const Contour& c : contours.contours) {
    text += fmt::format("\n{:.4g} % contour, -2 delta ln L = {:.6g}\n", 100.0 * c.level, c.height);
    Table table({names[0], names[1], ""});
    for (const ContourPoint& p : c.points) {
      table.add({format_number(p.x), format_number(p.y), p.is_at_bound ? "at a bound" : ""});
    }
    text += table.text();
  }
  return text + format_notes(contours.notes);
}

std::string to_table(const RatioTest& test, const Likelihood& likelihood) {
  std::vector<ParamId> parameters;
  std::vector<double> values;
  for (const infer::FixedParameter& f : test.tested) {
    parameters.push_back(f.parameter);
    values.push_back(f.value);
  }
  const std::vector<std::string> names = names_of(likelihood, parameters);
  Table head = head_of(test, names);
  head.add({"tested", equations(names, values)});
  if (test.is_usable()) {
    head.add({"t", fmt::format("{} with {} degree{} of freedom", format_number(test.t), names.size(),
                               names.size() == 1 ? "" : "s")});
    head.add({"p-value", format_number(test.p_value)});
  }
  return head.text() + format_notes(test.notes);
}

}  // namespace relume::report
