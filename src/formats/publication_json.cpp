// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// relume's likelihood file, version 1; docs/formats/likelihood.md describes it and likelihood.schema.json beside it is
// its schema.
#include "relume/formats/publication_json.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "formats/node_reader.hpp"
#include "formats/number_reader.hpp"
#include "formats/workspace_reader.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "spec/validate.hpp"

namespace relume::formats {

using spec::Correlation;
using spec::CountingExperiments;
using spec::CountingRegion;
using spec::Json;
using spec::JsonArray;
using spec::JsonMember;
using spec::JsonObject;
using spec::LikelihoodGrid;
using spec::MeasuredValue;
using spec::MeasuredValues;
using spec::Measurements;
using spec::ModelParameter;
using spec::Number;
using spec::Place;
using spec::Problems;
using spec::Product;
using spec::Publication;
using spec::SimplifiedLikelihood;
using spec::SquareMatrix;
using spec::UpperLimits;
using spec::Workspace;

namespace {

constexpr std::string_view format_name = "relume-likelihood";
constexpr std::int64_t format_version = 1;

/// In the order of the alternatives of spec::Publication.
constexpr std::array<std::string_view, 6> kinds = {"histfactory",  "simplified",   "counting",
                                                   "upper_limits", "measurements", "product"};

constexpr auto optional = Key::Presence::optional;

/// Every kind begins with these; whether the first two are needed depends on where the likelihood stands.
constexpr std::array<Key, 3> header_keys = {{{"format", optional}, {"version", optional}, {"kind"}}};

template <std::size_t n>
constexpr std::array<Key, n + header_keys.size()> with_header(const std::array<Key, n>& keys) {
  std::array<Key, n + header_keys.size()> all{};
  std::copy(header_keys.begin(), header_keys.end(), all.begin());
  std::copy(keys.begin(), keys.end(), all.begin() + header_keys.size());
  return all;
}

constexpr auto histfactory_keys = with_header(std::array<Key, 4>{
    {{"workspace"}, {"correlations", optional}, {"parabolas", optional}, {"constraints_are_priors", optional}}});
constexpr auto simplified_keys = with_header(std::array<Key, 5>{
    {{"name", optional}, {"regions"}, {"covariance"}, {"third_moments", optional}, {"metadata", optional}}});
constexpr auto counting_keys = with_header(
    std::array<Key, 4>{{{"name", optional}, {"regions"}, {"luminosity", optional}, {"metadata", optional}}});
constexpr auto upper_limits_keys = with_header(std::array<Key, 9>{{{"name", optional},
                                                                   {"region", optional},
                                                                   {"observed"},
                                                                   {"expected"},
                                                                   {"level", optional},
                                                                   {"unit"},
                                                                   {"predicted", optional},
                                                                   {"poi", optional},
                                                                   {"metadata", optional}}});
constexpr auto measurements_keys = with_header(std::array<Key, 8>{{{"name", optional},
                                                                   {"poi", optional},
                                                                   {"parameters", optional},
                                                                   {"definitions", optional},
                                                                   {"correlations", optional},
                                                                   {"measured", optional},
                                                                   {"grids", optional},
                                                                   {"metadata", optional}}});
constexpr auto product_keys = with_header(std::array<Key, 6>{{{"name", optional},
                                                              {"poi", optional},
                                                              {"components"},
                                                              {"shared", optional},
                                                              {"correlations", optional},
                                                              {"metadata", optional}}});

constexpr std::array<Key, 3> region_keys = {{{"name"}, {"observed"}, {"background"}}};
constexpr std::array<Key, 6> counting_region_keys = {
    {{"name"}, {"observed"}, {"background"}, {"uncertainty"}, {"third_moment", optional}, {"limits", optional}}};
constexpr std::array<Key, 3> limits_keys = {{{"observed", optional}, {"expected", optional}, {"unit"}}};
constexpr std::array<Key, 2> correlation_keys = {{{"parameters"}, {"matrix"}}};
constexpr std::array<Key, 3> parabola_keys = {{{"channel"}, {"sample"}, {"modifiers"}}};
constexpr std::array<Key, 6> parameter_keys = {{{"name"},
                                                {"initial", optional},
                                                {"lower", optional},
                                                {"upper", optional},
                                                {"fixed", optional},
                                                {"constraint", optional}}};
constexpr std::array<Key, 2> constraint_keys = {{{"mean"}, {"sigma"}}};
constexpr std::array<Key, 2> definition_keys = {{{"name"}, {"expression"}}};
constexpr std::array<Key, 3> measured_keys = {{{"error_model"}, {"values"}, {"correlation", optional}}};
constexpr std::array<Key, 6> value_keys = {
    {{"name"}, {"value"}, {"lower_error"}, {"upper_error"}, {"prediction", optional}, {"signal", optional}}};
constexpr std::array<Key, 5> grid_keys = {{{"name"}, {"axes"}, {"values"}, {"quantity"}, {"interpolation", optional}}};
constexpr std::array<Key, 3> axis_keys = {{{"name"}, {"prediction", optional}, {"points"}}};
constexpr std::array<Key, 2> component_keys = {{{"name"}, {"likelihood"}}};
constexpr std::array<Key, 2> shared_keys = {{{"name"}, {"members"}}};
constexpr std::array<Key, 2> member_keys = {{{"component"}, {"parameter"}}};

using Quantity = LikelihoodGrid::Quantity;
using Interpolation = LikelihoodGrid::Interpolation;
constexpr std::array<std::pair<Quantity, std::string_view>, 2> quantities = {
    {{Quantity::minus_two_log_likelihood, "minus_two_log_likelihood"},
     {Quantity::minus_log_likelihood, "minus_log_likelihood"}}};
constexpr std::array<std::pair<Interpolation, std::string_view>, 2> interpolations = {
    {{Interpolation::linear, "linear"}, {Interpolation::cubic, "cubic"}}};

// ---- reading. What could not be read is NaN, an empty name or an empty list: the checks that follow pass over it.

double read_double_or(double otherwise, const Json* node, const Place& place, Problems& problems) {
  return node != nullptr ? read_double(node, place, problems) : otherwise;
}

std::string read_text(const Json* node, std::string_view otherwise, const Place& place, Problems& problems) {
  if (node == nullptr) return std::string(otherwise);
  return read_string(node, place, problems).value_or("");
}

std::string read_name(const Json* node, const Place& place, Problems& problems) {
  return read_text(node, "", place, problems);
}

/// One of the names in a table.
template <class Value, std::size_t n>
Value read_choice(const Json* node, const std::array<std::pair<Value, std::string_view>, n>& table, Value otherwise,
                  const Place& place, Problems& problems) {
  const std::optional<std::string> text = read_string(node, place, problems);
  if (!text) return otherwise;
  std::vector<std::string> known;
  for (const auto& [value, name] : table) {
    if (name == *text) return value;
    known.emplace_back(name);
  }
  problems.add(ErrorCode::schema, place, fmt::format("unknown: '{}'", *text), hint_for_unknown(*text, known));
  return otherwise;
}

template <class Value, std::size_t n>
std::string_view name_in(const std::array<std::pair<Value, std::string_view>, n>& table, Value value) {
  return std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.first == value; })->second;
}

