// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The bytes behind a name: a path, "-" for standard input, a compressed file (.gz and what else libarchive knows), or
// "ARCHIVE.tar.gz::member/BkgOnly.json".
//
//   std::string bytes = formats::read_input("likelihoods.tar.gz::SR/BkgOnly.json").value();
//
// Cost: libarchive is only touched when the bytes are compressed or a member is asked for. Thread-safety: pure, except
// that standard input can be read once.
#pragma once

#include <string>
#include <string_view>

#include "relume/base/error.hpp"

namespace relume::formats {

/// More than this many bytes (after decompression) are refused, so that a small archive cannot fill the memory.
inline constexpr std::size_t max_input_bytes = std::size_t{4} << 30;

Result<std::string> read_input(const std::string& name);

/// What messages call it: "<standard input>" for "-".
std::string source_name(const std::string& name);

/// Writes all bytes or leaves the old file as it was (temporary file beside it, then rename). "-" is standard output.
/// Returns true.
Result<bool> write_output(const std::string& name, std::string_view bytes);

}  // namespace relume::formats
