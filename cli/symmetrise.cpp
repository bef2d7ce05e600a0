// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "model_input.hpp"
#include "output.hpp"
#include "relume/edit/systematics.hpp"
#include "relume/formats/pyhf_json.hpp"

namespace relume::cli {

int run_symmetrise(const Arguments& arguments) {
  edit::SymmetriseOptions options;
  options.method = edit::symmetrisation_from_string(arguments.text(options::symmetrisation)).value();
  options.where = {.modifiers = arguments.all(options::in_modifier),
                   .channels = arguments.all(options::in_channel),
                   .samples = arguments.all(options::in_sample)};
  const spec::Workspace workspace = read_workspace_file(arguments.positionals.front(), "symmetrise");
  write_workspace(arguments, edit::symmetrise(workspace, options).value());
  return exit_code::ok;
}

}  // namespace relume::cli
