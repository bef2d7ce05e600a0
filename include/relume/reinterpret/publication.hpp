// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// From whatever was published to a likelihood: the one way that the command line, Python and products take.
//
//   auto prepared = reinterpret::prepare(publication, &signal).value();   // notes say what was chosen
//   auto compiled = reinterpret::compile(prepared.publication).value();
//
// Cost: a copy of the spec, and what edit::as_workspace and model::compile cost. Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/model/histfactory.hpp"
#include "relume/spec/publication.hpp"
#include "relume/spec/signal.hpp"

namespace relume::reinterpret {

struct PrepareOptions {
  /// Of counting experiments: the region to use. Empty: with a signal, the one that is expected to be most sensitive to
  /// it; without, the only one there is.
  std::string region = {};
  bool other_channels_are_zero = false;  ///< as if the signal said so
};

/// A publication that a model can be built from.
struct Prepared {
  /// Simplified likelihoods and counting experiments have become workspaces (edit/as_workspace.hpp).
  spec::Publication publication;
  std::vector<std::string> notes;  ///< what was chosen or approximated, in words
};

/// `signal` may be nullptr. Errors: names that the publication does not have, a signal that leaves regions out without
/// saying that they are zero, several regions and nothing to choose one by.
Result<Prepared> prepare(const spec::Publication& publication, const spec::Signal* signal = nullptr,
                         const PrepareOptions& options = {});

/// Precondition: valid (spec::validate). What `prepare` would convert is prepared first.
Result<model::Compiled> compile(const spec::Publication& publication, const model::CompileOptions& options = {});

}  // namespace relume::reinterpret
