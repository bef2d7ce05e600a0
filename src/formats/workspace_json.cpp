// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// pyhf workspaces, schema 1.0.0. What is tolerated beyond the schema is listed in docs/formats/workspace.md.
#include <fmt/format.h>

#include "base/nearest.hpp"
#include "formats/node_reader.hpp"
#include "formats/workspace_reader.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "spec/validate.hpp"

namespace relume::formats {

using spec::Channel;
using spec::Json;
using spec::JsonArray;
using spec::JsonMember;
using spec::JsonObject;
using spec::Measurement;
using spec::Modifier;
using spec::ModifierType;
using spec::Number;
using spec::Numbers;
using spec::Observation;
using spec::ParameterConfig;
using spec::Place;
using spec::Problems;
using spec::Sample;
using spec::Workspace;

namespace {

constexpr auto optional = Key::Presence::optional;

constexpr std::array<Key, 4> workspace_keys = {{{"channels"}, {"observations"}, {"measurements"}, {"version"}}};
constexpr std::array<Key, 2> channel_keys = {{{"name"}, {"samples"}}};
constexpr std::array<Key, 3> sample_keys = {{{"name"}, {"data"}, {"modifiers"}}};
constexpr std::array<Key, 3> modifier_keys = {{{"name"}, {"type"}, {"data"}}};
constexpr std::array<Key, 2> normsys_keys = {{{"lo"}, {"hi"}}};
constexpr std::array<Key, 2> histosys_keys = {{{"lo_data"}, {"hi_data"}}};
constexpr std::array<Key, 2> observation_keys = {{{"name"}, {"data"}}};
constexpr std::array<Key, 2> measurement_keys = {{{"name"}, {"config"}}};
constexpr std::array<Key, 2> config_keys = {{{"poi"}, {"parameters"}}};
constexpr std::array<Key, 8> parameter_keys = {{{"name"},
                                                {"inits", optional},
                                                {"bounds", optional},
                                                {"auxdata", optional},
                                                {"factors", optional},
                                                {"sigmas", optional},
                                                {"fixed", optional},
                                                {"error_on_error", optional}}};

void read_modifier_data(const Json& data, Modifier& modifier, const Place& place, Problems& problems) {
  switch (modifier.type) {
    case ModifierType::normsys: {
      const auto [lo, hi] = read_members(data, normsys_keys, place, problems);
      const std::optional<Number> down = read_number(lo, place / "lo", problems);
      const std::optional<Number> up = read_number(hi, place / "hi", problems);
      if (down && up) modifier.data = spec::NormSysData{*down, *up};
      return;
    }
    case ModifierType::histosys: {
      const auto [lo, hi] = read_members(data, histosys_keys, place, problems);
      std::optional<Numbers> down = read_numbers(lo, place / "lo_data", problems);
      std::optional<Numbers> up = read_numbers(hi, place / "hi_data", problems);
      modifier.data = spec::HistoSysData{std::move(down).value_or(Numbers{}), std::move(up).value_or(Numbers{}), false};
      return;
    }
    case ModifierType::shapesys:
    case ModifierType::staterror:
      if (std::optional<Numbers> numbers = read_numbers(&data, place, problems)) modifier.data = *std::move(numbers);
      return;
    case ModifierType::lumi:
    case ModifierType::normfactor:
    case ModifierType::shapefactor:
      if (!data.is_null()) {
        report_wrong_type(data, fmt::format("null for a {}", to_string(modifier.type)), place, problems);
      }
      return;
  }
}

std::optional<ModifierType> read_modifier_type(const Json* node, const Place& place, Problems& problems) {
  const std::optional<std::string> name = read_string(node, place, problems);
  if (!name) return std::nullopt;
  const std::optional<ModifierType> type = spec::modifier_type_from_string(*name);
  if (!type) {
    problems.add(ErrorCode::schema, place, fmt::format("unknown modifier type '{}'", *name),
                 "known are: histosys, lumi, normfactor, normsys, shapefactor, shapesys, staterror");
  }
  return type;
}

Channel read_channel(const Json& node, const Place& place, Problems& problems) {
  const auto [name, samples] = read_members(node, channel_keys, place, problems);
  Channel channel;
  channel.name = read_string(name, place / "name", problems).value_or("");
  channel.samples = read_list<Sample>(samples, 1, place / "samples", problems, read_sample);
  return channel;
}

Observation read_observation(const Json& node, const Place& place, Problems& problems) {
  const auto [name, data] = read_members(node, observation_keys, place, problems);
  Observation observation;
  observation.name = read_string(name, place / "name", problems).value_or("");
  observation.data = read_numbers(data, place / "data", problems).value_or(Numbers{});
  return observation;
}

ParameterConfig::Bounds read_bounds(const Json& node, const Place& place, Problems& problems) {
  const JsonArray* pair = read_array(&node, 0, place, problems);
  if (pair == nullptr) return {};
  if (pair->size() != 2) {
    problems.add(ErrorCode::schema, place,
                 fmt::format("bounds must be two numbers, a lower and an upper one, not {}", pair->size()));
    return {};
  }
  return {read_number(&(*pair)[0], place / 0, problems).value_or(Number{}),
          read_number(&(*pair)[1], place / 1, problems).value_or(Number{})};
}

Measurement read_measurement(const Json& node, const Place& place, Problems& problems) {
  const auto [name, config] = read_members(node, measurement_keys, place, problems);
  Measurement measurement;
  measurement.name = read_string(name, place / "name", problems).value_or("");
  if (config == nullptr) return measurement;
  const Place here = place / "config";
  const auto [poi, parameters] = read_members(*config, config_keys, here, problems);
  measurement.poi = read_string(poi, here / "poi", problems).value_or("");
  measurement.parameters =
      read_list<ParameterConfig>(parameters, 0, here / "parameters", problems, read_parameter_config);
  return measurement;
}

Json modifier_data_to_json(const Modifier& modifier) {
  if (const auto* factors = std::get_if<spec::NormSysData>(&modifier.data)) {
    return make_object(JsonMember("hi", to_json(factors->hi)), JsonMember("lo", to_json(factors->lo)));
  }
  if (const auto* histograms = std::get_if<spec::HistoSysData>(&modifier.data)) {
    return make_object(JsonMember("hi_data", to_json(histograms->hi)), JsonMember("lo_data", to_json(histograms->lo)));
  }
  if (const auto* numbers = std::get_if<Numbers>(&modifier.data)) return to_json(*numbers);
  return nullptr;
}

Json sample_to_json(const Sample& sample) {
  return make_object(
      JsonMember("data", to_json(sample.data)),
      JsonMember("modifiers", list_to_json(sample.modifiers, [](const Modifier& m) { return to_json(m); })),
      JsonMember("name", sample.name));
}

Json channel_to_json(const Channel& channel) {
  return make_object(JsonMember("name", channel.name),
                     JsonMember("samples", list_to_json(channel.samples, sample_to_json)));
}

Json observation_to_json(const Observation& observation) {
  return make_object(JsonMember("data", to_json(observation.data)), JsonMember("name", observation.name));
}

Json parameter_config_to_json(const ParameterConfig& parameter) {
  JsonObject object;
  if (parameter.auxdata) object.emplace_back("auxdata", to_json(*parameter.auxdata));
  if (parameter.bounds) {
    object.emplace_back("bounds", list_to_json(*parameter.bounds, [](const ParameterConfig::Bounds& bounds) {
                          return Json(JsonArray{to_json(bounds.lower), to_json(bounds.upper)});
                        }));
  }
  if (parameter.error_on_error) object.emplace_back("error_on_error", to_json(*parameter.error_on_error));
  if (parameter.factors) object.emplace_back("factors", to_json(*parameter.factors));
  if (parameter.fixed) object.emplace_back("fixed", *parameter.fixed);
  if (parameter.inits) object.emplace_back("inits", to_json(*parameter.inits));
  object.emplace_back("name", parameter.name);
  if (parameter.sigmas) object.emplace_back("sigmas", to_json(*parameter.sigmas));
  return object;
}

Json measurement_to_json(const Measurement& measurement) {
  return make_object(
      JsonMember("config",
                 make_object(JsonMember("parameters", list_to_json(measurement.parameters, parameter_config_to_json)),
                             JsonMember("poi", measurement.poi))),
      JsonMember("name", measurement.name));
}

}  // namespace

Modifier read_modifier(const Json& node, const Place& place, Problems& problems) {
  const auto [name, type, data] = read_members(node, modifier_keys, place, problems);
  Modifier modifier;
  const std::optional<ModifierType> known_type = read_modifier_type(type, place / "type", problems);
  if (known_type) {
    modifier.type = *known_type;
    if (data != nullptr) read_modifier_data(*data, modifier, place / "data", problems);
  }
  std::optional<std::string> text = read_string(name, place / "name", problems);
  // Without a type it is no known modifier: the empty name says so to the checks that follow.
  if (text && known_type) modifier.name = *std::move(text);
  return modifier;
}

Sample read_sample(const Json& node, const Place& place, Problems& problems) {
  const auto [name, data, modifiers] = read_members(node, sample_keys, place, problems);
  Sample sample;
  sample.name = read_string(name, place / "name", problems).value_or("");
  sample.data = read_numbers(data, place / "data", problems).value_or(Numbers{});
  sample.modifiers = read_list<Modifier>(modifiers, 0, place / "modifiers", problems, read_modifier);
  return sample;
}

ParameterConfig read_parameter_config(const Json& node, const Place& place, Problems& problems) {
  const auto [name, inits, bounds, auxdata, factors, sigmas, fixed, error_on_error] =
      read_members(node, parameter_keys, place, problems);
  ParameterConfig parameter;
  parameter.name = read_string(name, place / "name", problems).value_or("");
  parameter.inits = read_numbers(inits, place / "inits", problems);
  if (bounds != nullptr) {
    parameter.bounds = read_list<ParameterConfig::Bounds>(bounds, 1, place / "bounds", problems, read_bounds);
  }
  parameter.auxdata = read_numbers(auxdata, place / "auxdata", problems);
  parameter.factors = read_numbers(factors, place / "factors", problems);
  parameter.sigmas = read_numbers(sigmas, place / "sigmas", problems);
  parameter.fixed = read_bool(fixed, place / "fixed", problems);
  if (error_on_error != nullptr)
    parameter.error_on_error = read_number(error_on_error, place / "error_on_error", problems);
  return parameter;
}

Workspace read_workspace(const Json& document, const Place& root, Problems& problems) {
  const auto [channels, observations, measurements, version] = read_members(document, workspace_keys, root, problems);
  Workspace workspace;
  workspace.channels = read_list<Channel>(channels, 1, root / "channels", problems, read_channel);
  workspace.observations = read_list<Observation>(observations, 1, root / "observations", problems, read_observation);
  workspace.measurements = read_list<Measurement>(measurements, 1, root / "measurements", problems, read_measurement);
  if (const std::optional<std::string> text = read_string(version, root / "version", problems);
      text && *text != "1.0.0") {
    problems.add(ErrorCode::schema, root / "version", fmt::format("the version must be '1.0.0', not '{}'", *text),
                 "this is the only version of the format that exists");
  }
  return workspace;
}

Json to_json(const Modifier& modifier) {
  return make_object(JsonMember("data", modifier_data_to_json(modifier)), JsonMember("name", modifier.name),
                     JsonMember("type", to_string(modifier.type)));
}

namespace {

Error not_a_workspace(std::string_view source_name, const char* what, const char* hint) {
  return {ErrorCode::unsupported, std::string(source_name), fmt::format("this is {}, not a workspace", what), hint};
}

/// What else a document may be that someone takes for a workspace: one complaint instead of one per key.
std::optional<Error> other_document(const Json& document, std::string_view source_name) {
  if (find(document, "channels") != nullptr) return std::nullopt;
  if (find(document, "patches") != nullptr)
    return not_a_workspace(source_name, "a patchset",
                           "give the workspace that it belongs to, and this file with --patchset");
  if (find(document, "distributions") != nullptr || find(document, "likelihoods") != nullptr)
    return not_a_workspace(source_name, "an HS3 document", "only workspaces of the pyhf format are read");
  if (find(document, "samples") != nullptr && find(document, "format") != nullptr)
    return not_a_workspace(source_name, "a signal file", "give a background workspace, and this file with --signal");
  const JsonArray* array = document.array();
  if (array != nullptr && !array->empty() && find(array->front(), "op") != nullptr)
    return not_a_workspace(source_name, "a JSON Patch",
                           "give the workspace that it belongs to, and this file with --patch");
  return std::nullopt;
}

/// The same for bytes that are no JSON.
std::optional<Error> other_file(std::string_view bytes, std::string_view source_name) {
  constexpr const char* convert_xml = "convert it first, with `pyhf xml2json`; only JSON workspaces are read";
  if (bytes.starts_with("root")) return not_a_workspace(source_name, "a ROOT file", "only JSON workspaces are read");
  if (bytes.starts_with("<")) return not_a_workspace(source_name, "an XML file", convert_xml);
  if (bytes.starts_with("imax"))
    return not_a_workspace(source_name, "a datacard of Combine", "only JSON workspaces are read");
  return std::nullopt;
}

}  // namespace

Result<Workspace> workspace_from_json(const Json& document, std::string_view source_name) {
  if (auto other = other_document(document, source_name)) return {*std::move(other)};
  Problems problems(source_name);
  Workspace workspace = read_workspace(document, Place(), problems);
  validate(workspace, problems.empty() ? spec::Completeness::complete : spec::Completeness::partial, Place(), problems);
  if (!problems.empty()) return problems.take();
  return workspace;
}

Result<Workspace> read_workspace(std::string_view bytes, std::string_view source_name) {
  if (auto other = other_file(bytes, source_name)) return {*std::move(other)};
  const Result<Json> document = parse_json(bytes, source_name);
  if (!document) return document.errors();
  return workspace_from_json(*document, source_name);
}

Json workspace_to_json(const Workspace& workspace) {
  return make_object(JsonMember("channels", list_to_json(workspace.channels, channel_to_json)),
                     JsonMember("measurements", list_to_json(workspace.measurements, measurement_to_json)),
                     JsonMember("observations", list_to_json(workspace.observations, observation_to_json)),
                     JsonMember("version", workspace.version));
}

}  // namespace relume::formats
