// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The input is {"document": ..., "patch": [...]}. Where the document is a workspace, patching the spec must be the same
// as patching the document, errors included.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relume/formats/json.hpp"
#include "relume/formats/json_patch.hpp"
#include "relume/formats/pyhf_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<spec::Json> input = formats::parse_json(text, "fuzz");
  if (!input) return 0;
  const spec::Json* document = find(*input, "document");
  const spec::Json* operations = find(*input, "patch");
  if (document == nullptr || operations == nullptr) return 0;
  const Result<spec::Json> patched = formats::apply_patch(*document, *operations, "fuzz");
  const Result<spec::Workspace> workspace = formats::workspace_from_json(*document, "fuzz");
  if (!workspace) return 0;
  const Result<spec::Workspace> direct = formats::apply_patch(*workspace, *operations, "fuzz");
  const Result<spec::Workspace> by_document =
      patched ? formats::workspace_from_json(*patched, "fuzz") : Result<spec::Workspace>(patched.errors());
  if (direct.has_value() != by_document.has_value()) std::abort();
  if (direct && *direct != *by_document) std::abort();
  return 0;
}
