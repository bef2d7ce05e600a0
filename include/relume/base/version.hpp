// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Which relume this is: every result that is kept should say so.
//
//   std::cout << "computed with relume " << relume::version() << '\n';
//
// Thread-safety: a constant.
#pragma once

#include <string_view>

namespace relume {

/// "major.minor.patch" of the library that is linked (which may differ from the headers compiled against).
std::string_view version() noexcept;

}  // namespace relume
