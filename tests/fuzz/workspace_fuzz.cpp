// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A workspace that is read is one: it survives being written and read, validating and sorting.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relume/edit/workspace.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/spec/validate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<spec::Workspace> workspace = formats::read_workspace(text, "fuzz");
  if (!workspace) return to_string(workspace.errors()).empty() ? (std::abort(), 0) : 0;
  if (!spec::validate(*workspace, "fuzz").empty()) std::abort();
  const Result<spec::Workspace> again = formats::workspace_from_json(formats::workspace_to_json(*workspace), "fuzz");
  if (!again || *again != *workspace) std::abort();
  const spec::Workspace sorted = edit::sort(*workspace);
  if (!spec::validate(sorted, "fuzz").empty()) std::abort();
  const auto joined = edit::combine(*workspace, *workspace, {.join = edit::Join::outer});
  if (!joined || *joined != *workspace) std::abort();
  return 0;
}
