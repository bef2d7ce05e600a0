// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// JSON Patch (RFC 6902), all six operations, on a document; all or nothing.
//
//   spec::Json patched = formats::apply_patch(document, operations, "signal.json").value();
//
// Cost: a copy of the document plus the operations. Thread-safety: pure functions.
#pragma once

#include <string_view>

#include "relume/base/error.hpp"
#include "relume/spec/json.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::formats {

/// The document with all operations applied in order, or the first operation that does not apply (named by its index).
Result<spec::Json> apply_patch(spec::Json document, const spec::Json& operations, std::string_view source_name);

/// The same result as patching the document of a valid workspace and reading it again, without writing out the
/// document: operations that add, replace or remove whole samples, remove channels, or set a measurement's POI or
/// parameters (all that published signal patches do) act on the spec directly; others take the way through the
/// document, and so do patches with an error in them. Cost: a copy of the workspace (none for an rvalue) plus the
/// operations.
Result<spec::Workspace> apply_patch(const spec::Workspace& workspace, const spec::Json& operations,
                                    std::string_view source_name);
Result<spec::Workspace> apply_patch(spec::Workspace&& workspace, const spec::Json& operations,
                                    std::string_view source_name);

}  // namespace relume::formats
