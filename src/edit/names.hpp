// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The names that occur in a workspace, for looking up what an edit refers to.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/edit/systematics.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::edit {

/// Names of one kind of thing, each once, in the order of the workspace.
class Names {
 public:
  Names() = default;
  explicit Names(const std::vector<std::string>& names) {
    for (const std::string& name : names) add(name);
  }
  void add(const std::string& name) {
    if (known_.insert(name).second) all_.push_back(name);
  }
  bool contains(const std::string& name) const { return known_.contains(name); }
  const std::vector<std::string>& all() const { return all_; }

 private:
  std::unordered_set<std::string> known_;
  std::vector<std::string> all_;
};

Names channel_names(const spec::Workspace& workspace);
Names sample_names(const spec::Workspace& workspace);
Names modifier_names(const spec::Workspace& workspace);
Names measurement_names(const spec::Workspace& workspace);

/// An error "the workspace has no `what` called ..." if `names` does not contain `name`.
void require_name(const Names& names, const std::string& name, std::string_view what, Errors& errors);

/// An error for every name that the workspace does not have.
Errors find_unknown(const spec::Workspace& workspace, const Where& where);

/// Whether an edit applies to something.
class Selection {
 public:
  explicit Selection(const Where& where)
      : modifiers_(where.modifiers), channels_(where.channels), samples_(where.samples) {}
  bool operator()(const spec::Channel& channel, const spec::Sample& sample) const {
    return has(channels_, channel.name) && has(samples_, sample.name);
  }
  bool operator()(const spec::Modifier& modifier) const { return has(modifiers_, modifier.name); }

 private:
  static bool has(const Names& names, const std::string& name) { return names.all().empty() || names.contains(name); }
  Names modifiers_, channels_, samples_;
};

/// Takes parameters that no modifier has any more out of the correlations; what is left of a matrix is that of the
/// marginal distribution, and a single parameter needs none.
void drop_lost_correlations(spec::Workspace& workspace);

}  // namespace relume::edit
