// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "model_input.hpp"
#include "output.hpp"
#include "relume/edit/workspace.hpp"
#include "relume/formats/pyhf_json.hpp"

namespace relume::cli {

int run_prune(const Arguments& arguments) {
  edit::PruneSelection selection;
  selection.channels = arguments.all(options::prune_channel);
  selection.samples = arguments.all(options::prune_sample);
  selection.modifiers = arguments.all(options::prune_modifier);
  selection.measurements = arguments.all(options::prune_measurement);
  for (const std::string& type : arguments.all(options::prune_modifier_type)) {
    selection.modifier_types.push_back(spec::modifier_type_from_string(type).value());
  }
  const spec::Workspace workspace = read_workspace_file(arguments.positionals.front(), "prune");
  write_workspace(arguments, edit::prune(workspace, selection).value());
  return exit_code::ok;
}

}  // namespace relume::cli
