// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Files of any format: what is detected as a likelihood is read as one, and can be written as a likelihood file.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relume/formats/publication.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/spec/validate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const formats::Detected found = formats::detect(text, "fuzz");
  if (found.description.empty()) std::abort();
  const Result<formats::NotedPublication> read = formats::read_publication(text, "fuzz");
  if (!read) return to_string(read.errors()).empty() ? (std::abort(), 0) : 0;
  const spec::Publication* publication = &read->publication;
  if (found.kind != formats::likelihood_kind(*publication)) std::abort();
  if (!spec::validate(*publication, "fuzz").empty()) std::abort();
  const auto again = formats::likelihood_from_json(formats::likelihood_to_json(*publication), "fuzz");
  if (!again || *again != *publication) std::abort();
  return 0;
}
