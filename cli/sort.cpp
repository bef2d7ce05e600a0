// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "model_input.hpp"
#include "output.hpp"
#include "relume/edit/workspace.hpp"
#include "relume/formats/pyhf_json.hpp"

namespace relume::cli {

int run_sort(const Arguments& arguments) {
  spec::Workspace workspace = edit::sort(read_workspace_file(arguments.positionals.front(), "sort"));
  write_workspace(arguments, workspace);
  return exit_code::ok;
}

}  // namespace relume::cli
