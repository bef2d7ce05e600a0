// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/impacts.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "relume/report/json.hpp"
#include "relume/report/table.hpp"

namespace relume::report {

using infer::GroupImpact;
using infer::Impact;
using infer::ImpactGroup;
using infer::ImpactPair;
using infer::Impacts;
using infer::ImpactSide;
using model::Likelihood;
using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

namespace {

const std::string& name_of(const Likelihood& likelihood, ParamId parameter) {
  return likelihood.parameters()[parameter.index].name;
}

/// Whether the whole text fits the pattern. On a mismatch the last star takes one character more.
bool fits(std::string_view text, std::string_view pattern) {
  std::size_t t = 0, p = 0, star = std::string_view::npos, after_star = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after_star = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json to_json(const std::optional<ImpactSide>& side) {
  if (!side) return nullptr;
  JsonObject object;
  object.emplace_back("at", side->at);
  object.emplace_back("shift", or_null(side->shift));
  if (!side->reason.empty()) object.emplace_back("reason", side->reason);
  return object;
}

Json to_json(const ImpactPair& pair) {
  JsonObject object;
  object.emplace_back("step", pair.step > 0.0 ? Json(pair.step) : Json(nullptr));
  object.emplace_back("linear", or_null(pair.linear));
  object.emplace_back("up", to_json(pair.up));
  object.emplace_back("down", to_json(pair.down));
  if (!pair.reason.empty()) object.emplace_back("reason", pair.reason);
  return object;
}

JsonObject to_json(const Impact& impact, const Likelihood& likelihood) {
  JsonObject object;
  object.emplace_back("parameter", name_of(likelihood, impact.parameter));
  object.emplace_back("best", impact.best);
  object.emplace_back("uncertainty", impact.uncertainty);
  object.emplace_back("pull", or_null(impact.pull));
  object.emplace_back("constraint", or_null(impact.constraint));
  object.emplace_back("correlation", impact.correlation);
  object.emplace_back("postfit", to_json(impact.postfit));
  object.emplace_back("prefit", to_json(impact.prefit));
  object.emplace_back("global_observable", to_json(impact.global));
  return object;
}

JsonObject to_json(const GroupImpact& group, const Likelihood& likelihood) {
  JsonArray names;
  for (const ParamId parameter : group.parameters) names.emplace_back(name_of(likelihood, parameter));
  JsonObject object;
  object.emplace_back("name", group.name);
  object.emplace_back("uncertainty", group.uncertainty);
  object.emplace_back("by_data", group.global);
  object.emplace_back("parameters", std::move(names));
  return object;
}

/// "+0.12": of one side, refitted or linear.
std::string shift_text(const ImpactPair& pair, const std::optional<ImpactSide>& side, double sign) {
  const std::optional<double> shift = side          ? side->shift
                                      : pair.linear ? std::optional(sign * *pair.linear)
                                                    : std::nullopt;
  return shift ? fmt::format("{:+.4g}", *shift) + (side && !side->reason.empty() ? "*" : "") : "-";
}

std::string number_text(const std::optional<double>& value, const char* format) {
  return value ? fmt::format(fmt::runtime(format), *value) : "-";
}

/// What the stars of the rows stand for, each reason once.
class Stars {
 public:
  void add(const Impact& impact, const Likelihood& likelihood) {
    for (const auto& [name, pair] :
         {std::pair{"postfit", &impact.postfit}, {"prefit", &impact.prefit}, {"glob. obs.", &impact.global}}) {
      for (const auto& [sign, side] : {std::pair{'+', &pair->up}, {'-', &pair->down}}) {
        if (!side->has_value() || (*side)->reason.empty()) continue;
        const auto known = std::find_if(reasons_.begin(), reasons_.end(),
                                        [&](const Reason& reason) { return reason.text == (*side)->reason; });
        if (known != reasons_.end()) {
          ++known->n_more;
        } else {
          reasons_.push_back(
              {(*side)->reason, fmt::format("{}, {} {}", name_of(likelihood, impact.parameter), name, sign)});
        }
      }
    }
  }

  std::string text() const {
    std::string text;
    for (const Reason& reason : reasons_) {
      const std::string more = reason.n_more > 0 ? fmt::format(", and {} more", reason.n_more) : "";
      text += fmt::format("* {} ({}{})\n", reason.text, reason.first, more);
    }
    return text;
  }

 private:
  struct Reason {
    std::string text, first;
    std::size_t n_more = 0;
  };
  std::vector<Reason> reasons_;
};

/// "-" for the uncertainty, and what it consists of, of a parameter of interest at its bound: the 0 says nothing.
std::string part_text(const Impacts& impacts, const std::optional<double>& part) {
  return impacts.uncertainty > 0.0 ? format_number(part) : "-";
}

std::string groups_table(const Impacts& impacts) {
  const auto text = [&](const std::optional<double>& part) { return part_text(impacts, part); };
  Table table({"part of the uncertainty", "held", "by data"});
  table.add({"total", text(impacts.uncertainty), text(impacts.uncertainty)});
  table.add({"statistical", text(impacts.statistical), text(impacts.global_statistical)});
  table.add({"systematic", text(impacts.systematic), text(impacts.global_systematic)});
  if (impacts.own_constraint > 0.0) table.add({"own constraint", "-", format_number(impacts.own_constraint)});
  for (const GroupImpact& group : impacts.groups) {
    const char* const plural = group.parameters.size() == 1 ? "" : "s";
    table.add({fmt::format("  {} ({} parameter{})", group.name, group.parameters.size(), plural),
               text(group.uncertainty), text(group.global)});
  }
  return table.text();
}

}  // namespace

Result<std::vector<ImpactGroup>> impact_groups(const Likelihood& likelihood,
                                               std::span<const std::pair<std::string, std::string>> patterns,
                                               std::optional<ParamId> poi) {
  std::vector<ImpactGroup> groups;
  Errors errors;
  for (const auto& [name, pattern] : patterns) {
    auto group = std::find_if(groups.begin(), groups.end(), [&](const ImpactGroup& g) { return g.name == name; });
    if (group == groups.end()) group = groups.insert(groups.end(), {name, {}});
    bool is_matched = false;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < likelihood.parameters().size(); ++i) {
      const model::Parameter& p = likelihood.parameters()[i];
      if (p.is_fixed || poi == ParamId{i}) continue;
      names.push_back(p.name);
      if (!fits(p.name, pattern)) continue;
      is_matched = true;
      if (std::find(group->parameters.begin(), group->parameters.end(), ParamId{i}) == group->parameters.end()) {
        group->parameters.push_back({i});
      }
    }
    if (is_matched) continue;
    errors.push_back({ErrorCode::reference, fmt::format("group '{}'", name),
                      fmt::format("no nuisance parameter matches '{}'", pattern), hint_for_unknown(pattern, names)});
  }
  if (!errors.empty()) return errors;
  return groups;
}

JsonObject to_json(const Impacts& impacts, const Likelihood& likelihood) {
  const bool is_usable = impacts.is_usable();
  const auto number = [&](double value) { return is_usable ? Json(value) : Json(nullptr); };
  JsonArray list, groups;
  if (is_usable) {
    for (const Impact& impact : impacts.impacts) list.emplace_back(to_json(impact, likelihood));
    for (const GroupImpact& group : impacts.groups) groups.emplace_back(to_json(group, likelihood));
  }
  JsonObject by_data;
  by_data.emplace_back("statistical", is_usable ? or_null(impacts.global_statistical) : Json(nullptr));
  by_data.emplace_back("systematic", number(impacts.global_systematic));
  by_data.emplace_back("own_constraint", number(impacts.own_constraint));
  JsonObject object;
  object.emplace_back("poi", impacts.poi ? Json(name_of(likelihood, *impacts.poi)) : Json(nullptr));
  object.emplace_back("best", number(impacts.best));
  object.emplace_back("uncertainty", number(impacts.uncertainty));
  object.emplace_back("statistical", number(impacts.statistical));
  object.emplace_back("systematic", number(impacts.systematic));
  object.emplace_back("by_data", std::move(by_data));
  object.emplace_back("twice_nll", number(impacts.fit.twice_nll));
  object.emplace_back("impacts", std::move(list));
  object.emplace_back("groups", std::move(groups));
  object.emplace_back("status", infer::to_string(impacts.status));
  object.emplace_back("reason", impacts.reason);
  object.emplace_back("notes", to_json(impacts.notes));
  object.emplace_back("n_fits", impacts.n_fits);
  object.emplace_back("seconds", impacts.seconds);
  return object;
}

std::string to_table(const Impacts& impacts, const Likelihood& likelihood, std::optional<std::size_t> top) {
  Table head;
  const auto status = infer::to_string(impacts.status);
  head.add({"status", impacts.reason.empty() ? std::string(status) : fmt::format("{}: {}", status, impacts.reason)});
  if (!impacts.is_usable()) return head.text() + format_notes(impacts.notes);
  head.add({"best fit", fmt::format("{} = {} ± {}", name_of(likelihood, *impacts.poi), format_number(impacts.best),
                                    part_text(impacts, impacts.uncertainty))});
  head.add({"-2 ln L", fmt::format("{:.10g}", impacts.fit.twice_nll)});
  Table table({"parameter", "pull", "constraint", "postfit +", "postfit -", "prefit +", "prefit -", "glob. obs. +",
               "glob. obs. -"});
  Stars stars;
  const std::size_t n = std::min(top.value_or(impacts.impacts.size()), impacts.impacts.size());
  for (std::size_t k = 0; k < n; ++k) {
    const Impact& i = impacts.impacts[k];
    table.add({name_of(likelihood, i.parameter), number_text(i.pull, "{:+.3f}"), number_text(i.constraint, "{:.3f}"),
               shift_text(i.postfit, i.postfit.up, 1.0), shift_text(i.postfit, i.postfit.down, -1.0),
               shift_text(i.prefit, i.prefit.up, 1.0), shift_text(i.prefit, i.prefit.down, -1.0),
               shift_text(i.global, i.global.up, 1.0), shift_text(i.global, i.global.down, -1.0)});
    stars.add(i, likelihood);
  }
  std::string text = head.text() + '\n' + groups_table(impacts) + '\n';
  if (n < impacts.impacts.size()) text += fmt::format("The largest {} of {}:\n", n, impacts.impacts.size());
  return text + table.text() + stars.text() + format_notes(impacts.notes);
}

}  // namespace relume::report
