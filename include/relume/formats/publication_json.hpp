// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// relume's likelihood file (docs/formats/likelihood.md, JSON Schema beside it): bytes <-> any spec::Publication.
//
//   spec::Publication publication = formats::read_likelihood(bytes, "CMS-SUS-21-002.json").value();
//   std::string text = formats::write_json(formats::likelihood_to_json(publication));
//
// Writing and reading again gives an equal value. Thread-safety: pure functions.
#pragma once

#include <string_view>

#include "relume/base/error.hpp"
#include "relume/spec/json.hpp"
#include "relume/spec/publication.hpp"

namespace relume::formats {

/// Whether this document says that it is a likelihood file.
bool is_likelihood_document(const spec::Json& document);
Result<spec::Publication> read_likelihood(std::string_view bytes, std::string_view source_name);
Result<spec::Publication> likelihood_from_json(const spec::Json& document, std::string_view source_name);
spec::Json likelihood_to_json(const spec::Publication& publication);
/// pyhf's format, or ours where that has no words for it.
spec::Json document_of(const spec::Workspace& workspace);

/// "simplified", "histfactory", …: what the file calls them.
std::string_view likelihood_kind(const spec::Publication& publication);

}  // namespace relume::formats
