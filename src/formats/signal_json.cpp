// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// relume's signal file, version 1; docs/formats/signal.md describes it and signal.schema.json beside it is its schema.
#include "relume/formats/signal_json.hpp"

#include <fmt/format.h>

#include "formats/node_reader.hpp"
#include "formats/workspace_reader.hpp"
#include "relume/formats/json.hpp"
#include "spec/validate.hpp"

namespace relume::formats {

using spec::CrossSection;
using spec::Json;
using spec::JsonArray;
using spec::JsonMember;
using spec::JsonObject;
using spec::Modifier;
using spec::Number;
using spec::Place;
using spec::Problems;
using spec::Signal;
using spec::SignalSample;
using spec::SignalYields;

namespace {

constexpr std::string_view format_name = "relume-signal";
constexpr std::int64_t format_version = 1;

constexpr auto optional = Key::Presence::optional;
constexpr std::array<Key, 10> signal_keys = {{{"format"},
                                              {"version"},
                                              {"name"},
                                              {"samples"},
                                              {"poi", optional},
                                              {"replace", optional},
                                              {"zero_channels", optional},
                                              {"other_channels_are_zero", optional},
                                              {"cross_section", optional},
                                              {"metadata", optional}}};
constexpr std::array<Key, 3> sample_keys = {{{"name"}, {"channels"}, {"modifiers", optional}}};
constexpr std::array<Key, 3> yields_keys = {{{"yields"}, {"stat_uncertainties", optional}, {"modifiers", optional}}};
constexpr std::array<Key, 2> cross_section_keys = {{{"value"}, {"unit"}}};

std::vector<Modifier> read_modifiers(const Json* node, const Place& place, Problems& problems) {
  std::vector<Modifier> modifiers;
  const JsonArray* array = read_array(node, 0, place, problems);
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    modifiers.push_back(read_modifier((*array)[i], place / i, problems));
  }
  return modifiers;
}

/// A list of yields, or an object with yields and what comes with them.
SignalYields read_yields(const JsonMember& member, const Place& place, Problems& problems) {
  SignalYields yields;
  yields.channel = member.first;
  const Json& node = member.second;
  if (node.is_array()) {
    yields.yields = read_numbers(&node, place, problems).value_or(spec::Numbers{});
  } else if (node.is_object()) {
    const auto [numbers, stat_uncertainties, modifiers] = read_members(node, yields_keys, place, problems);
    yields.yields = read_numbers(numbers, place / "yields", problems).value_or(spec::Numbers{});
    yields.stat_uncertainties = read_numbers(stat_uncertainties, place / "stat_uncertainties", problems);
    yields.modifiers = read_modifiers(modifiers, place / "modifiers", problems);
  } else {
    report_wrong_type(node, "a list of yields or an object with 'yields'", place, problems);
  }
  return yields;
}

SignalSample read_signal_sample(const Json& node, const Place& place, Problems& problems) {
  const auto [name, channels, modifiers] = read_members(node, sample_keys, place, problems);
  SignalSample sample;
  sample.name = read_string(name, place / "name", problems).value_or("");
  sample.modifiers = read_modifiers(modifiers, place / "modifiers", problems);
  if (channels == nullptr) return sample;
  const Place channels_place = place / "channels";
  const JsonObject* members = channels->object();
  if (members == nullptr) {
    report_wrong_type(*channels, "an object of channel names and yields", channels_place, problems);
    return sample;
  }
  for (const JsonMember& member : *members) {
    sample.channels.push_back(read_yields(member, channels_place / member.first, problems));
  }
  // Reported here, so that the check below takes a list that could not be read for what it is.
  if (members->empty()) problems.add(ErrorCode::schema, channels_place, "there must be at least one channel");
  return sample;
}

std::optional<CrossSection> read_cross_section(const Json* node, const Place& place, Problems& problems) {
  if (node == nullptr) return std::nullopt;
  const auto [value, unit] = read_members(*node, cross_section_keys, place, problems);
  const std::optional<Number> number = read_number(value, place / "value", problems);
  const std::optional<std::string> text = read_string(unit, place / "unit", problems);
  if (!number || !text) return std::nullopt;
  return CrossSection{number->value, *text};
}

Json yields_to_json(const SignalYields& yields) {
  if (!yields.stat_uncertainties && yields.modifiers.empty()) return to_json(yields.yields);
  JsonObject object = make_object(JsonMember("yields", to_json(yields.yields)));
  if (yields.stat_uncertainties) object.emplace_back("stat_uncertainties", to_json(*yields.stat_uncertainties));
  if (!yields.modifiers.empty()) {
    JsonArray modifiers;
    for (const Modifier& modifier : yields.modifiers) modifiers.push_back(to_json(modifier));
    object.emplace_back("modifiers", std::move(modifiers));
  }
  return object;
}

Json sample_to_json(const SignalSample& sample) {
  JsonObject channels;
  for (const SignalYields& yields : sample.channels) channels.emplace_back(yields.channel, yields_to_json(yields));
  JsonObject object = make_object(JsonMember("name", sample.name), JsonMember("channels", std::move(channels)));
  if (!sample.modifiers.empty()) {
    JsonArray modifiers;
    for (const Modifier& modifier : sample.modifiers) modifiers.push_back(to_json(modifier));
    object.emplace_back("modifiers", std::move(modifiers));
  }
  return object;
}

}  // namespace

