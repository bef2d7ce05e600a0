// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Reference numbers of other software (see the README beside them), with the model that they belong to.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "relume/formats/json.hpp"
#include "relume/formats/json_patch.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/model/histfactory.hpp"
#include "support/shared_data.hpp"

namespace relume::test {

inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Member of a JSON object; throws where there is none, which fails the test that asked.
inline const spec::Json& at(const spec::Json& object, std::string_view key) {
  const spec::Json* member = spec::find(object, key);
  if (member == nullptr) throw std::out_of_range("no member " + std::string(key));
  return *member;
}
inline double number(const spec::Json& object, std::string_view key) { return spec::as_double(at(object, key)); }
inline std::vector<double> numbers(const spec::Json& array) {
  std::vector<double> values;
  for (const spec::Json& value : *array.array()) values.push_back(spec::as_double(value));
  return values;
}

struct ReferenceCase {
  std::string id;
  spec::Json reference;
  spec::Workspace workspace;  ///< with its signal
  std::string measurement;
};

inline std::vector<std::filesystem::path> reference_files() {
  std::vector<std::filesystem::path> files;
  for (const char* folder : {"histfactory-small", "histfactory-xml", "histfactory"}) {
    for (const auto& entry : std::filesystem::directory_iterator(shared_data() / "reference" / folder)) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

inline ReferenceCase load_reference(const std::filesystem::path& file) {
  ReferenceCase c;
  c.id = file.stem().string();
  c.reference = formats::parse_json(read_bytes(file), file.string()).value();
  const auto load = [&](const char* key) { return read_bytes(shared_data() / *at(c.reference, key).string()); };
  c.workspace = formats::read_workspace(load("workspace"), "workspace").value();
  if (spec::find(c.reference, "patchset") != nullptr) {
    const spec::PatchSet patchset = formats::read_patchset(load("patchset"), "patchset").value();
    const spec::Patch* patch = formats::find_patch(patchset, *at(c.reference, "patch").string()).value();
    c.workspace = formats::apply_patch(c.workspace, patch->operations, "patch").value();
  }
  if (const spec::Json* extra = spec::find(c.reference, "extra_ops")) {
    c.workspace = formats::apply_patch(c.workspace, *extra, "extra_ops").value();
  }
  // The XML examples hold several measurements; the file's name says which one was used.
  if (file.parent_path().filename() == "histfactory-xml") c.measurement = c.id.substr(c.id.rfind("__") + 2);
  return c;
}

}  // namespace relume::test
