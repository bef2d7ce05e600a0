// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/pruning.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "relume/report/json.hpp"
#include "relume/report/table.hpp"

namespace relume::report {

using edit::PrunedModifier;
using edit::SmallPruning;
using edit::UncertaintyLoss;
using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

namespace {

using Action = PrunedModifier::Action;

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }
Json or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

JsonArray to_array(const std::vector<double>& values) { return JsonArray(values.begin(), values.end()); }

/// after / before - 1.
std::optional<double> change(const std::optional<double>& before, const std::optional<double>& after) {
  if (!before || !after || !(*before > 0.0)) return std::nullopt;
  return *after / *before - 1.0;
}

JsonObject before_and_after(const std::optional<double>& before, const std::optional<double>& after) {
  JsonObject object;
  object.emplace_back("before", or_null(before));
  object.emplace_back("after", or_null(after));
  object.emplace_back("relative_change", or_null(change(before, after)));
  return object;
}

JsonObject to_json(const infer::Comparison& comparison) {
  const infer::Limit &before = comparison.before.limit, &after = comparison.after.limit;
  JsonArray expected;
  for (std::size_t i = 0; i < before.expected.size(); ++i) {
    expected.emplace_back(before_and_after(before.expected[i], after.expected[i]));
  }
  const infer::VersionAnswer& worse = before.is_usable() ? comparison.after : comparison.before;
  JsonObject object;
  object.emplace_back("observed_limit", before_and_after(before.observed, after.observed));
  object.emplace_back("expected_limits", std::move(expected));
  object.emplace_back("poi_uncertainty",
                      before_and_after(comparison.before.poi_uncertainty, comparison.after.poi_uncertainty));
  object.emplace_back("status", infer::to_string(worse.limit.status));
  object.emplace_back("reason", worse.limit.reason);
  JsonArray notes;
  for (const auto* answer : {&comparison.before, &comparison.after}) {
    if (!answer->reason.empty()) notes.emplace_back("no uncertainty of the parameter of interest: " + answer->reason);
    for (const std::string& note : answer->limit.notes) notes.emplace_back(note);
  }
  object.emplace_back("notes", std::move(notes));
  return object;
}

std::string percent(double before, double after) {
  return before > 0.0 ? fmt::format("{:+.3g} %", 100.0 * (after / before - 1.0)) : std::string("-");
}

std::string counts(const SmallPruning& pruning) {
  const auto n = [&](Action action) {
    return std::count_if(pruning.changes.begin(), pruning.changes.end(),
                         [&](const PrunedModifier& c) { return c.action == action; });
  };
  Table table;
  table.add({"normsys and histosys modifiers", fmt::format("{} of {} are left", pruning.n_after, pruning.n_before)});
  table.add({"removed", fmt::format("{} systematic uncertainties of a sample", n(Action::removed))});
  table.add({"shape removed", fmt::to_string(n(Action::shape_removed))});
  table.add({"normalisation removed", fmt::to_string(n(Action::normalisation_removed))});
  table.add({"parameters gone", fmt::to_string(pruning.gone_parameters.size())});
  return table.text();
}

std::string to_table(const infer::Comparison& comparison) {
  Table table({"with all fits done", "before", "after", "change"});
  const auto add = [&](const char* what, const std::optional<double>& before, const std::optional<double>& after) {
    const auto relative = change(before, after);
    table.add({what, format_number(before), format_number(after),
               relative ? fmt::format("{:+.3g} %", 100.0 * *relative) : std::string("-")});
  };
  const infer::Limit &before = comparison.before.limit, &after = comparison.after.limit;
  add("observed limit", before.observed, after.observed);
  constexpr const char* names[] = {"expected limit -2 sigma", "expected limit -1 sigma", "expected limit",
                                   "expected limit +1 sigma", "expected limit +2 sigma"};
  for (std::size_t i = 0; i < before.expected.size(); ++i) add(names[i], before.expected[i], after.expected[i]);
  add("uncertainty of the parameter of interest", comparison.before.poi_uncertainty, comparison.after.poi_uncertainty);
  std::string text = table.text();
  for (const auto& [name, answer] : {std::pair("before", &comparison.before), std::pair("after", &comparison.after)}) {
    if (!answer->limit.is_usable()) text += fmt::format("note: {}: {}\n", name, answer->limit.reason);
    if (!answer->reason.empty()) text += fmt::format("note: {}: {}\n", name, answer->reason);
  }
  return text;
}

}  // namespace

JsonObject to_json(const SmallPruning& pruning, const infer::Comparison* comparison) {
  JsonArray changes, channels;
  for (const PrunedModifier& change : pruning.changes) {
    JsonObject entry;
    entry.emplace_back("channel", change.channel);
    entry.emplace_back("sample", change.sample);
    entry.emplace_back("modifier", change.modifier);
    entry.emplace_back("action", edit::to_string(change.action));
    entry.emplace_back("norm_lo", or_null(change.norm_lo));
    entry.emplace_back("norm_hi", or_null(change.norm_hi));
    entry.emplace_back("shape", or_null(change.shape));
    changes.emplace_back(std::move(entry));
  }
  for (const UncertaintyLoss& loss : pruning.channels) {
    JsonObject entry, total;
    total.emplace_back("nominal", loss.total_nominal);
    total.emplace_back("before", loss.total_before);
    total.emplace_back("after", loss.total_after);
    entry.emplace_back("channel", loss.channel);
    entry.emplace_back("nominal", to_array(loss.nominal));
    entry.emplace_back("before", to_array(loss.before));
    entry.emplace_back("after", to_array(loss.after));
    entry.emplace_back("total", std::move(total));
    channels.emplace_back(std::move(entry));
  }
  JsonObject object;
  object.emplace_back("small_norm", pruning.options.normalisation);
  object.emplace_back("small_shape", pruning.options.shape);
  object.emplace_back("relative_to", pruning.options.reference == edit::Reference::total ? "total" : "sample");
  object.emplace_back("n_modifiers_before", pruning.n_before);
  object.emplace_back("n_modifiers_after", pruning.n_after);
  object.emplace_back("changes", std::move(changes));
  object.emplace_back("gone_parameters", to_json(pruning.gone_parameters));
  object.emplace_back("largest_loss", pruning.largest_loss());
  object.emplace_back("uncertainties", std::move(channels));
  if (comparison != nullptr) object.emplace_back("check", to_json(*comparison));
  return object;
}

std::string to_table(const SmallPruning& pruning, const infer::Comparison* comparison) {
  std::string text = counts(pruning);
  Table table({"uncertainty before fits", "expected", "before", "after", "change", "worst bin", "change"});
  for (const UncertaintyLoss& loss : pruning.channels) {
    std::size_t worst = 0;
    const auto ratio = [&](std::size_t b) { return loss.before[b] > 0.0 ? loss.after[b] / loss.before[b] : 1.0; };
    for (std::size_t b = 1; b < loss.before.size(); ++b) worst = ratio(b) < ratio(worst) ? b : worst;
    table.add({loss.channel, format_number(loss.total_nominal), format_number(loss.total_before),
               format_number(loss.total_after), percent(loss.total_before, loss.total_after), fmt::to_string(worst),
               loss.before.empty() ? "-" : percent(loss.before[worst], loss.after[worst])});
  }
  text += '\n' + table.text();
  if (comparison != nullptr) text += '\n' + to_table(*comparison);
  return text;
}

}  // namespace relume::report