Correlation read_correlation(const Json& node, const Place& place, Problems& problems) {
  const auto [parameters, matrix] = read_members(node, correlation_keys, place, problems);
  return {read_strings(parameters, place / "parameters", problems), read_matrix(matrix, place / "matrix", problems)};
}

spec::Region read_region(const Json& node, const Place& place, Problems& problems) {
  const auto [name, observed, background] = read_members(node, region_keys, place, problems);
  return {read_name(name, place / "name", problems), read_double(observed, place / "observed", problems),
          read_double(background, place / "background", problems)};
}

SimplifiedLikelihood read_simplified(const Json& node, const Place& root, Problems& problems) {
  const auto [format, version, kind, name, regions, covariance, third_moments, metadata] =
      read_members(node, simplified_keys, root, problems);
  return {.name = read_name(name, root / "name", problems),
          .regions = read_list<spec::Region>(regions, 1, root / "regions", problems, read_region),
          .covariance = read_matrix(covariance, root / "covariance", problems),
          .third_moments = read_optionals(third_moments, root / "third_moments", problems),
          .metadata = read_metadata(metadata, root / "metadata", problems)};
}

CountingRegion read_counting_region(const Json& node, const Place& place, Problems& problems) {
  const auto [name, observed, background, uncertainty, third_moment, limits] =
      read_members(node, counting_region_keys, place, problems);
  CountingRegion region{.name = read_name(name, place / "name", problems),
                        .observed = read_double(observed, place / "observed", problems),
                        .background = read_double(background, place / "background", problems),
                        .uncertainty = read_double(uncertainty, place / "uncertainty", problems),
                        .third_moment = read_optional(third_moment, place / "third_moment", problems)};
  if (limits == nullptr) return region;
  const Place here = place / "limits";
  const auto [limit, expected, unit] = read_members(*limits, limits_keys, here, problems);
  region.limits = {.observed = read_optional(limit, here / "observed", problems),
                   .expected = read_optional(expected, here / "expected", problems),
                   .unit = read_name(unit, here / "unit", problems)};
  return region;
}

