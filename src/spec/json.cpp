// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/spec/json.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>

namespace relume::spec {
namespace {

/// Objects up to this size are compared member by member; larger ones through sorted keys, so that a hostile document
/// cannot buy quadratic time.
constexpr std::size_t small_object = 16;

double big_integer_as_double(const BigInteger& number) {
  double value = 0.0;
  const char* first = number.digits.data();
  const char* last = first + number.digits.size();
  if (std::from_chars(first, last, value).ec == std::errc::result_out_of_range) {
    value = std::numeric_limits<double>::infinity();
    if (*first == '-') value = -value;
  }
  return value;
}

/// A double and an integer of at least 2^63 in size are equal when the double's exact decimal digits are that integer.
bool equal_exactly(double d, const BigInteger& big) {
  if (!std::isfinite(d)) return false;
  std::array<char, 320> digits;  // the largest double has 309 digits, plus sign
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), d, std::chars_format::fixed, 0);
  return error == std::errc{} &&
         std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())) == big.digits;
}

bool equal_exactly(double d, std::int64_t i) {
  constexpr double two_to_63 = 9223372036854775808.0;
  return d >= -two_to_63 && d < two_to_63 && std::trunc(d) == d && static_cast<std::int64_t>(d) == i;
}

/// By value and without rounding: 2^53 + 1 is not 2^53 as a double.
bool equal_numbers(const Json& a, const Json& b) {
  if (a.value.index() == b.value.index()) {
    if (const auto* d = std::get_if<double>(&a.value)) return *d == std::get<double>(b.value);
    if (const auto* i = std::get_if<std::int64_t>(&a.value)) return *i == std::get<std::int64_t>(b.value);
    return std::get<BigInteger>(a.value) == std::get<BigInteger>(b.value);
  }
  const Json& real = std::holds_alternative<double>(a.value) ? a : b;
  const Json& other = &real == &a ? b : a;
  const double* d = std::get_if<double>(&real.value);
  if (d == nullptr) return false;  // a 64-bit and a longer integer
  if (const auto* big = std::get_if<BigInteger>(&other.value)) return equal_exactly(*d, *big);
  return equal_exactly(*d, std::get<std::int64_t>(other.value));
}

std::vector<const JsonMember*> sorted_members(const JsonObject& object) {
  std::vector<const JsonMember*> members;
  members.reserve(object.size());
  for (const JsonMember& member : object) members.push_back(&member);
  std::sort(members.begin(), members.end(),
            [](const JsonMember* x, const JsonMember* y) { return x->first < y->first; });
  return members;
}

bool equal_objects(const JsonObject& a, const JsonObject& b) {
  if (a.size() != b.size()) return false;
  if (a.size() <= small_object) {
    return std::all_of(a.begin(), a.end(), [&](const JsonMember& member) {
      const auto other = std::find_if(b.begin(), b.end(), [&](const JsonMember& m) { return m.first == member.first; });
      return other != b.end() && equal(member.second, other->second);
    });
  }
  const auto x = sorted_members(a);
  const auto y = sorted_members(b);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i]->first != y[i]->first || !equal(x[i]->second, y[i]->second)) return false;
  }
  return true;
}

}  // namespace

double as_double(const Json& number) {
  assert(number.is_number());
  if (const auto* d = std::get_if<double>(&number.value)) return *d;
  if (const auto* i = std::get_if<std::int64_t>(&number.value)) return static_cast<double>(*i);
  if (const auto* big = std::get_if<BigInteger>(&number.value)) return big_integer_as_double(*big);
  return std::numeric_limits<double>::quiet_NaN();
}

const Json* find(const Json& object, std::string_view key) {
  const JsonObject* members = object.object();
  if (members == nullptr) return nullptr;
  for (const auto& [name, value] : *members) {
    if (name == key) return &value;
  }
  return nullptr;
}

Json* find(Json& object, std::string_view key) { return const_cast<Json*>(find(std::as_const(object), key)); }

bool equal(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return equal_numbers(a, b);
  if (a.value.index() != b.value.index()) return false;
  if (const JsonObject* object = a.object()) return equal_objects(*object, *b.object());
  if (const JsonArray* array = a.array()) {
    return std::equal(array->begin(), array->end(), b.array()->begin(), b.array()->end(), equal);
  }
  if (const std::string* text = a.string()) return *text == *b.string();
  if (const bool* truth = std::get_if<bool>(&a.value)) return *truth == std::get<bool>(b.value);
  return true;  // both null
}

}  // namespace relume::spec
