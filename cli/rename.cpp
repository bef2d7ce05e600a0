// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "model_input.hpp"
#include "output.hpp"
#include "relume/edit/workspace.hpp"
#include "relume/formats/pyhf_json.hpp"

namespace relume::cli {

int run_rename(const Arguments& arguments) {
  edit::RenameMap names;
  names.channels = arguments.pairs(options::rename_channel);
  names.samples = arguments.pairs(options::rename_sample);
  names.modifiers = arguments.pairs(options::rename_modifier);
  names.measurements = arguments.pairs(options::rename_measurement);
  const spec::Workspace workspace = read_workspace_file(arguments.positionals.front(), "rename");
  write_workspace(arguments, edit::rename(workspace, names).value());
  return exit_code::ok;
}

}  // namespace relume::cli
