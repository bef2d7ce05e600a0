// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Lets tests/peers/edit_vs_pyhf.py call the edits: one JSON request per line on standard input, one answer per line on
// standard output.
//
//   {"edit": "prune", "workspace": {...}, "channels": ["CR"]}       ->  {"workspace": {...}} or {"errors": ["...",
//   ...]}
//   {"edit": "combine", "left": {...}, "right": {...}, "join": "outer", "merge_channels": false}
//   {"edit": "rename", "workspace": {...}, "modifiers": {"old": "new"}}
//   {"edit": "sort", "workspace": {...}}
//   {"edit": "patch", "workspace": {...}, "patch": [...]}
//   {"edit": "digest", "document": {...}}                           ->  {"md5": "...", "sha256": "..."}
#include <iostream>
#include <string>

#include "relume/edit/workspace.hpp"
#include "relume/formats/digest.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/json_patch.hpp"
#include "relume/formats/pyhf_json.hpp"

namespace {

using namespace relume;
using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

std::vector<std::string> names(const Json& request, std::string_view key) {
  std::vector<std::string> result;
  if (const Json* list = find(request, key)) {
    for (const Json& name : *list->array()) result.push_back(*name.string());
  }
  return result;
}

edit::Renaming renaming(const Json& request, std::string_view key) {
  edit::Renaming result;
  if (const Json* object = find(request, key)) {
    for (const auto& [old_name, new_name] : *object->object()) result.emplace_back(old_name, *new_name.string());
  }
  return result;
}

spec::Workspace workspace(const Json& request, std::string_view key) {
  return formats::workspace_from_json(*find(request, key), key).value();
}

Result<spec::Workspace> prune(const Json& request) {
  edit::PruneSelection selection{.channels = names(request, "channels"),
                                 .samples = names(request, "samples"),
                                 .modifiers = names(request, "modifiers"),
                                 .measurements = names(request, "measurements")};
  for (const std::string& type : names(request, "modifier_types")) {
    selection.modifier_types.push_back(*spec::modifier_type_from_string(type));
  }
  return edit::prune(workspace(request, "workspace"), selection);
}

Result<spec::Workspace> run_edit(const std::string& edit, const Json& request) {
  if (edit == "prune") return prune(request);
  if (edit == "sort") return edit::sort(workspace(request, "workspace"));
  if (edit == "patch") return formats::apply_patch(workspace(request, "workspace"), *find(request, "patch"), "patch");
  if (edit == "rename") {
    return edit::rename(workspace(request, "workspace"), {.channels = renaming(request, "channels"),
                                                          .samples = renaming(request, "samples"),
                                                          .modifiers = renaming(request, "modifiers"),
                                                          .measurements = renaming(request, "measurements")});
  }
  if (edit == "combine") {
    return edit::combine(workspace(request, "left"), workspace(request, "right"),
                         {.join = *edit::join_from_string(*find(request, "join")->string()),
                          .merge_channels = std::get<bool>(find(request, "merge_channels")->value)});
  }
  return Error{ErrorCode::option, edit, "unknown edit", {}};
}

Json answer(const std::string& line) {
  const Json request = formats::parse_json(line, "request").value();
  const std::string& edit = *find(request, "edit")->string();
  if (edit == "digest") {
    const Json& document = *find(request, "document");
    return JsonObject{{"md5", formats::digest(document, formats::DigestAlgorithm::md5)},
                      {"sha256", formats::digest(document, formats::DigestAlgorithm::sha256)}};
  }
  const Result<spec::Workspace> result = run_edit(edit, request);
  if (result) return JsonObject{{"workspace", formats::workspace_to_json(*result)}};
  JsonArray errors;
  for (const Error& error : result.errors()) errors.push_back(to_string(error));
  return JsonObject{{"errors", errors}};
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << formats::write_json(answer(line), {.indent = 0}) << std::endl;
    } catch (const Exception& e) {
      std::cout << formats::write_json(JsonObject{{"errors", JsonArray{std::string(e.what())}}}, {.indent = 0})
                << std::endl;
    }
  }
}
