// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// MD5 (RFC 1321) and SHA-256 (FIPS 180-4), for comparing published digests and nothing else. Own code, because a
// hundred lines that are checked against the standards' vectors weigh less than a cryptography library at run time and
// in every wheel; no security rests on them.
#pragma once

#include <string>
#include <string_view>

namespace relume::formats {

/// Lower-case hexadecimal digits.
std::string md5(std::string_view bytes);
std::string sha256(std::string_view bytes);

}  // namespace relume::formats
