// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <optional>

#include "model_input.hpp"
#include "output.hpp"
#include "relume/report/contents.hpp"
#include "relume/report/json.hpp"
#include "relume/report/summary.hpp"
#include "relume/report/table.hpp"

namespace relume::cli {

int run_inspect(const Arguments& arguments) {
  Input input = read_input(arguments, PatchsetUse::one_point, Completeness::as_published);
  ModelSettings settings = model_settings(arguments);
  apply_to(input.publication, settings);
  const std::optional<Model> model = build_if_complete(input, settings);
  std::vector<std::string> notes = std::move(input.notes);
  if (model) notes.insert(notes.end(), model->compiled.notices.begin(), model->compiled.notices.end());
  if (!std::holds_alternative<spec::Workspace>(input.publication.value)) {
    const reinterpret::Contents contents = reinterpret::contents_of(input.publication);
    const model::Likelihood* likelihood = model ? &model->likelihood() : nullptr;
    write_result(arguments, options::inspect_format, report::to_json(contents, likelihood, notes),
                 [&] { return report::to_table(contents, likelihood, notes); });
    return exit_code::ok;
  }
  report::Summary summary =
      report::summarise(workspace_of(input.publication, "inspect"), settings.compile.measurement, &model->likelihood());
  spec::JsonObject json = report::to_json(summary);
  json.emplace_back("notes", report::to_json(notes));
  write_result(arguments, options::inspect_format, json,
               [&] { return report::to_table(summary) + report::format_notes(notes); });
  return exit_code::ok;
}

}  // namespace relume::cli
