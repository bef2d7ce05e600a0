// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/spec/patchset.hpp"

#include <fmt/format.h>

#include "model_input.hpp"
#include "output.hpp"
#include "relume/formats/digest.hpp"
#include "relume/formats/json_patch.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/report/json.hpp"
#include "relume/report/table.hpp"

namespace relume::cli {
namespace {

using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

spec::PatchSet read_patchset_file(const std::string& name) {
  return formats::patchset_from_json(read_document(name), source_name(name)).value();
}

std::string point_name(const Arguments& arguments) {
  if (!arguments.given(options::patch_name))
    throw UsageError("--name NAME is missing; `relume patchset list` shows the names");
  return arguments.text(options::patch_name);
}

std::string list_as_table(const spec::PatchSet& patchset) {
  std::vector<std::string> titles = {"point"};
  titles.insert(titles.end(), patchset.labels.begin(), patchset.labels.end());
  report::Table table(std::move(titles));
  for (const spec::Patch& patch : patchset.patches) {
    std::vector<std::string> row = {patch.name};
    for (const Json& value : patch.values) {
      row.push_back(value.is_number() ? report::format_number(spec::as_double(value))
                    : value.string()  ? *value.string()
                                      : "-");
    }
    table.add(std::move(row));
  }
  std::string head = fmt::format("{} points", patchset.patches.size());
  if (!patchset.description.empty()) head += fmt::format(": {}", patchset.description);
  return fmt::format("{}\n\n{}", head, table.text());
}

}  // namespace

int run_patchset_list(const Arguments& arguments) {
  const spec::PatchSet patchset = read_patchset_file(arguments.positionals.front());
  JsonArray points;
  for (const spec::Patch& patch : patchset.patches) {
    points.emplace_back(
        JsonObject{{"name", patch.name}, {"values", JsonArray(patch.values.begin(), patch.values.end())}});
  }
  JsonObject result;
  result.emplace_back("description", patchset.description);
  result.emplace_back("labels", report::to_json(patchset.labels));
  JsonObject digests;
  if (patchset.md5) digests.emplace_back("md5", *patchset.md5);
  if (patchset.sha256) digests.emplace_back("sha256", *patchset.sha256);
  result.emplace_back("digests", std::move(digests));
  result.emplace_back("points", std::move(points));
  write_result(arguments, options::inspect_format, result, [&] { return list_as_table(patchset); });
  return exit_code::ok;
}

int run_patchset_extract(const Arguments& arguments) {
  const std::string name = point_name(arguments);
  const spec::PatchSet patchset = read_patchset_file(arguments.positionals.front());
  const spec::Patch& patch = *formats::find_patch(patchset, name).value();
  if (!arguments.given(options::with_metadata)) {
    write_document(arguments, patch.operations);
    return exit_code::ok;
  }
  // As pyhf: the patch's metadata, overlaid with the patchset's.
  Json metadata = patch.metadata;
  if (const JsonObject* common = patchset.metadata.object()) {
    for (const auto& [key, value] : *common) {
      if (Json* present = spec::find(metadata, key))
        *present = value;
      else
        metadata.object()->emplace_back(key, value);
    }
  }
  write_document(arguments, JsonObject{{"metadata", std::move(metadata)}, {"patch", patch.operations}});
  return exit_code::ok;
}

int run_patchset_apply(const Arguments& arguments) {
  const std::string name = point_name(arguments);
  refuse_shared_standard_input(arguments.positionals);
  const std::string& workspace_name = arguments.positionals[0];
  const std::string& patchset_name = arguments.positionals[1];
  WorkspaceDocument read = read_workspace_document(workspace_name, "patchset apply");
  const spec::PatchSet patchset = read_patchset_file(patchset_name);
  const spec::Patch& patch = *formats::find_patch(patchset, name).value();
  if (const auto verified = formats::verify_digests(patchset, read.document, source_name(workspace_name)); !verified) {
    for (const Error& error : verified.errors()) warn(to_string(error));
  }
  const std::string source = fmt::format("{}, point '{}'", source_name(patchset_name), name);
  if (read.is_likelihood_file) {
    write_workspace(arguments, formats::apply_patch(std::move(read.workspace), patch.operations, source).value());
    return exit_code::ok;
  }
  const Json patched = formats::apply_patch(std::move(read.document), patch.operations, source).value();
  formats::workspace_from_json(patched, source).value();
  write_document(arguments, patched);
  return exit_code::ok;
}

int run_patchset_verify(const Arguments& arguments) {
  refuse_shared_standard_input(arguments.positionals);
  const std::string& workspace_name = arguments.positionals[0];
  const Json document = read_workspace_document(workspace_name, "patchset verify").document;
  const spec::PatchSet patchset = read_patchset_file(arguments.positionals[1]);
  formats::verify_digests(patchset, document, source_name(workspace_name)).value();
  print("All good.\n");
  return exit_code::ok;
}

}  // namespace relume::cli
