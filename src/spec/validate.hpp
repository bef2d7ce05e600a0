// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The checks behind spec::validate, for stages that collect problems of their own beside them.
#pragma once

#include <optional>

#include "relume/spec/publication.hpp"
#include "relume/spec/signal.hpp"
#include "relume/spec/workspace.hpp"
#include "spec/problems.hpp"

namespace relume::spec {

/// `partial`: the workspace comes from a reader that has already reported problems and left what it could not read as
/// empty names and lists. Those are passed over, so that one mistake is one message.
enum class Completeness { complete, partial };

void validate(const Workspace& workspace, Completeness completeness, const Place& root, Problems& problems);
void validate(const Publication& publication, Completeness completeness, const Place& root, Problems& problems);
void validate(const Signal& signal, Completeness completeness, Problems& problems);

/// One sample on its own, and against the number of bins of its channel if that is known.
void validate(const Sample& sample, std::optional<std::size_t> n_bins, Completeness completeness, const Place& place,
              Problems& problems);

/// One modifier on its own, and against the number of bins of its sample if that is known.
void validate(const Modifier& modifier, std::optional<std::size_t> n_bins, Completeness completeness,
              const Place& place, Problems& problems);

void validate(const Measurement& measurement, Completeness completeness, const Place& place, Problems& problems);

/// Two modifiers of one name and type on one sample.
void validate_unique(const std::vector<Modifier>& modifiers, Completeness completeness, const Place& place,
                     Problems& problems);

}  // namespace relume::spec
