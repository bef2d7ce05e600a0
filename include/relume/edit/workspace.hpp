// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Workspace -> workspace: combine, prune, rename, sort, with the meaning they have in pyhf 0.7.6. Clashes and unknown
// names are errors that list every one of them.
//
//   auto both = edit::combine(left, right, {.join = edit::Join::outer});
//   auto less = edit::prune(ws, {.channels = {"CRtop"}});
//
// The result is validated (spec/validate.hpp): an edit that leaves a channel without samples, or two of one name, is an
// error. Thread-safety: pure functions. Cost: a copy of the workspace and one pass over it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::edit {

/// none: anything that both have is a clash. outer: identical items are merged, differing ones clash; measurements of
/// one name are merged if they have the same POI and no parameter configured differently. left_outer, right_outer: on a
/// clash the named side is kept.
enum class Join { none, outer, left_outer, right_outer };
std::optional<Join> join_from_string(std::string_view name);  // "none", "outer", "left outer", "right outer"

struct CombineOptions {
  Join join = Join::none;
  /// Samples of channels that both have are joined too; not with Join::none. Of two samples with one name, the one of
  /// the left side (with right_outer: the right side) is taken without comparing them, as in pyhf.
  bool merge_channels = false;
};
Result<spec::Workspace> combine(const spec::Workspace& left, const spec::Workspace& right,
                                const CombineOptions& options = {});

struct PruneSelection {
  std::vector<std::string> channels = {};
  std::vector<std::string> samples = {};
  std::vector<std::string> modifiers = {};  ///< names; their parameter configs go too, a POI of that name stays
  std::vector<std::string> measurements = {};
  std::vector<spec::ModifierType> modifier_types = {};
};
/// Removes what is named, everywhere. The observation of a channel goes with it.
Result<spec::Workspace> prune(const spec::Workspace& workspace, const PruneSelection& selection);

using Renaming = std::vector<std::pair<std::string, std::string>>;  ///< old name, new name
struct RenameMap {
  Renaming channels = {};
  Renaming samples = {};
  Renaming modifiers = {};  ///< also in parameter configs and POIs
  Renaming measurements = {};
};
/// All renamings happen at once, so that names can be swapped. Observations follow their channel.
Result<spec::Workspace> rename(const spec::Workspace& workspace, const RenameMap& names);

/// A workspace in which a normfactor has one parameter per channel, and what they are called.
struct SplitByChannel {
  spec::Workspace workspace;
  Renaming parameters;  ///< channel, parameter
};
/// The normfactor is called NAME_CHANNEL (with underscores more where that is taken) in each channel that has it;
/// configurations are copied, and measurements that have it as their parameter of interest are left with none.
Result<SplitByChannel> split_by_channel(const spec::Workspace& workspace, const std::string& normfactor);

/// Channels, samples, modifiers (by name, then type), measurements, parameter configs and observations by name.
spec::Workspace sort(spec::Workspace workspace);

}  // namespace relume::edit
