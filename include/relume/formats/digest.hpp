// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Digests of documents, identical to pyhf.utils.digest: the hash of Python's json.dumps(sort_keys=True,
// ensure_ascii=False), so that published patchsets verify.
//
//   std::string hex = formats::digest(document, formats::DigestAlgorithm::sha256);
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "relume/base/error.hpp"
#include "relume/spec/json.hpp"
#include "relume/spec/patchset.hpp"

namespace relume::formats {

enum class DigestAlgorithm { md5, sha256 };
std::optional<DigestAlgorithm> digest_algorithm_from_string(std::string_view name);

/// Lower-case hexadecimal digits.
std::string digest(const spec::Json& document, DigestAlgorithm algorithm);

/// Every digest that the patchset declares is compared with the document's; each mismatch is an error that shows both.
/// Returns true.
Result<bool> verify_digests(const spec::PatchSet& patchset, const spec::Json& workspace_document,
                            std::string_view source_name);

}  // namespace relume::formats
