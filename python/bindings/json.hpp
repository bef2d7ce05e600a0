// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// spec::Json <-> Python objects, without text in between. Numpy scalars and arrays (anything with `item` or `tolist`)
// are taken as the numbers they hold.
#pragma once

#include <string_view>

#include <nanobind/nanobind.h>

#include "relume/spec/json.hpp"

namespace relume::python {

/// NaN, infinities, keys that are no strings, unknown types and nesting deeper than formats::max_json_depth raise an
/// InputError that names the place.
spec::Json json_from_python(nanobind::handle object, std::string_view source_name);
nanobind::object json_to_python(const spec::Json& json);

}  // namespace relume::python
