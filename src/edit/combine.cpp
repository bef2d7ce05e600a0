// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "relume/edit/workspace.hpp"
#include "relume/spec/validate.hpp"

namespace relume::edit {

using spec::Channel;
using spec::Measurement;
using spec::ModifierType;
using spec::Observation;
using spec::ParameterConfig;
using spec::Sample;
using spec::Workspace;

namespace {

constexpr std::string_view other_joins = "a join other than this may do: none, outer, left outer, right outer";

/// The joins in the sense of keeping the side that has precedence: the left one except for right_outer.
template <class Item>
struct Sides {
  const std::vector<Item>& first;
  const std::vector<Item>& second;
};

template <class Item>
Sides<Item> by_precedence(Join join, const std::vector<Item>& left, const std::vector<Item>& right) {
  if (join == Join::right_outer) return {right, left};
  return {left, right};
}

/// First the items of one side, then those of the other that are new. `meet(kept, other)` decides what becomes of two
/// items with the same name.
template <class Item, class Meet>
std::vector<Item> join_by_name(const Sides<Item>& sides, Meet meet) {
  std::vector<Item> joined = sides.first;
  std::unordered_map<std::string_view, std::size_t> position;
  for (std::size_t i = 0; i < sides.first.size(); ++i) position.emplace(sides.first[i].name, i);
  for (const Item& other : sides.second) {
    if (const auto found = position.find(other.name); found != position.end()) {
      meet(joined[found->second], other);
    } else {
      joined.push_back(other);
    }
  }
  return joined;
}

class Combination {
 public:
  Combination(const Workspace& left, const Workspace& right, const CombineOptions& options)
      : left_(left), right_(right), options_(options) {}

  Result<Workspace> combine() {
    if (left_.version != right_.version) {
      errors_.push_back({ErrorCode::reference,
                         "version",
                         fmt::format("the versions differ: '{}' and '{}'", left_.version, right_.version),
                         {}});
    }
    Workspace combined;
    combined.version = left_.version;
    combined.channels = join_channels();
    combined.observations =
        join_by_name(by_precedence(options_.join, left_.observations, right_.observations),
                     [&](const Observation& kept, const Observation& other) { meet("observation", kept, other); });
    combined.measurements =
        join_by_name(by_precedence(options_.join, left_.measurements, right_.measurements),
                     [&](Measurement& kept, const Measurement& other) { meet_measurements(kept, other); });
    combined.correlations = join_correlations();
    combined.constraints_are_priors = join_kind_of_constraints();
    if (!errors_.empty()) return std::move(errors_);
    if (Errors problems = spec::validate(combined, "the combination"); !problems.empty()) return problems;
    return combined;
  }

 private:
  std::vector<Channel> join_channels() {
    return join_by_name(
        by_precedence(options_.join, left_.channels, right_.channels), [&](Channel& kept, const Channel& other) {
          if (!options_.merge_channels) return meet("channel", kept, other);
          // As in pyhf, a sample that both have is taken from the side with precedence without comparing.
          kept.samples = join_by_name(Sides<Sample>{kept.samples, other.samples}, [](const Sample&, const Sample&) {});
        });
  }

  static bool has_constraints(const Workspace& workspace) {
    for (const Channel& channel : workspace.channels) {
      for (const Sample& sample : channel.samples) {
        for (const spec::Modifier& modifier : sample.modifiers) {
          if (modifier.type != ModifierType::normfactor && modifier.type != ModifierType::shapefactor) return true;
        }
      }
    }
    return false;
  }

  /// Limits depend on it: neither side's constraints may become the other kind without a word.
  bool join_kind_of_constraints() {
    if (left_.constraints_are_priors == right_.constraints_are_priors || !has_constraints(right_)) {
      return left_.constraints_are_priors;
    }
    if (!has_constraints(left_)) return right_.constraints_are_priors;
    const char* const priors = left_.constraints_are_priors ? "left" : "right";
    errors_.push_back({ErrorCode::unsupported,
                       {},
                       fmt::format("the constraints of the {} workspace are priors, those of the other one results of "
                                   "measurements; a workspace has one kind",
                                   priors),
                       "convert it to pyhf, where all are measurements, or write a product, which keeps both"});
    return false;
  }

  /// A matrix that both have is one; parameters that are in two matrices clash.
  std::vector<spec::Correlation> join_correlations() {
    std::vector<spec::Correlation> joined = left_.correlations;
    for (const spec::Correlation& correlation : right_.correlations) {
      if (std::find(joined.begin(), joined.end(), correlation) != joined.end()) continue;
      for (const std::string& name : correlation.parameters) {
        for (const spec::Correlation& other : left_.correlations) {
          if (std::find(other.parameters.begin(), other.parameters.end(), name) == other.parameters.end()) continue;
          clash(name, fmt::format("'{}' is correlated in both workspaces, and not in the same way", name));
        }
      }
      joined.push_back(correlation);
    }
    return joined;
  }

  /// Two items of one name: a clash with Join::none, and with Join::outer unless they are identical.
  template <class Item>
  void meet(std::string_view what, const Item& kept, const Item& other) {
    if (options_.join == Join::none) {
      clash(kept.name, fmt::format("{} '{}' is in both workspaces", what, kept.name));
    } else if (options_.join == Join::outer && !(kept == other)) {
      clash(kept.name, fmt::format("the workspaces have different {}s called '{}'", what, kept.name));
    }
  }

  /// With Join::outer, measurements of one name are merged if their POIs agree.
  void meet_measurements(Measurement& kept, const Measurement& other) {
    if (options_.join == Join::none) return meet("measurement", kept, other);
    if (options_.join != Join::outer) return;
    if (kept.poi != other.poi) {
      clash(kept.name, fmt::format("measurement '{}' has the POI '{}' in one workspace and '{}' in the other",
                                   kept.name, kept.poi, other.poi));
    }
    const std::string& name = kept.name;
    kept.parameters = join_by_name(
        Sides<ParameterConfig>{kept.parameters, other.parameters},
        [&](const ParameterConfig& one, const ParameterConfig& two) {
          if (one == two) return;
          clash(name, fmt::format("measurement '{}' configures parameter '{}' differently in the two workspaces", name,
                                  one.name));
        });
  }

  void clash(const std::string& where, std::string message) {
    errors_.push_back({ErrorCode::reference, where, std::move(message), std::string(other_joins)});
  }

  const Workspace& left_;
  const Workspace& right_;
  const CombineOptions& options_;
  Errors errors_;
};

}  // namespace

std::optional<Join> join_from_string(std::string_view name) {
  if (name == "none") return Join::none;
  if (name == "outer") return Join::outer;
  if (name == "left outer") return Join::left_outer;
  if (name == "right outer") return Join::right_outer;
  return std::nullopt;
}

Result<Workspace> combine(const Workspace& left, const Workspace& right, const CombineOptions& options) {
  if (options.merge_channels && options.join == Join::none) {
    return Error{ErrorCode::option, "merge_channels", "channels cannot be merged with the join 'none'",
                 "use the join 'outer', 'left outer' or 'right outer'"};
  }
  return Combination(left, right, options).combine();
}

}  // namespace relume::edit