Result<Signal> signal_from_json(const Json& document, std::string_view source_name) {
  Problems problems(source_name);
  const Place root;
  const auto [format, version, name, samples, poi, replace, zero_channels, other_channels_are_zero, cross_section,
              metadata] = read_members(document, signal_keys, root, problems);
  check_format(format, version, format_name, format_version, root, problems);
  Signal signal;
  signal.name = read_string(name, root / "name", problems).value_or("");
  if (std::optional<std::string> text = read_string(poi, root / "poi", problems)) signal.poi = *std::move(text);
  const Place samples_place = root / "samples";
  if (const JsonArray* array = read_array(samples, 1, samples_place, problems)) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      signal.samples.push_back(read_signal_sample((*array)[i], samples_place / i, problems));
    }
  }
  signal.replace = read_strings(replace, root / "replace", problems);
  signal.zero_channels = read_strings(zero_channels, root / "zero_channels", problems);
  signal.other_channels_are_zero =
      read_bool(other_channels_are_zero, root / "other_channels_are_zero", problems).value_or(false);
  signal.cross_section = read_cross_section(cross_section, root / "cross_section", problems);
  signal.metadata = read_metadata(metadata, root / "metadata", problems);
  validate(signal, problems.empty() ? spec::Completeness::complete : spec::Completeness::partial, problems);
  if (!problems.empty()) return problems.take();
  return signal;
}

Result<Signal> read_signal(std::string_view bytes, std::string_view source_name) {
  const Result<Json> document = parse_json(bytes, source_name);
  if (!document) return document.errors();
  return signal_from_json(*document, source_name);
}

Json signal_to_json(const Signal& signal) {
  JsonArray samples;
  for (const SignalSample& sample : signal.samples) samples.push_back(sample_to_json(sample));
  JsonObject object = make_object(JsonMember("format", format_name), JsonMember("version", format_version),
                                  JsonMember("name", signal.name), JsonMember("poi", signal.poi),
                                  JsonMember("samples", std::move(samples)));
  if (!signal.replace.empty()) object.emplace_back("replace", to_json(signal.replace));
  if (!signal.zero_channels.empty()) object.emplace_back("zero_channels", to_json(signal.zero_channels));
  if (signal.other_channels_are_zero) object.emplace_back("other_channels_are_zero", true);
  if (signal.cross_section) {
    object.emplace_back("cross_section", make_object(JsonMember("value", signal.cross_section->value),
                                                     JsonMember("unit", signal.cross_section->unit)));
  }
  if (!signal.metadata.is_null()) object.emplace_back("metadata", signal.metadata);
  return object;
}

}  // namespace relume::formats
