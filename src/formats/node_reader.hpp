// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Reading typed values out of a spec::Json while collecting every problem with its place. A function that finds a value
// of the wrong type reports it and returns nothing; the caller goes on with the rest.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relume/spec/json.hpp"
#include "relume/spec/workspace.hpp"
#include "spec/problems.hpp"

namespace relume::formats {

/// A key that an object may have.
struct Key {
  std::string_view name;
  enum class Presence { required, optional } presence = Presence::required;
};

enum class OtherKeys { refused, allowed };

/// "an object", "the number 3", "the string 'x'": what a node is, in words.
std::string describe(const spec::Json& node);

void report_wrong_type(const spec::Json& node, std::string_view wanted, const spec::Place& place,
                       spec::Problems& problems);

/// The members of an object in the order of `keys`, into `found` (nullptr where absent). Missing required keys and
/// other keys are reported. Returns false if the node is not an object.
bool read_members(const spec::Json& node, std::span<const Key> keys, std::span<const spec::Json*> found,
                  const spec::Place& place, spec::Problems& problems, OtherKeys other_keys = OtherKeys::refused);

/// The same, returned; all nullptr if the node is not an object.
template <std::size_t n>
std::array<const spec::Json*, n> read_members(const spec::Json& node, const std::array<Key, n>& keys,
                                              const spec::Place& place, spec::Problems& problems,
                                              OtherKeys other_keys = OtherKeys::refused) {
  std::array<const spec::Json*, n> found{};
  read_members(node, keys, found, place, problems, other_keys);
  return found;
}

// Each of these accepts nullptr (an absent member, which has been reported if it was required) and then returns
// nothing.

const spec::JsonArray* read_array(const spec::Json* node, std::size_t min_size, const spec::Place& place,
                                  spec::Problems& problems);
std::optional<std::string> read_string(const spec::Json* node, const spec::Place& place, spec::Problems& problems);
std::optional<bool> read_bool(const spec::Json* node, const spec::Place& place, spec::Problems& problems);
/// A finite number.
std::optional<spec::Number> read_number(const spec::Json* node, const spec::Place& place, spec::Problems& problems);
/// A list of at least one finite number. Nothing is returned if any of them is no number.
std::optional<spec::Numbers> read_numbers(const spec::Json* node, const spec::Place& place, spec::Problems& problems);
/// A list of strings; what is no string is empty.
std::vector<std::string> read_strings(const spec::Json* node, const spec::Place& place, spec::Problems& problems);

/// The list behind `node`, each entry read by `read_item`. The result has the length of the list.
template <class Item, class ReadItem>
std::vector<Item> read_list(const spec::Json* node, std::size_t min_size, const spec::Place& place,
                            spec::Problems& problems, ReadItem read_item) {
  std::vector<Item> items;
  if (const spec::JsonArray* array = read_array(node, min_size, place, problems)) {
    items.reserve(array->size());
    for (std::size_t i = 0; i < array->size(); ++i) items.push_back(read_item((*array)[i], place / i, problems));
  }
  return items;
}

/// Free metadata: an object, or null where there is none.
spec::Json read_metadata(const spec::Json* node, const spec::Place& place, spec::Problems& problems);

/// The members "format" and "version" of relume's own files.
void check_format(const spec::Json* format, const spec::Json* version, std::string_view known_format,
                  std::int64_t known_version, const spec::Place& root, spec::Problems& problems);

// The way back.

/// An object of spec::JsonMember values that are moved in; a braced list would copy every subtree.
template <class... Members>
spec::JsonObject make_object(Members&&... members) {
  spec::JsonObject object;
  object.reserve(sizeof...(members));
  (object.push_back(std::forward<Members>(members)), ...);
  return object;
}

template <class Items, class ToJson>
spec::Json list_to_json(const Items& items, ToJson item_to_json) {
  spec::JsonArray array;
  array.reserve(items.size());
  for (const auto& item : items) array.push_back(item_to_json(item));
  return array;
}

spec::Json to_json(const std::vector<std::string>& strings);
spec::Json to_json(const spec::Number& number);
spec::Json to_json(const spec::Numbers& numbers);

}  // namespace relume::formats
