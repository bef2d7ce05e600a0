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

}  // namespace relume::edit
