// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Info files of MadAnalysis 5: every likelihood of one that is read is valid.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relume/formats/madanalysis_info.hpp"
#include "relume/spec/validate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<formats::MadAnalysisInfo> info = formats::read_madanalysis_info(text, "fuzz");
  if (!info) return to_string(info.errors()).empty() ? (std::abort(), 0) : 0;
  if (!spec::validate(spec::Publication{info->experiments}, "fuzz").empty()) std::abort();
  for (const auto& subset : info->subsets) {
    if (!spec::validate(spec::Publication{subset.likelihood}, "fuzz").empty()) std::abort();
  }
  const auto publication = formats::publication_of(*info, std::nullopt, "fuzz");
  if (!publication && info->subsets.size() < 2) std::abort();
  return 0;
}
