// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>

#include "model_input.hpp"
#include "output.hpp"
#include "relume/formats/publication.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/report/json.hpp"
#include "relume/report/summary.hpp"
#include "relume/report/table.hpp"

namespace relume::cli {

namespace {

const char* constraint_of(const model::Parameter& p) {
  switch (p.constraint.kind) {
    case model::ConstraintKind::none: break;
    case model::ConstraintKind::normal: return "normal";
    case model::ConstraintKind::correlated_normal: return "correlated_normal";
    case model::ConstraintKind::poisson: return "poisson";
    case model::ConstraintKind::gamma_variance: return "gamma_variance";
  }
  return "none";
}

/// What has no channels and samples: what it is, and its parameters.
int inspect_others(const Arguments& arguments, const spec::Publication& publication, const Model& model,
                   const std::vector<std::string>& notes) {
  const model::Likelihood& likelihood = model.likelihood();
  spec::JsonArray parameters;
  report::Table table({"parameter", "initial", "lower", "upper", "constraint", ""});
  for (const model::Parameter& p : likelihood.parameters()) {
    const auto number = [](double x) { return std::isfinite(x) ? spec::Json(x) : spec::Json(); };
    parameters.emplace_back(spec::JsonObject{{"name", p.name},
                                             {"initial", p.initial},
                                             {"lower", number(p.lower)},
                                             {"upper", number(p.upper)},
                                             {"fixed", p.is_fixed},
                                             {"constraint", constraint_of(p)}});
    table.add({p.name, report::format_number(p.initial), report::format_number(p.lower), report::format_number(p.upper),
               constraint_of(p), p.is_fixed ? "fixed" : ""});
  }
  const std::string description = formats::describe(publication);
  const auto poi = likelihood.poi();
  const spec::JsonObject json{{"kind", formats::likelihood_kind(publication)},
                              {"description", description},
                              {"poi", poi ? spec::Json(likelihood.parameters()[poi->index].name) : spec::Json()},
                              {"parameters", std::move(parameters)},
                              {"notes", report::to_json(notes)}};
  write_result(arguments, options::inspect_format, json,
               [&] { return description + "\n\n" + table.text() + report::format_notes(notes); });
  return exit_code::ok;
}

}  // namespace

int run_inspect(const Arguments& arguments) {
  Input input = read_input(arguments, PatchsetUse::one_point);
  ModelSettings settings = model_settings(arguments);
  apply_to(input.publication, settings);
  const Model model = build(input.publication, settings).value();
  if (!std::holds_alternative<spec::Workspace>(input.publication.value)) {
    std::vector<std::string> all = std::move(input.notes);
    all.insert(all.end(), model.compiled.notices.begin(), model.compiled.notices.end());
    return inspect_others(arguments, input.publication, model, all);
  }
  report::Summary summary = report::summarise(workspace_of(input.publication, "inspect"), settings.compile.measurement,
                                              model.compiled.likelihood.get());
  std::vector<std::string> notes = std::move(input.notes);
  notes.insert(notes.end(), model.compiled.notices.begin(), model.compiled.notices.end());
  spec::JsonObject json = report::to_json(summary);
  json.emplace_back("notes", report::to_json(notes));
  write_result(arguments, options::inspect_format, json,
               [&] { return report::to_table(summary) + report::format_notes(notes); });
  return exit_code::ok;
}

}  // namespace relume::cli
