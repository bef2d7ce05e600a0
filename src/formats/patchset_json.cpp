// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// pyhf patchsets, schema 1.0.0. What is tolerated beyond the schema is listed in docs/formats/patchset.md.
#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "formats/node_reader.hpp"
#include "formats/operations.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/pyhf_json.hpp"

namespace relume::formats {

using spec::Json;
using spec::JsonArray;
using spec::JsonMember;
using spec::Patch;
using spec::PatchSet;
using spec::Place;
using spec::Problems;

namespace {

constexpr auto optional = Key::Presence::optional;

constexpr std::array<Key, 3> patchset_keys = {{{"metadata"}, {"patches"}, {"version"}}};
constexpr std::array<Key, 4> metadata_keys = {{{"references"}, {"digests"}, {"labels"}, {"description"}}};
constexpr std::array<Key, 1> references_keys = {{{"hepdata"}}};
constexpr std::array<Key, 2> digests_keys = {{{"md5", optional}, {"sha256", optional}}};
constexpr std::array<Key, 2> patch_keys = {{{"metadata"}, {"patch"}}};
constexpr std::array<Key, 2> patch_metadata_keys = {{{"name"}, {"values"}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::optional<std::string> read_name(const Json* node, std::string_view what, const Place& place, Problems& problems) {
  std::optional<std::string> name = read_string(node, place, problems);
  if (name && name->empty()) problems.add(ErrorCode::schema, place, fmt::format("a {} must not be empty", what));
  return name;
}

std::optional<std::string> read_digest(const Json* node, std::size_t n_digits, const Place& place, Problems& problems) {
  std::optional<std::string> digest = read_string(node, place, problems);
  if (digest && (digest->size() != n_digits || !std::all_of(digest->begin(), digest->end(), is_hex_digit))) {
    problems.add(ErrorCode::schema, place,
                 fmt::format("must be {} hexadecimal digits, not '{}'", n_digits, digest->substr(0, 80)));
  }
  return digest;
}

void check_references(const Json* node, const Place& place, Problems& problems) {
  if (node == nullptr) return;
  const auto [hepdata] = read_members(*node, references_keys, place, problems);
  const std::optional<std::string> record = read_string(hepdata, place / "hepdata", problems);
  if (record && !(record->size() > 3 && record->starts_with("ins") &&
                  std::all_of(record->begin() + 3, record->end(), is_digit))) {
    problems.add(ErrorCode::schema, place / "hepdata",
                 fmt::format("must be an INSPIRE number like 'ins1234567', not '{}'", record->substr(0, 80)));
  }
}

void read_digests(const Json* node, PatchSet& patchset, const Place& place, Problems& problems) {
  if (node == nullptr) return;
  const auto [md5, sha256] = read_members(*node, digests_keys, place, problems);
  patchset.md5 = read_digest(md5, 32, place / "md5", problems);
  patchset.sha256 = read_digest(sha256, 64, place / "sha256", problems);
  if (node->is_object() && md5 == nullptr && sha256 == nullptr) {
    problems.add(ErrorCode::schema, place, "there must be at least one digest, md5 or sha256");
  }
}

void read_patchset_metadata(const Json& metadata, PatchSet& patchset, const Place& place, Problems& problems) {
  const auto [references, digests, labels, description] =
      read_members(metadata, metadata_keys, place, problems, OtherKeys::allowed);
  check_references(references, place / "references", problems);
  read_digests(digests, patchset, place / "digests", problems);
  patchset.description = read_string(description, place / "description", problems).value_or("");
  const Place labels_place = place / "labels";
  if (const JsonArray* array = read_array(labels, 1, labels_place, problems)) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      patchset.labels.push_back(read_name(&(*array)[i], "label", labels_place / i, problems).value_or(""));
    }
  }
}

void read_values(const Json* node, const PatchSet& patchset, Patch& patch, const Place& place, Problems& problems) {
  const JsonArray* array = read_array(node, 0, place, problems);
  if (array == nullptr) return;
  for (std::size_t i = 0; i < array->size(); ++i) {
    const Json& value = (*array)[i];
    if (!value.is_string() && !value.is_number()) report_wrong_type(value, "a number or a string", place / i, problems);
  }
  patch.values = *array;
  if (!patchset.labels.empty() && array->size() != patchset.labels.size()) {
    problems.add(ErrorCode::schema, place,
                 fmt::format("{} values for the {} labels of the patchset", array->size(), patchset.labels.size()));
  }
}

/// Takes what it keeps out of `node`.
Patch take_patch(Json& node, const PatchSet& patchset, const Place& place, Problems& problems) {
  Patch patch;
  const auto [metadata, operations] = read_members(node, patch_keys, place, problems);
  if (metadata != nullptr) {
    const Place here = place / "metadata";
    const auto [name, values] = read_members(*metadata, patch_metadata_keys, here, problems, OtherKeys::allowed);
    patch.name = read_name(name, "patch name", here / "name", problems).value_or("");
    read_values(values, patchset, patch, here / "values", problems);
    patch.metadata = std::move(*find(node, "metadata"));
  }
  if (operations != nullptr) {
    const Place here = place / "patch";
    if (const JsonArray* array = read_array(operations, 0, here, problems)) {
      for (std::size_t i = 0; i < array->size(); ++i) read_operation((*array)[i], here / i, problems);
    }
    patch.operations = std::move(*find(node, "patch"));
  }
  return patch;
}

/// Text that is the same for equal values: 1 and 1.0 are, 1 and "1" are not.
std::string canonical(const std::vector<Json>& values) {
  std::string text;
  for (const Json& value : values) {
    const double* real = std::get_if<double>(&value.value);
    if (real != nullptr && std::isfinite(*real) && std::trunc(*real) == *real) {
      text.append(fmt::format("{:.0f}", *real == 0.0 ? 0.0 : *real));
    } else {
      text.append(write_json(value, {.indent = 0}));
    }
    text.push_back(',');
  }
  return text;
}

void check_duplicates(const PatchSet& patchset, const Place& place, Problems& problems) {
  std::unordered_map<std::string, std::size_t> names, values;
  for (std::size_t i = 0; i < patchset.patches.size(); ++i) {
    const Patch& patch = patchset.patches[i];
    if (!patch.name.empty()) {
      const auto [first, is_new] = names.emplace(patch.name, i);
      if (!is_new) {
        problems.add(ErrorCode::reference, place / i, fmt::format("there is already a patch called '{}'", patch.name),
                     fmt::format("the first one is number {}, counted from 0", first->second));
      }
    }
    if (!patch.values.empty()) {
      const auto [first, is_new] = values.emplace(canonical(patch.values), i);
      if (!is_new) {
        problems.add(
            ErrorCode::reference, place / i,
            fmt::format("patch '{}' has the values of patch '{}'", patch.name, patchset.patches[first->second].name),
            "values must tell patches apart");
      }
    }
  }
}

}  // namespace

Result<PatchSet> patchset_from_json(Json&& document, std::string_view source_name) {
  Problems problems(source_name);
  const Place root;
  const auto [metadata, patches, version] = read_members(document, patchset_keys, root, problems);
  PatchSet patchset;
  if (metadata != nullptr) {
    read_patchset_metadata(*metadata, patchset, root / "metadata", problems);
    patchset.metadata = std::move(*find(document, "metadata"));
  }
  const Place patches_place = root / "patches";
  if (read_array(patches, 1, patches_place, problems) != nullptr) {
    JsonArray taken = std::move(*find(document, "patches")->array());
    patchset.patches.reserve(taken.size());
    for (std::size_t i = 0; i < taken.size(); ++i) {
      patchset.patches.push_back(take_patch(taken[i], patchset, patches_place / i, problems));
    }
    check_duplicates(patchset, patches_place, problems);
  }
  if (const std::optional<std::string> text = read_string(version, root / "version", problems)) {
    patchset.version = *text;
    if (*text != "1.0.0") {
      problems.add(ErrorCode::schema, root / "version", fmt::format("the version must be '1.0.0', not '{}'", *text),
                   "this is the only version of the format that exists");
    }
  }
  if (!problems.empty()) return problems.take();
  return patchset;
}

Result<PatchSet> patchset_from_json(const Json& document, std::string_view source_name) {
  return patchset_from_json(Json(document), source_name);
}

Result<PatchSet> read_patchset(std::string_view bytes, std::string_view source_name) {
  Result<Json> document = parse_json(bytes, source_name);
  if (!document) return document.errors();
  return patchset_from_json(*std::move(document), source_name);
}

Json patchset_to_json(const PatchSet& patchset) {
  JsonArray patches;
  patches.reserve(patchset.patches.size());
  for (const Patch& patch : patchset.patches) {
    patches.push_back(make_object(JsonMember("metadata", patch.metadata), JsonMember("patch", patch.operations)));
  }
  return make_object(JsonMember("metadata", patchset.metadata), JsonMember("patches", std::move(patches)),
                     JsonMember("version", patchset.version));
}

Result<const Patch*> find_patch(const PatchSet& patchset, std::string_view name) {
  std::vector<std::string> names;
  for (const Patch& patch : patchset.patches) {
    if (patch.name == name) return &patch;
    names.push_back(patch.name);
  }
  return Error{ErrorCode::reference, std::string(name), fmt::format("the patchset has no patch called '{}'", name),
               hint_for_unknown(name, names)};
}

}  // namespace relume::formats
