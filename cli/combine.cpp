// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "model_input.hpp"
#include "output.hpp"
#include "relume/edit/workspace.hpp"
#include "relume/formats/pyhf_json.hpp"

namespace relume::cli {

int run_combine(const Arguments& arguments) {
  const bool merge = arguments.given(options::merge_channels);
  if (merge && arguments.given(options::no_merge_channels)) {
    throw UsageError("--merge-channels and --no-merge-channels exclude each other");
  }
  const edit::Join join = edit::join_from_string(arguments.text(options::join)).value();
  if (merge && join == edit::Join::none) {
    throw UsageError("--merge-channels needs --join outer, 'left outer' or 'right outer'");
  }
  refuse_shared_standard_input(arguments.positionals);
  const spec::Workspace left = read_workspace_file(arguments.positionals[0], "combine");
  const spec::Workspace right = read_workspace_file(arguments.positionals[1], "combine");
  const spec::Workspace both = edit::combine(left, right, {.join = join, .merge_channels = merge}).value();
  write_workspace(arguments, both);
  return exit_code::ok;
}

}  // namespace relume::cli
