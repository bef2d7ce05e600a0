// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "interrupt.hpp"
#include "model_input.hpp"
#include "output.hpp"
#include "relume/edit/systematics.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/report/pruning.hpp"

namespace relume::cli {
namespace {

/// A parameter that --fix or --error-on-error names may be gone from the pruned model.
void drop_gone(ModelSettings& settings, const edit::SmallPruning& pruning) {
  const auto is_gone = [&](const auto& entry) {
    return std::find(pruning.gone_parameters.begin(), pruning.gone_parameters.end(), entry.first) !=
           pruning.gone_parameters.end();
  };
  std::erase_if(settings.fixed, is_gone);
  std::erase_if(settings.compile.errors_on_errors, is_gone);
}

/// What is about the likelihoods that --check compares, and not about the workspace.
void check_combinations(const Arguments& arguments) {
  if (arguments.given(options::check)) return;
  for (const Option* option : {&options::marginalise, &options::fix, &options::interpcode, &options::constraints,
                               &options::error_on_error, &options::clip_sample_data, &options::clip_bin_data}) {
    if (!arguments.given(*option)) continue;
    throw UsageError(fmt::format("--{} is about the limits of --check, which is missing", option->name));
  }
}

}  // namespace

int run_prune_small(const Arguments& arguments) {
  check_combinations(arguments);
  Input input = read_input(arguments, PatchsetUse::one_point);
  ModelSettings settings = model_settings(arguments);
  apply_to(input.publication, settings);
  edit::SmallPruningOptions options;
  options.normalisation = arguments.number(options::small_norm);
  options.shape = arguments.number(options::small_shape);
  if (arguments.text(options::relative_to) == "total") options.reference = edit::Reference::total;
  options.where = {.modifiers = arguments.all(options::in_modifier),
                   .channels = arguments.all(options::in_channel),
                   .samples = arguments.all(options::in_sample)};
  options.measurement = settings.compile.measurement;
  const edit::SmallPruning pruning = edit::prune_small(workspace_of(input.publication, "prune-small"), options).value();

  std::optional<infer::Comparison> comparison;
  if (arguments.given(options::check)) {
    const Model before = build_with_poi(input.publication, settings).value();
    drop_gone(settings, pruning);
    const Model after = build_with_poi({pruning.workspace}, settings).value();
    comparison = infer::compare({before.likelihood(), before.observed(), before.fixed},
                                {after.likelihood(), after.observed(), after.fixed}, &catch_interrupts());
  }
  const infer::Comparison* found = comparison ? &*comparison : nullptr;
  // The report first: when it cannot be written, nothing is.
  if (arguments.given(options::report)) {
    const std::string json = formats::write_json(report::to_json(pruning, found), {.indent = 4}) + '\n';
    formats::write_output(arguments.text(options::report), json).value();
  }
  write_workspace(arguments, pruning.workspace);
  explain(report::to_table(pruning, found));
  return comparison && !comparison->is_usable() ? exit_code::not_usable : exit_code::ok;
}

}  // namespace relume::cli
