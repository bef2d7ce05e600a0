// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "formats/node_reader.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "relume/formats/json.hpp"

namespace relume::formats {

using spec::Json;
using spec::JsonArray;
using spec::JsonMember;
using spec::JsonObject;
using spec::Number;
using spec::Numbers;
using spec::Place;
using spec::Problems;

namespace {

/// Longer strings are cut in messages.
constexpr std::size_t longest_shown = 60;

std::string allowed_keys(std::span<const Key> keys) {
  std::string text = "allowed are: ";
  for (std::size_t i = 0; i < keys.size(); ++i) text.append(i > 0 ? ", " : "").append(keys[i].name);
  return text;
}

void report_unknown_key(const JsonMember& member, std::span<const Key> keys, const Place& place, Problems& problems) {
  std::vector<std::string> names;
  for (const Key& key : keys) names.emplace_back(key.name);
  const std::vector<std::string> alike = nearest(member.first, names, 1);
  problems.add(ErrorCode::schema, place / member.first,
               fmt::format("unknown key '{}'", member.first.substr(0, longest_shown)),
               alike.empty() ? allowed_keys(keys) : fmt::format("did you mean '{}'?", alike.front()));
}

}  // namespace

std::string describe(const Json& node) {
  if (node.is_null()) return "null";
  if (const bool* truth = std::get_if<bool>(&node.value)) return *truth ? "true" : "false";
  if (node.is_number()) return "the number " + write_json(node, {.indent = 0}).substr(0, longest_shown);
  if (const std::string* text = node.string()) return "the string '" + text->substr(0, longest_shown) + "'";
  return node.is_array() ? "a list" : "an object";
}

void report_wrong_type(const Json& node, std::string_view wanted, const Place& place, Problems& problems) {
  problems.add(ErrorCode::schema, place, fmt::format("must be {}, not {}", wanted, describe(node)));
}

bool read_members(const Json& node, std::span<const Key> keys, std::span<const Json*> found, const Place& place,
                  Problems& problems, OtherKeys other_keys) {
  const JsonObject* object = node.object();
  if (object == nullptr) {
    report_wrong_type(node, "an object", place, problems);
    return false;
  }
  for (const JsonMember& member : *object) {
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == member.first; });
    if (key != keys.end()) {
      found[static_cast<std::size_t>(key - keys.begin())] = &member.second;
    } else if (other_keys == OtherKeys::refused) {
      report_unknown_key(member, keys, place, problems);
    }
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (found[i] == nullptr && keys[i].presence == Key::Presence::required) {
      problems.add(ErrorCode::schema, place, fmt::format("the key '{}' is missing", keys[i].name));
    }
  }
  return true;
}

const JsonArray* read_array(const Json* node, std::size_t min_size, const Place& place, Problems& problems) {
  if (node == nullptr) return nullptr;
  const JsonArray* array = node->array();
  if (array == nullptr) {
    report_wrong_type(*node, "a list", place, problems);
  } else if (array->size() < min_size) {
    problems.add(ErrorCode::schema, place, "the list is empty, but needs at least one entry");
  }
  return array;
}

std::optional<std::string> read_string(const Json* node, const Place& place, Problems& problems) {
  if (node == nullptr) return std::nullopt;
  if (const std::string* text = node->string()) return *text;
  report_wrong_type(*node, "a string", place, problems);
  return std::nullopt;
}

std::optional<bool> read_bool(const Json* node, const Place& place, Problems& problems) {
  if (node == nullptr) return std::nullopt;
  if (const bool* truth = std::get_if<bool>(&node->value)) return *truth;
  report_wrong_type(*node, "true or false", place, problems);
  return std::nullopt;
}

std::optional<Number> read_number(const Json* node, const Place& place, Problems& problems) {
  if (node == nullptr) return std::nullopt;
  if (const auto* integer = std::get_if<std::int64_t>(&node->value)) return Number(static_cast<double>(*integer), true);
  if (!node->is_number()) {
    report_wrong_type(*node, "a number", place, problems);
    return std::nullopt;
  }
  const double value = spec::as_double(*node);
  if (!std::isfinite(value)) {
    report_wrong_type(*node, "a finite number that fits in a double", place, problems);
    return std::nullopt;
  }
  return Number(value, !std::holds_alternative<double>(node->value));
}

std::optional<Numbers> read_numbers(const Json* node, const Place& place, Problems& problems) {
  const JsonArray* array = read_array(node, 1, place, problems);
  if (array == nullptr) return std::nullopt;
  Numbers numbers;
  numbers.reserve(array->size());
  for (std::size_t i = 0; i < array->size(); ++i) {
    if (const std::optional<Number> number = read_number(&(*array)[i], place / i, problems)) numbers.push_back(*number);
  }
  if (numbers.size() != array->size()) return std::nullopt;
  return numbers;
}

std::vector<std::string> read_strings(const Json* node, const Place& place, Problems& problems) {
  return read_list<std::string>(node, 0, place, problems, [](const Json& item, const Place& here, Problems& p) {
    return read_string(&item, here, p).value_or("");
  });
}

Json read_metadata(const Json* node, const Place& place, Problems& problems) {
  if (node == nullptr) return nullptr;
  if (!node->is_object()) report_wrong_type(*node, "an object", place, problems);
  return *node;
}

void check_format(const Json* format, const Json* version, std::string_view known_format, std::int64_t known_version,
                  const Place& root, Problems& problems) {
  if (const std::optional<std::string> text = read_string(format, root / "format", problems);
      text && *text != known_format) {
    problems.add(ErrorCode::schema, root / "format", fmt::format("must be '{}', not '{}'", known_format, *text));
  }
  if (version != nullptr && !equal(*version, Json(known_version))) {
    problems.add(ErrorCode::schema, root / "version",
                 fmt::format("must be the number {}, not {}", known_version, describe(*version)),
                 "a file of a newer version needs a newer relume");
  }
}

Json to_json(const std::vector<std::string>& strings) { return JsonArray(strings.begin(), strings.end()); }

Json to_json(const Number& number) {
  if (!number.is_integer) return number.value;
  constexpr double two_to_63 = 9223372036854775808.0;
  if (number.value >= -two_to_63 && number.value < two_to_63) return static_cast<std::int64_t>(number.value);
  return spec::BigInteger{fmt::format("{:.0f}", number.value)};
}

Json to_json(const Numbers& numbers) {
  JsonArray array;
  array.reserve(numbers.size());
  for (const Number& number : numbers) array.push_back(to_json(number));
  return array;
}

}  // namespace relume::formats
