// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What is doubtful about a workspace that a model can be built from: each check by a stable name, with the places where
// it found something, the numbers, and what to do (docs/concepts/bad_models.md). No fit is done.
//
//   check::Findings findings = check::find(workspace, {}, {}, compiled.likelihood.get());
//   if (findings.worst() == check::Severity::error) complain(findings.list.front().message);
//
// Cost: a few passes over the workspace; with a likelihood, one evaluation and one factorisation of its slopes.
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/base/ids.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::check {

enum class Severity {
  note,     ///< allowed, common, and worth knowing
  warning,  ///< often not meant, and changes answers
  error,    ///< there is no sound answer until it is mended
};
std::string_view to_string(Severity severity);

/// From where on an effect is worth a finding.
struct Thresholds {
  /// Change of a sample's yield, relative to it. A variation of one half is hardly one standard deviation of something
  /// that is known; Combine's 0.1 drowns published models.
  double large_normalisation = 0.5;
  /// Change of a bin, relative to it, after scaling to the nominal yield. Twice or nothing.
  double large_shape = 1.0;
  /// Change of a bin of a channel, all samples together, relative to it. What is odd and smaller is one note.
  double relevant = 0.01;
  /// Below this in every bin a shape is only a normalisation, as for Combine; a normalisation below it is nothing.
  double small = 1e-3;
  /// Both sides change a yield, or a bin, by more than this to the same side. Less is rounding and statistics.
  double same_side = 0.01;
  /// Signal over the uncertainty of the background, statistical and systematic: a hundredth of a standard deviation
  /// changes no answer.
  double negligible_signal = 0.01;
  /// Events. Less is a placeholder for zero in published models, and relative variations of it are arbitrary.
  double tiny_yield = 1e-3;
};

struct Options {
  Thresholds thresholds = {};
  std::size_t max_places = 3;          ///< per check, the largest first; 0: all
  std::vector<std::string> skip = {};  ///< names of checks
  /// Parameters that are held besides those that the model fixes.
  std::vector<ParamId> fixed = {};
};

/// Where something was found; what does not apply is empty.
struct Place {
  std::string pointer;  ///< into the workspace: "/channels/0/samples/1/modifiers/2"
  std::string channel, sample, other_sample, modifier, other_modifier, type;
  std::optional<std::size_t> bin;
  std::vector<std::string> parameters;
  std::vector<std::pair<std::string, double>> numbers;  ///< "lo", 0.9; what they are depends on the check
};
/// "channel 'SR', sample 'top', normsys 'JES', bin 3: lo 0.9, hi 0.95".
std::string to_string(const Place& place);

/// One check and everything that it found.
struct Finding {
  std::string check;  ///< "one-sided-variation"
  Severity severity = Severity::note;
  std::string message, advice;  ///< one sentence each
  std::size_t count = 0;
  std::vector<Place> places;  ///< the first Options::max_places of them
};

struct Findings {
  std::vector<Finding> list;                              ///< errors first, then warnings, then notes
  std::size_t n_errors = 0, n_warnings = 0, n_notes = 0;  ///< checks that found something, not places
  std::optional<Severity> worst() const;
};

/// What there is to be found.
struct Check {
  std::string_view name;
  Severity severity = Severity::note;
  std::string_view message, advice;
};
/// In the order in which findings are listed.
std::span<const Check> checks();

/// An error for each name that no check has.
Errors unknown_checks(const std::vector<std::string>& names);

/// `measurement`: whose parameter of interest and configuration are looked at; "": the first. `likelihood`: made from
/// this workspace and measurement; with nullptr, directions in which nothing changes are not looked for. An error for
/// the name of a check that does not exist. Precondition: the workspace is valid, as for model::compile.
Result<Findings> find(const spec::Workspace& workspace, std::string_view measurement = {}, const Options& options = {},
                      const model::Likelihood* likelihood = nullptr);

}  // namespace relume::check
