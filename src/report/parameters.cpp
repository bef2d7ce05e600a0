// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/parameters.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "relume/formats/json.hpp"

namespace relume::report {

using model::Likelihood;
using model::ParameterSet;
using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

Json parameters_to_json(const Likelihood& likelihood, std::span<const double> values) {
  JsonObject named;
  for (const ParameterSet& set : likelihood.parameter_sets()) {
    JsonArray components;
    for (std::size_t k = 0; k < set.size; ++k) components.emplace_back(values[set.first + k]);
    named.emplace_back(set.name, std::move(components));
  }
  return named;
}

namespace {

std::vector<std::string> known_names(const Likelihood& likelihood) {
  std::vector<std::string> names;
  for (const ParameterSet& set : likelihood.parameter_sets()) names.push_back(set.name);
  return names;
}

const ParameterSet* find_set(const Likelihood& likelihood, std::string_view name) {
  const auto sets = likelihood.parameter_sets();
  const auto found = std::find_if(sets.begin(), sets.end(), [&](const ParameterSet& set) { return set.name == name; });
  return found == sets.end() ? nullptr : &*found;
}

/// "gamma" of "gamma[17]"; empty if there is no index.
std::string_view without_index(std::string_view name) {
  if (name.empty() || name.back() != ']') return {};
  const std::size_t bracket = name.rfind('[');
  return bracket == std::string_view::npos ? std::string_view{} : name.substr(0, bracket);
}

Error unknown(const Likelihood& likelihood, std::string_view name, std::string where) {
  if (const ParameterSet* set = find_set(likelihood, without_index(name))) {
    return {ErrorCode::reference, std::move(where), fmt::format("'{}' has no component called '{}'", set->name, name),
            set->is_scalar ? fmt::format("it has a single one: '{}'", set->name)
                           : fmt::format("they are '{0}[0]' to '{0}[{1}]'", set->name, set->size - 1)};
  }
  return {ErrorCode::reference, std::move(where), fmt::format("no parameter is called '{}'", name),
          hint_for_unknown(name, known_names(likelihood))};
}

Error not_a_number(const Json& value, std::string where) {
  const char* what = value.is_string()   ? "text"
                     : value.is_object() ? "an object"
                     : value.is_array()  ? "a list"
                                         : "null";
  if (value.is_bool()) what = "true or false";
  return {ErrorCode::schema, std::move(where), fmt::format("a number is needed here, not {}", what), {}};
}

}  // namespace

Result<ParamId> find_parameter(const Likelihood& likelihood, std::string_view name) {
  if (const auto found = likelihood.find_parameter(name)) return *found;
  if (const ParameterSet* set = find_set(likelihood, name)) {
    if (set->size == 1) return ParamId{set->first};
    return Error{ErrorCode::reference,
                 {},
                 fmt::format("'{}' has {} components, and one value cannot be given to all", set->name, set->size),
                 fmt::format("name one of '{0}[0]' to '{0}[{1}]'", set->name, set->size - 1)};
  }
  return unknown(likelihood, name, {});
}

Result<std::vector<double>> parameters_from_json(const Likelihood& likelihood, const Json& document,
                                                 std::string_view source_name, std::vector<double> start) {
  const JsonObject* object = document.object();
  if (object == nullptr) {
    return Error{
        ErrorCode::schema, std::string(source_name), "parameters must be an object: {\"name\": value, ...}", {}};
  }
  Errors errors;
  std::set<std::size_t> already_set;
  const auto assign = [&](std::size_t index, const Json& value, const std::string& where) {
    if (!value.is_number()) {
      errors.push_back(not_a_number(value, where));
      return;
    }
    if (!already_set.insert(index).second) {
      errors.push_back(
          {ErrorCode::schema, where, fmt::format("'{}' is given twice", likelihood.parameters()[index].name), {}});
    }
    start[index] = spec::as_double(value);
    if (!std::isfinite(start[index])) errors.push_back({ErrorCode::schema, where, "the number is too large", {}});
  };
  for (const auto& [name, value] : *object) {
    const std::string pointer = formats::join_pointer("", name);
    const std::string where = fmt::format("{}#{}", source_name, pointer);
    const ParameterSet* set = find_set(likelihood, name);
    const JsonArray* list = value.array();
    if (set != nullptr && list != nullptr) {
      if (list->size() != set->size) {
        errors.push_back({ErrorCode::schema,
                          where,
                          fmt::format("{} values for a parameter of {} components", list->size(), set->size),
                          {}});
        continue;
      }
      for (std::size_t k = 0; k < set->size; ++k) {
        assign(set->first + k, (*list)[k], fmt::format("{}#{}", source_name, formats::join_pointer(pointer, k)));
      }
    } else if (set != nullptr && set->size != 1) {
      errors.push_back({ErrorCode::schema,
                        where,
                        fmt::format("'{}' has {} components and needs a list of them", set->name, set->size),
                        {}});
    } else if (set != nullptr) {
      assign(set->first, value, where);
    } else if (const auto component = likelihood.find_parameter(name)) {
      assign(component->index, value, where);
    } else {
      errors.push_back(unknown(likelihood, name, where));
    }
  }
  if (!errors.empty()) return errors;
  return start;
}

}  // namespace relume::report
