// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A published set of signal patches (pyhf patchset schema 1.0.0): each patch is a JSON Patch with a name and values.
//
//   for (const spec::Patch& patch : patchset.patches) use(patch.name, patch.values);
//
// The metadata objects are what is written; the fields beside them are read from them for convenience.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "relume/spec/json.hpp"

namespace relume::spec {

struct Patch {
  std::string name;
  std::vector<Json> values;  ///< numbers or strings, one per label of the patchset
  Json metadata;             ///< the whole metadata object, name and values included
  Json operations;           ///< RFC 6902: an array of operations
};

struct PatchSet {
  Json metadata;  ///< the whole metadata object
  std::string description;
  std::vector<std::string> labels;         ///< what the values of a patch mean, for example masses
  std::optional<std::string> md5, sha256;  ///< digests of the workspace that the patches are for
  std::vector<Patch> patches;
  std::string version = "1.0.0";
};

}  // namespace relume::spec
