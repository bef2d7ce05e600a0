// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Archives and compressed bytes: members that are listed can be read, and nothing grows beyond the limit.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "formats/archive.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  constexpr std::size_t limit = 1 << 20;
  constexpr std::size_t most_members = 8;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!formats::looks_packed(bytes)) return 0;
  const Result<std::string> whole = formats::unpack(bytes, "fuzz", limit);
  if (whole && whole->size() > limit) std::abort();
  const Result<std::vector<std::string>> members = formats::list_members(bytes, "fuzz");
  if (!members) return 0;
  for (std::size_t i = 0; i < std::min(most_members, members->size()); ++i) {
    const Result<std::string> content = formats::unpack_member(bytes, (*members)[i], "fuzz", limit);
    if (content && content->size() > limit) std::abort();
  }
  return 0;
}