CountingExperiments read_counting(const Json& node, const Place& root, Problems& problems) {
  const auto [format, version, kind, name, regions, luminosity, metadata] =
      read_members(node, counting_keys, root, problems);
  return {.name = read_name(name, root / "name", problems),
          .regions = read_list<CountingRegion>(regions, 1, root / "regions", problems, read_counting_region),
          .luminosity = read_optional(luminosity, root / "luminosity", problems),
          .metadata = read_metadata(metadata, root / "metadata", problems)};
}

UpperLimits read_upper_limits(const Json& node, const Place& root, Problems& problems) {
  const auto [format, version, kind, name, region, observed, expected, level, unit, predicted, poi, metadata] =
      read_members(node, upper_limits_keys, root, problems);
  const UpperLimits usual;
  UpperLimits limits{.name = read_name(name, root / "name", problems),
                     .region = read_text(region, usual.region, root / "region", problems),
                     .observed = read_double(observed, root / "observed", problems),
                     .level = read_double_or(usual.level, level, root / "level", problems),
                     .unit = read_name(unit, root / "unit", problems),
                     .predicted = read_double_or(usual.predicted, predicted, root / "predicted", problems),
                     .poi = read_text(poi, usual.poi, root / "poi", problems),
                     .metadata = read_metadata(metadata, root / "metadata", problems)};
  const Place place = root / "expected";
  const JsonArray* list = read_array(expected, 0, place, problems);
  if (list != nullptr && list->size() != limits.expected.size()) {
    problems.add(ErrorCode::schema, place, fmt::format("must have five entries, not {}", list->size()),
                 "for -2, -1, 0, +1, +2 standard deviations; null where there is none");
  } else if (list != nullptr) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      limits.expected[i] = read_optional(&(*list)[i], place / i, problems);
    }
  }
  return limits;
}

ModelParameter read_parameter(const Json& node, const Place& place, Problems& problems) {
  const auto [name, initial, lower, upper, fixed, constraint] = read_members(node, parameter_keys, place, problems);
  ModelParameter parameter{.name = read_name(name, place / "name", problems),
                           .initial = read_double_or(1.0, initial, place / "initial", problems),
                           .lower = read_optional(lower, place / "lower", problems),
                           .upper = read_optional(upper, place / "upper", problems),
                           .is_fixed = read_bool(fixed, place / "fixed", problems).value_or(false)};
  if (constraint == nullptr || constraint->is_null()) return parameter;
  const Place here = place / "constraint";
  const auto [mean, sigma] = read_members(*constraint, constraint_keys, here, problems);
  parameter.constraint = {read_double(mean, here / "mean", problems), read_double(sigma, here / "sigma", problems)};
  return parameter;
}

