// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/base/version.hpp"

namespace relume {

// RELUME_VERSION comes from project() in CMakeLists.txt, the one place where the version is written.
std::string_view version() noexcept { return RELUME_VERSION; }

}  // namespace relume
