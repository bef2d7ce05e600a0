// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// --plot: pictures of results, drawn by the Python package.
//
//   check_picture(arguments, "limits");                 // before computing
//   return draw_picture(arguments, "limits", result, exit_code::ok);
//
// The interpreter is $RELUME_PYTHON, or python3 on PATH; it is run without a shell, as
// `python3 -m relume.plot KIND --output FILE`, with the result on its standard input. Cost: two starts of Python with
// matplotlib, about a second.
#pragma once

#include <string_view>

#include "arguments.hpp"
#include "relume/spec/json.hpp"

namespace relume::cli {

/// Throws Exception when --plot is given and the Python package cannot draw. Call it before anything takes long.
void check_picture(const Arguments& arguments, std::string_view kind);

/// The same for what has a picture only with all points of a patchset; UsageError when one point is asked for.
void check_picture_of_points(const Arguments& arguments);

/// Draws when --plot is given and `code` says that the result is usable; returns the exit code of the command.
int draw_picture(const Arguments& arguments, std::string_view kind, const spec::JsonObject& result, int code);

}  // namespace relume::cli