spec::Definition read_definition(const Json& node, const Place& place, Problems& problems) {
  const auto [name, expression] = read_members(node, definition_keys, place, problems);
  return {read_name(name, place / "name", problems), read_name(expression, place / "expression", problems)};
}

MeasuredValue read_value(const Json& node, const Place& place, Problems& problems) {
  const auto [name, value, lower_error, upper_error, prediction, signal] =
      read_members(node, value_keys, place, problems);
  return {.name = read_name(name, place / "name", problems),
          .value = read_double(value, place / "value", problems),
          .lower_error = read_double(lower_error, place / "lower_error", problems),
          .upper_error = read_double(upper_error, place / "upper_error", problems),
          .prediction = read_name(prediction, place / "prediction", problems),
          .signal = read_double_or(0.0, signal, place / "signal", problems)};
}

MeasuredValues read_measured(const Json& node, const Place& place, Problems& problems) {
  const auto [error_model, values, correlation] = read_members(node, measured_keys, place, problems);
  MeasuredValues measured;
  const Place here = place / "error_model";
  if (const std::optional<std::string> text = read_string(error_model, here, problems)) {
    if (const auto model = spec::error_model_from_string(*text)) {
      measured.model = *model;
    } else {
      problems.add(ErrorCode::schema, here, fmt::format("unknown error model '{}'", *text),
                   "known are: gaussian, split_normal, variable_gaussian_1, variable_gaussian_2, generalised_poisson");
    }
  }
  measured.values = read_list<MeasuredValue>(values, 1, place / "values", problems, read_value);
  if (correlation != nullptr) measured.correlation = read_matrix(correlation, place / "correlation", problems);
  return measured;
}

LikelihoodGrid::Axis read_axis(const Json& node, const Place& place, Problems& problems) {
  const auto [name, prediction, points] = read_members(node, axis_keys, place, problems);
  return {read_name(name, place / "name", problems), read_name(prediction, place / "prediction", problems),
          read_doubles(points, place / "points", problems)};
}

LikelihoodGrid read_grid(const Json& node, const Place& place, Problems& problems) {
  const auto [name, axes, values, quantity, interpolation] = read_members(node, grid_keys, place, problems);
  return {
      .name = read_name(name, place / "name", problems),
      .axes = read_list<LikelihoodGrid::Axis>(axes, 1, place / "axes", problems, read_axis),
      .values = read_doubles(values, place / "values", problems),
      .quantity = read_choice(quantity, quantities, Quantity::minus_two_log_likelihood, place / "quantity", problems),
      .interpolation =
          read_choice(interpolation, interpolations, Interpolation::cubic, place / "interpolation", problems)};
}

Measurements read_measurements(const Json& node, const Place& root, Problems& problems) {
  const auto [format, version, kind, name, poi, parameters, definitions, correlations, measured, grids, metadata] =
      read_members(node, measurements_keys, root, problems);
  return {.name = read_name(name, root / "name", problems),
          .poi = read_name(poi, root / "poi", problems),
          .parameters = read_list<ModelParameter>(parameters, 0, root / "parameters", problems, read_parameter),
          .definitions = read_list<spec::Definition>(definitions, 0, root / "definitions", problems, read_definition),
          .correlations = read_list<Correlation>(correlations, 0, root / "correlations", problems, read_correlation),
          .measured = read_list<MeasuredValues>(measured, 0, root / "measured", problems, read_measured),
          .grids = read_list<LikelihoodGrid>(grids, 0, root / "grids", problems, read_grid),
          .metadata = read_metadata(metadata, root / "metadata", problems)};
}

/// A name that refers to something: that of a parabola is gone when the checks of the whole are made.
std::string read_reference(const Json* node, const Place& place, Problems& problems) {
  const std::optional<std::string> name = read_string(node, place, problems);
  if (name && name->empty()) problems.add(ErrorCode::schema, place, "the name is empty");
  return name.value_or("");
}

