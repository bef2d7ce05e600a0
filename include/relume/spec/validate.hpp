// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What no model can be built from although the schema allows it: names that occur twice, lists of the wrong length, an
// observation that is missing, negative uncertainties, matrices that are not symmetric. Reading does this by itself;
// call it for a workspace made in memory.
//
//   for (const Error& problem : spec::validate(workspace, "my workspace")) std::cerr << to_string(problem) << '\n';
//
// Cost: one pass over the workspace. Thread-safety: a pure function.
#pragma once

#include <string_view>

#include "relume/base/error.hpp"
#include "relume/spec/publication.hpp"
#include "relume/spec/signal.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::spec {

/// Every problem with its JSON pointer, at most 100 and a line that says how many more; empty if there is none.
Errors validate(const Workspace& workspace, std::string_view source_name);
/// What is wrong with a signal by itself; edit::add_signal checks it against a workspace.
Errors validate(const Signal& signal, std::string_view source_name);
/// Pointers are those of the publication's own file (docs/formats/likelihood.md). Whether matrices have negative
/// eigenvalues, and whether third moments can be had by any distribution, shows when a model is built.
Errors validate(const Publication& publication, std::string_view source_name);

}  // namespace relume::spec
