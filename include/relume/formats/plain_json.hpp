// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The layout in which people type in a simplified likelihood: a JSON object with "observed", "background" and
// "covariance" (docs/formats/plain.md).
//
//   spec::Publication p = formats::plain_from_json(document, "toy.json").value();
//
// Thread-safety: pure functions.
#pragma once

#include <string_view>

#include "relume/base/error.hpp"
#include "relume/spec/json.hpp"
#include "relume/spec/publication.hpp"

namespace relume::formats {

/// A simplified likelihood. Keys that are not known are kept as its metadata, unless they look like misspelt ones.
Result<spec::Publication> plain_from_json(const spec::Json& document, std::string_view source_name);

}  // namespace relume::formats
