// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A JSON document as a plain value, lossless: key order is kept, and so is whether a number was written as an
// integer or with a fraction (digests depend on it).
//
//   Json j = JsonObject{{"CLs_obs", 0.05}, {"status", "converged"}};
//   const Json* poi = find(j, "poi");
//
// Reading and writing live in formats/json.hpp. Cost: one variant (40 bytes) per node. Thread-safety: a value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace relume::spec {

struct Json;

/// An integer that does not fit in 64 bits, kept as its digits.
struct BigInteger {
  std::string digits;
  bool operator==(const BigInteger&) const = default;
};

using JsonArray = std::vector<Json>;
using JsonMember = std::pair<std::string, Json>;
/// Members in the order of the file; names are unique (the reader refuses duplicates).
using JsonObject = std::vector<JsonMember>;

struct Json {
  using Value =
      std::variant<std::nullptr_t, bool, std::int64_t, double, BigInteger, std::string, JsonArray, JsonObject>;
  Value value = nullptr;

  Json() = default;
  Json(std::nullptr_t) {}
  Json(bool b) : value(b) {}
  Json(int i) : value(static_cast<std::int64_t>(i)) {}
  Json(std::int64_t i) : value(i) {}
  Json(std::size_t i) : value(static_cast<std::int64_t>(i)) {}
  Json(double d) : value(d) {}
  Json(BigInteger b) : value(std::move(b)) {}
  Json(const char* s) : value(std::string(s)) {}
  Json(std::string_view s) : value(std::string(s)) {}
  Json(std::string s) : value(std::move(s)) {}
  Json(JsonArray a) : value(std::move(a)) {}
  Json(JsonObject o) : value(std::move(o)) {}

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(value); }
  bool is_bool() const { return std::holds_alternative<bool>(value); }
  bool is_number() const { return value.index() >= 2 && value.index() <= 4; }
  bool is_string() const { return std::holds_alternative<std::string>(value); }
  bool is_array() const { return std::holds_alternative<JsonArray>(value); }
  bool is_object() const { return std::holds_alternative<JsonObject>(value); }

  const std::string* string() const { return std::get_if<std::string>(&value); }
  const JsonArray* array() const { return std::get_if<JsonArray>(&value); }
  JsonArray* array() { return std::get_if<JsonArray>(&value); }
  const JsonObject* object() const { return std::get_if<JsonObject>(&value); }
  JsonObject* object() { return std::get_if<JsonObject>(&value); }
};

/// The value of a number node as double; precondition: is_number().
double as_double(const Json& number);
/// The member called `key`, or nullptr (also when `object` is no object). Cost: linear in the members.
const Json* find(const Json& object, std::string_view key);
Json* find(Json& object, std::string_view key);
/// Equality as RFC 6902 and Python mean it: numbers by value (1 == 1.0), objects regardless of order.
bool equal(const Json& a, const Json& b);

}  // namespace relume::spec
