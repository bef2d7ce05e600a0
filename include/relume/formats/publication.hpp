// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A published likelihood of any format, which its content tells.
//
//   formats::NotedPublication read = formats::read_publication_input("CMS-SUS-21-002.json").value();
//   formats::Detected found = formats::detect_input("cov.json").value();  // what it is, and what it lacks
//
// Cost: that of reading the file. Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/formats/hepdata.hpp"
#include "relume/formats/noted_publication.hpp"
#include "relume/spec/publication.hpp"

namespace relume::formats {

enum class Format {
  unknown,
  likelihood,  ///< relume's own
  pyhf_workspace,
  plain,  ///< observed, background, covariance
  madanalysis_info,
  smodels_directory,
  // What belongs to a likelihood and is none by itself:
  patchset,
  json_patch,
  signal,
  hepdata_table,
};
std::string_view to_string(Format format);

struct Detected {
  Format format = Format::unknown;
  std::string kind = {};         ///< what a likelihood file would call it; empty where it is no likelihood by itself
  std::string description = {};  ///< what it holds, in words
  std::string missing = {};      ///< why it is no likelihood by itself, and what to do about that
  std::vector<std::string> notes = {};  ///< what reading it takes for granted
  Errors errors = {};                   ///< it looks like this format, but cannot be read
};

/// Never fails: what is not known is Format::unknown, with a description of what it looks like.
Detected detect(std::string_view bytes, std::string_view source_name);
/// A path, a directory, an archive member or "-". Fails where there is nothing to read.
Result<Detected> detect_input(const std::string& name);

struct ReadOptions {
  std::optional<std::string> subset = {};  ///< of regions, where a file has covariances of several
  /// A HEPData table is read as yields in this way; without, it is no likelihood by itself.
  std::optional<TableOptions> yields = {};
};

Result<NotedPublication> read_publication(std::string_view bytes, std::string_view source_name,
                                          const ReadOptions& options = {});
Result<NotedPublication> read_publication_input(const std::string& name, const ReadOptions& options = {});

/// "a simplified likelihood of 35 regions, linear".
std::string describe(const spec::Publication& publication);

}  // namespace relume::formats
