// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/digest.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "formats/hash.hpp"
#include "relume/formats/json.hpp"

namespace relume::formats {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::optional<DigestAlgorithm> digest_algorithm_from_string(std::string_view name) {
  if (name == "md5") return DigestAlgorithm::md5;
  if (name == "sha256") return DigestAlgorithm::sha256;
  return std::nullopt;
}

std::string digest(const spec::Json& document, DigestAlgorithm algorithm) {
  const std::string text = write_json(document, {.indent = 0, .sort_keys = true, .ascii_only = false});
  return algorithm == DigestAlgorithm::md5 ? md5(text) : sha256(text);
}

Result<bool> verify_digests(const spec::PatchSet& patchset, const spec::Json& workspace_document,
                            std::string_view source_name) {
  Errors errors;
  const auto check = [&](const std::optional<std::string>& declared, DigestAlgorithm algorithm, std::string_view name) {
    if (!declared) return;
    const std::string actual = digest(workspace_document, algorithm);
    if (equal_ignoring_case(*declared, actual)) return;
    errors.push_back({ErrorCode::digest, std::string(source_name),
                      fmt::format("the patchset is for a workspace with the {} digest {}, but this one has {}", name,
                                  *declared, actual),
                      "the patchset may be for another workspace, or this one was changed"});
  };
  check(patchset.md5, DigestAlgorithm::md5, "md5");
  check(patchset.sha256, DigestAlgorithm::sha256, "sha256");
  if (!errors.empty()) return errors;
  return true;
}

}  // namespace relume::formats