/// What pyhf's layout cannot say: which histosys are parabolas.
void read_parabola(const Json& node, Workspace& workspace, const Place& place, Problems& problems) {
  const auto [channel_node, sample_node, modifiers] = read_members(node, parabola_keys, place, problems);
  const std::string channel_name = read_reference(channel_node, place / "channel", problems);
  const std::string sample_name = read_reference(sample_node, place / "sample", problems);
  const Place names_place = place / "modifiers";
  const auto names = read_list<std::string>(
      modifiers, 0, names_place, problems,
      [](const Json& item, const Place& here, Problems& p) { return read_reference(&item, here, p); });
  if (channel_name.empty() || sample_name.empty()) return;
  const auto find_in = [&](auto& items, const std::string& name, std::string_view what, std::string_view key) {
    const auto found = std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.name == name; });
    if (found != items.end()) return &*found;
    std::vector<std::string> candidates;
    for (const auto& item : items) candidates.push_back(item.name);
    problems.add(ErrorCode::reference, place / key, fmt::format("there is no {} called '{}'", what, name),
                 hint_for_unknown(name, candidates));
    return static_cast<decltype(&*found)>(nullptr);
  };
  spec::Channel* channel = find_in(workspace.channels, channel_name, "channel", "channel");
  if (channel == nullptr) return;
  spec::Sample* sample = find_in(channel->samples, sample_name, "sample in this channel", "sample");
  if (sample == nullptr) return;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = std::find_if(sample->modifiers.begin(), sample->modifiers.end(), [&](const spec::Modifier& m) {
      return m.name == names[i] && std::holds_alternative<spec::HistoSysData>(m.data);
    });
    if (found != sample->modifiers.end()) {
      std::get<spec::HistoSysData>(found->data).is_parabola = true;
    } else if (!names[i].empty()) {
      problems.add(ErrorCode::reference, names_place / i,
                   fmt::format("there is no histosys called '{}' on this sample", names[i]));
    }
  }
}

Workspace read_histfactory(const Json& node, const Place& root, Problems& problems) {
  const auto [format, version, kind, workspace_node, correlations, parabolas, are_priors] =
      read_members(node, histfactory_keys, root, problems);
  Workspace workspace;
  if (workspace_node != nullptr) workspace = read_workspace(*workspace_node, root / "workspace", problems);
  workspace.correlations = read_list<Correlation>(correlations, 0, root / "correlations", problems, read_correlation);
  const Place place = root / "parabolas";
  if (const JsonArray* list = read_array(parabolas, 0, place, problems)) {
    for (std::size_t i = 0; i < list->size(); ++i) read_parabola((*list)[i], workspace, place / i, problems);
  }
  workspace.constraints_are_priors = read_bool(are_priors, root / "constraints_are_priors", problems).value_or(false);
  return workspace;
}

Publication read_any(const Json& node, bool is_document, const Place& root, Problems& problems);

spec::Component read_component(const Json& node, const Place& place, Problems& problems) {
  const auto [name, likelihood] = read_members(node, component_keys, place, problems);
  spec::Component component{read_name(name, place / "name", problems), {}};
  if (likelihood != nullptr) component.publication = read_any(*likelihood, false, place / "likelihood", problems);
  return component;
}

Product::Shared read_shared(const Json& node, const Place& place, Problems& problems) {
  const auto [name, members] = read_members(node, shared_keys, place, problems);
  return {read_name(name, place / "name", problems),
          read_list<std::pair<std::string, std::string>>(
              members, 1, place / "members", problems, [](const Json& item, const Place& here, Problems& p) {
                const auto [component, parameter] = read_members(item, member_keys, here, p);
                return std::pair(read_name(component, here / "component", p),
                                 read_name(parameter, here / "parameter", p));
              })};
}

