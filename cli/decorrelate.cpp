// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "model_input.hpp"
#include "output.hpp"
#include "relume/edit/systematics.hpp"
#include "relume/formats/pyhf_json.hpp"

namespace relume::cli {

int run_decorrelate(const Arguments& arguments) {
  if (!arguments.given(options::decorrelated)) throw UsageError("nothing to take apart: --modifier NAME is missing");
  edit::DecorrelateOptions options;
  options.modifiers = arguments.all(options::decorrelated);
  const std::string by = arguments.text(options::by);
  options.by_channel = by != "sample";
  options.by_sample = by != "channel";
  options.channels = arguments.all(options::in_channel);
  options.samples = arguments.all(options::in_sample);
  const spec::Workspace workspace = read_workspace_file(arguments.positionals.front(), "decorrelate");
  write_workspace(arguments, edit::decorrelate(workspace, options).value());
  return exit_code::ok;
}

}  // namespace relume::cli
