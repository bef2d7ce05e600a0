// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Workspace -> workspace: systematic uncertainties pruned by their size, symmetrised, decorrelated.
//
//   edit::SmallPruning pruning = edit::prune_small(ws, {.normalisation = 0.005, .shape = 0.005}).value();
//   use(pruning.workspace, pruning.largest_loss());      // share of the uncertainty that went, in the worst bin
//   spec::Workspace two_sided = edit::symmetrise(ws, {}).value();
//   spec::Workspace apart = edit::decorrelate(ws, {.modifiers = {"JES"}}).value();
//
// Names that do not exist, and what cannot be done, are errors that list every case. Results are validated
// (spec/validate.hpp). Thread-safety: pure functions. Cost: a copy of the workspace and a few passes over it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::edit {

/// Where an edit applies; empty: everywhere.
struct Where {
  std::vector<std::string> modifiers = {}, channels = {}, samples = {};
};

// ---- pruning by size ------------------------------------------------------------------------------------------------

enum class Reference {
  sample,  ///< effects are relative to the sample
  total,   ///< effects are relative to the sum of all samples of the channel
};

struct SmallPruningOptions {
  /// A normalisation goes when neither side changes the yield by more than this.
  double normalisation = 0.005;
  /// A shape goes when neither side changes a bin by more than this, at the nominal yield.
  double shape = 0.005;
  Reference reference = Reference::sample;
  Where where = {};
  std::string measurement = {};  ///< whose settings the uncertainties are reported with; "": the first
};

/// What became of a modifier.
struct PrunedModifier {
  enum class Action {
    removed,                ///< normalisation and shape were small
    normalisation_removed,  ///< the histograms are scaled to the nominal yield, a normsys of the name is gone
    shape_removed,          ///< a normsys with the same yields takes the place of the histograms
  };
  std::string channel, sample, modifier;
  Action action = Action::removed;
  double norm_lo = 0.0, norm_hi = 0.0;  ///< changes of the yield
  double shape = 0.0;                   ///< largest change of a bin, of both sides
};
std::string_view to_string(PrunedModifier::Action action);

/// Uncertainty of the expected events before any fit, to first order.
struct UncertaintyLoss {
  std::string channel;
  std::vector<double> nominal, before, after;  ///< per bin; standard deviations of events
  double total_nominal = 0.0, total_before = 0.0, total_after = 0.0;
};

struct SmallPruning {
  spec::Workspace workspace;
  SmallPruningOptions options;
  std::vector<PrunedModifier> changes;
  std::size_t n_before = 0, n_after = 0;     ///< normsys and histosys modifiers
  std::vector<std::string> gone_parameters;  ///< that no modifier carries any more
  std::vector<UncertaintyLoss> channels;
  /// 1 - after / before, of the bin that lost most.
  double largest_loss() const;
};

/// Normalisation and shape are judged apart, as TRExFitter does: a histosys and a normsys of one name on one sample are
/// one systematic uncertainty, whose normalisation is the product of both. Histograms whose yield is zero or negative
/// are left alone, unless nothing varies at all.
Result<SmallPruning> prune_small(const spec::Workspace& workspace, const SmallPruningOptions& options);

// ---- symmetrisation -------------------------------------------------------------------------------------------------

enum class Symmetrisation {
  average,   ///< (up - down) / 2 to both sides; what has one side only is mirrored
  mirror,    ///< only what has one side is changed: the other one becomes its mirror image
  maximum,   ///< the larger of the two changes, in each bin, to both sides
  absolute,  ///< (|up| + |down|) / 2, in each bin, with the sign of up - down
};
std::optional<Symmetrisation> symmetrisation_from_string(std::string_view name);
std::string_view to_string(Symmetrisation method);

struct SymmetriseOptions {
  Symmetrisation method = Symmetrisation::average;
  Where where = {};
};

/// histosys: around the nominal histogram, bin by bin. normsys: 1 - d and 1 + d. An error where 1 - d is negative.
Result<spec::Workspace> symmetrise(const spec::Workspace& workspace, const SymmetriseOptions& options = {});

// ---- decorrelation --------------------------------------------------------------------------------------------------

struct DecorrelateOptions {
  std::vector<std::string> modifiers = {};  ///< at least one name
  bool by_channel = true, by_sample = false;
  std::vector<std::string> channels = {}, samples = {};  ///< only there; empty: everywhere
};

/// The modifier NAME becomes NAME_CHANNEL, NAME_SAMPLE or NAME_CHANNEL_SAMPLE, all types of the name together; what
/// measurements configure for NAME is copied. Refused for the parameter of interest, for lumi, and where a new name is
/// taken.
Result<spec::Workspace> decorrelate(const spec::Workspace& workspace, const DecorrelateOptions& options);

}  // namespace relume::edit