Product read_product(const Json& node, const Place& root, Problems& problems) {
  const auto [format, version, kind, name, poi, components, shared, correlations, metadata] =
      read_members(node, product_keys, root, problems);
  return {.name = read_name(name, root / "name", problems),
          .poi = read_name(poi, root / "poi", problems),
          .components = read_list<spec::Component>(components, 1, root / "components", problems, read_component),
          .shared = read_list<Product::Shared>(shared, 0, root / "shared", problems, read_shared),
          .correlations = read_list<Correlation>(correlations, 0, root / "correlations", problems, read_correlation),
          .metadata = read_metadata(metadata, root / "metadata", problems)};
}

void check_header(const Json& document, bool is_document, const Place& root, Problems& problems) {
  const Json* format = find(document, "format");
  const Json* version = find(document, "version");
  if (is_document) {
    if (format == nullptr) problems.add(ErrorCode::schema, root, "the key 'format' is missing");
    if (version == nullptr) problems.add(ErrorCode::schema, root, "the key 'version' is missing");
  }
  check_format(format, version, format_name, format_version, root, problems);
}

Publication read_any(const Json& node, bool is_document, const Place& root, Problems& problems) {
  if (!node.is_object()) {
    report_wrong_type(node, "an object", root, problems);
    return {};
  }
  check_header(node, is_document, root, problems);
  const Json* kind_node = find(node, "kind");
  if (kind_node == nullptr) {
    problems.add(ErrorCode::schema, root, "the key 'kind' is missing",
                 fmt::format("one of: {}", fmt::join(kinds, ", ")));
    return {};
  }
  const std::optional<std::string> kind = read_string(kind_node, root / "kind", problems);
  if (!kind) return {};
  if (*kind == "histfactory") return {read_histfactory(node, root, problems)};
  if (*kind == "simplified") return {read_simplified(node, root, problems)};
  if (*kind == "counting") return {read_counting(node, root, problems)};
  if (*kind == "upper_limits") return {read_upper_limits(node, root, problems)};
  if (*kind == "measurements") return {read_measurements(node, root, problems)};
  if (*kind == "product") return {read_product(node, root, problems)};
  problems.add(ErrorCode::schema, root / "kind", fmt::format("unknown kind of likelihood '{}'", *kind),
               hint_for_unknown(*kind, std::vector<std::string>(kinds.begin(), kinds.end())));
  return {};
}

// ---- writing

Json doubles_to_json(const std::vector<double>& values) { return JsonArray(values.begin(), values.end()); }

