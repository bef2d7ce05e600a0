// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A likelihood file that is read survives being written and read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relume/formats/publication_json.hpp"
#include "relume/spec/validate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<spec::Publication> publication = formats::read_likelihood(text, "fuzz");
  if (!publication) return to_string(publication.errors()).empty() ? (std::abort(), 0) : 0;
  if (!spec::validate(*publication, "fuzz").empty()) std::abort();
  const Result<spec::Publication> again =
      formats::likelihood_from_json(formats::likelihood_to_json(*publication), "fuzz");
  if (!again || *again != *publication) std::abort();
  return 0;
}
