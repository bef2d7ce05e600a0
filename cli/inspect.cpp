// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "model_input.hpp"
#include "output.hpp"
#include "relume/report/json.hpp"
#include "relume/report/summary.hpp"
#include "relume/report/table.hpp"

namespace relume::cli {

int run_inspect(const Arguments& arguments) {
  Input input = read_input(arguments, PatchsetUse::one_point);
  ModelSettings settings = model_settings(arguments);
  apply_to(input.publication, settings);
  const Model model = build(input.publication, settings).value();
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
