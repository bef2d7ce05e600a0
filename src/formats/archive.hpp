// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Compressed bytes and archives in memory; the only part that knows libarchive.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"

namespace relume::formats {

/// Whether the bytes start like something that `unpack` opens: gzip, bzip2, xz, zstd, lz4, zip, 7-Zip, tar.
bool looks_packed(std::string_view bytes);

/// The content of a compressed file that is no archive. For an archive: an error that lists its members.
Result<std::string> unpack(std::string_view bytes, const std::string& source_name, std::size_t max_bytes);

/// One member of an archive, itself decompressed if need be. An unknown member is an error that lists those there are.
Result<std::string> unpack_member(std::string_view bytes, const std::string& member, const std::string& source_name,
                                  std::size_t max_bytes);

/// Names of the files in an archive.
Result<std::vector<std::string>> list_members(std::string_view bytes, const std::string& source_name);

}  // namespace relume::formats
