// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A number of something else is not a parameter.
#include "relume/base/ids.hpp"

std::size_t use(relume::ParamId id) { return id.index; }

#ifndef RELUME_BAD_LINE
std::size_t good() { return use(relume::ParamId{1}); }
#else
std::size_t bad() { return use(std::size_t{1}); }
#endif
