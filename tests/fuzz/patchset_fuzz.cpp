// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A patchset that is read survives being written and read, and every patch in it can be found.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relume/formats/pyhf_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<spec::PatchSet> patchset = formats::read_patchset(text, "fuzz");
  if (!patchset) return to_string(patchset.errors()).empty() ? (std::abort(), 0) : 0;
  const spec::Json document = formats::patchset_to_json(*patchset);
  const Result<spec::PatchSet> again = formats::patchset_from_json(document, "fuzz");
  if (!again || !equal(formats::patchset_to_json(*again), document)) std::abort();
  for (const spec::Patch& patch : patchset->patches) {
    if (formats::find_patch(*patchset, patch.name).value() != &patch) std::abort();
  }
  return 0;
}