Json optional_to_json(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json matrix_to_json(const SquareMatrix& matrix) {
  JsonArray rows;
  for (std::size_t i = 0; i < matrix.size; ++i) {
    const auto first = matrix.values.begin() + static_cast<std::ptrdiff_t>(i * matrix.size);
    rows.emplace_back(JsonArray(first, first + static_cast<std::ptrdiff_t>(matrix.size)));
  }
  return rows;
}

Json correlation_to_json(const Correlation& correlation) {
  return make_object(JsonMember("parameters", to_json(correlation.parameters)),
                     JsonMember("matrix", matrix_to_json(correlation.matrix)));
}

template <class Items, class ToJson>
void add_list(JsonObject& object, std::string_view key, const Items& items, ToJson item_to_json) {
  if (!items.empty()) object.emplace_back(key, list_to_json(items, item_to_json));
}

void add_text(JsonObject& object, std::string_view key, const std::string& text) {
  if (!text.empty()) object.emplace_back(key, text);
}

void add_number(JsonObject& object, std::string_view key, const std::optional<double>& value) {
  if (value) object.emplace_back(key, *value);
}

void add_metadata(JsonObject& object, const Json& metadata) {
  if (!metadata.is_null()) object.emplace_back("metadata", metadata);
}

JsonObject members_of(const SimplifiedLikelihood& s) {
  JsonObject object;
  add_text(object, "name", s.name);
  object.emplace_back("regions", list_to_json(s.regions, [](const spec::Region& r) -> Json {
                        return make_object(JsonMember("name", r.name), JsonMember("observed", r.observed),
                                           JsonMember("background", r.background));
                      }));
  object.emplace_back("covariance", matrix_to_json(s.covariance));
  add_list(object, "third_moments", s.third_moments, optional_to_json);
  add_metadata(object, s.metadata);
  return object;
}

Json counting_region_to_json(const CountingRegion& r) {
  JsonObject object = make_object(JsonMember("name", r.name), JsonMember("observed", r.observed),
                                  JsonMember("background", r.background), JsonMember("uncertainty", r.uncertainty));
  add_number(object, "third_moment", r.third_moment);
  if (r.limits != spec::PublishedLimits{}) {
    JsonObject limits;
    add_number(limits, "observed", r.limits.observed);
    add_number(limits, "expected", r.limits.expected);
    limits.emplace_back("unit", r.limits.unit);
    object.emplace_back("limits", std::move(limits));
  }
  return object;
}

JsonObject members_of(const CountingExperiments& c) {
  JsonObject object;
  add_text(object, "name", c.name);
  object.emplace_back("regions", list_to_json(c.regions, counting_region_to_json));
  add_number(object, "luminosity", c.luminosity);
  add_metadata(object, c.metadata);
  return object;
}

JsonObject members_of(const UpperLimits& u) {
  JsonObject object;
  add_text(object, "name", u.name);
  object.emplace_back("region", u.region);
  object.emplace_back("observed", u.observed);
  object.emplace_back("expected", list_to_json(u.expected, optional_to_json));
  object.emplace_back("level", u.level);
  object.emplace_back("unit", u.unit);
  object.emplace_back("predicted", u.predicted);
  object.emplace_back("poi", u.poi);
  add_metadata(object, u.metadata);
  return object;
}

Json parameter_to_json(const ModelParameter& p) {
  JsonObject object = make_object(JsonMember("name", p.name), JsonMember("initial", p.initial));
  add_number(object, "lower", p.lower);
  add_number(object, "upper", p.upper);
  if (p.is_fixed) object.emplace_back("fixed", true);
  if (p.constraint) {
    object.emplace_back(
        "constraint", make_object(JsonMember("mean", p.constraint->first), JsonMember("sigma", p.constraint->second)));
  }
  return object;
}

Json value_to_json(const MeasuredValue& v) {
  JsonObject object = make_object(JsonMember("name", v.name), JsonMember("value", v.value),
                                  JsonMember("lower_error", v.lower_error), JsonMember("upper_error", v.upper_error));
  add_text(object, "prediction", v.prediction);
  if (v.signal != 0.0) object.emplace_back("signal", v.signal);
  return object;
}

Json measured_to_json(const MeasuredValues& m) {
  JsonObject object = make_object(JsonMember("error_model", to_string(m.model)),
                                  JsonMember("values", list_to_json(m.values, value_to_json)));
  if (!m.correlation.empty()) object.emplace_back("correlation", matrix_to_json(m.correlation));
  return object;
}

Json grid_to_json(const LikelihoodGrid& g) {
  const auto axis_to_json = [](const LikelihoodGrid::Axis& axis) -> Json {
    JsonObject object = make_object(JsonMember("name", axis.name));
    add_text(object, "prediction", axis.prediction);
    object.emplace_back("points", doubles_to_json(axis.points));
    return object;
  };
  return make_object(JsonMember("name", g.name), JsonMember("axes", list_to_json(g.axes, axis_to_json)),
                     JsonMember("values", doubles_to_json(g.values)),
                     JsonMember("quantity", name_in(quantities, g.quantity)),
                     JsonMember("interpolation", name_in(interpolations, g.interpolation)));
}

JsonObject members_of(const Measurements& m) {
  JsonObject object;
  add_text(object, "name", m.name);
  add_text(object, "poi", m.poi);
  add_list(object, "parameters", m.parameters, parameter_to_json);
  add_list(object, "definitions", m.definitions, [](const spec::Definition& d) -> Json {
    return make_object(JsonMember("name", d.name), JsonMember("expression", d.expression));
  });
  add_list(object, "correlations", m.correlations, correlation_to_json);
  add_list(object, "measured", m.measured, measured_to_json);
  add_list(object, "grids", m.grids, grid_to_json);
  add_metadata(object, m.metadata);
  return object;
}

JsonArray parabolas_to_json(const Workspace& workspace) {
  JsonArray parabolas;
  for (const spec::Channel& channel : workspace.channels) {
    for (const spec::Sample& sample : channel.samples) {
      JsonArray names;
      for (const spec::Modifier& modifier : sample.modifiers) {
        const auto* data = std::get_if<spec::HistoSysData>(&modifier.data);
        if (data != nullptr && data->is_parabola) names.emplace_back(modifier.name);
      }
      if (names.empty()) continue;
      parabolas.emplace_back(make_object(JsonMember("channel", channel.name), JsonMember("sample", sample.name),
                                         JsonMember("modifiers", std::move(names))));
    }
  }
  return parabolas;
}

JsonObject members_of(const Workspace& workspace) {
  JsonObject object = make_object(JsonMember("workspace", workspace_to_json(workspace)));
  add_list(object, "correlations", workspace.correlations, correlation_to_json);
  if (JsonArray parabolas = parabolas_to_json(workspace); !parabolas.empty()) {
    object.emplace_back("parabolas", std::move(parabolas));
  }
  if (workspace.constraints_are_priors) object.emplace_back("constraints_are_priors", true);
  return object;
}

JsonObject members_with_kind(const Publication& publication);

JsonObject members_of(const Product& p) {
  JsonObject object;
  add_text(object, "name", p.name);
  add_text(object, "poi", p.poi);
  object.emplace_back("components", list_to_json(p.components, [](const spec::Component& c) -> Json {
                        return make_object(JsonMember("name", c.name),
                                           JsonMember("likelihood", members_with_kind(c.publication)));
                      }));
  add_list(object, "shared", p.shared, [](const Product::Shared& shared) -> Json {
    return make_object(JsonMember("name", shared.name),
                       JsonMember("members", list_to_json(shared.members, [](const auto& member) -> Json {
                                    return make_object(JsonMember("component", member.first),
                                                       JsonMember("parameter", member.second));
                                  })));
  });
  add_list(object, "correlations", p.correlations, correlation_to_json);
  add_metadata(object, p.metadata);
  return object;
}

JsonObject members_with_kind(const Publication& publication) {
  JsonObject object = make_object(JsonMember("kind", likelihood_kind(publication)));
  JsonObject members = std::visit([](const auto& value) { return members_of(value); }, publication.value);
  std::move(members.begin(), members.end(), std::back_inserter(object));
  return object;
}

}  // namespace

std::string_view likelihood_kind(const Publication& publication) { return kinds[publication.value.index()]; }

Result<Publication> likelihood_from_json(const Json& document, std::string_view source_name) {
  Problems problems(source_name);
  const Place root;
  Publication publication = read_any(document, true, root, problems);
  validate(publication, problems.empty() ? spec::Completeness::complete : spec::Completeness::partial, root, problems);
  if (!problems.empty()) return problems.take();
  return publication;
}

Json document_of(const Workspace& workspace) {
  return spec::is_within_schema(workspace) ? workspace_to_json(workspace) : likelihood_to_json(Publication{workspace});
}

bool is_likelihood_document(const Json& document) {
  const Json* format = spec::find(document, "format");
  return format != nullptr && format->string() != nullptr && *format->string() == format_name;
}

Result<Publication> read_likelihood(std::string_view bytes, std::string_view source_name) {
  const Result<Json> document = parse_json(bytes, source_name);
  if (!document) return document.errors();
  return likelihood_from_json(*document, source_name);
}

Json likelihood_to_json(const Publication& publication) {
  JsonObject object = make_object(JsonMember("format", format_name), JsonMember("version", format_version));
  JsonObject members = members_with_kind(publication);
  std::move(members.begin(), members.end(), std::back_inserter(object));
  return object;
}

}  // namespace relume::formats
