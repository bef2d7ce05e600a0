// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "model_input.hpp"
#include "output.hpp"
#include "relume/check/findings.hpp"
#include "relume/report/findings.hpp"

namespace relume::cli {
namespace {

check::Options check_options(const Arguments& arguments, const Model& model) {
  check::Options options;
  options.thresholds.large_normalisation = arguments.number(options::large_norm);
  options.thresholds.large_shape = arguments.number(options::large_shape);
  options.thresholds.same_side = arguments.number(options::same_side);
  options.thresholds.relevant = arguments.number(options::relevant);
  options.thresholds.negligible_signal = arguments.number(options::negligible_signal);
  options.max_places = static_cast<std::size_t>(arguments.integer(options::places));
  options.skip = arguments.all(options::skip);
  for (const infer::FixedParameter& f : model.fixed) options.fixed.push_back(f.parameter);
  return options;
}

bool fails(const check::Findings& findings, const std::string& on) {
  const auto worst = findings.worst();
  if (!worst || on == "never") return false;
  return on == "note" || *worst == check::Severity::error || (on == "warning" && *worst == check::Severity::warning);
}

}  // namespace

int run_validate(const Arguments& arguments) {
  Input input = read_input(arguments, PatchsetUse::one_point, Completeness::as_published);
  ModelSettings settings = model_settings(arguments);
  apply_to(input.publication, settings);
  const std::optional<Model> model = build_if_complete(input, settings);
  std::vector<std::string> notes = std::move(input.notes);
  if (model) notes.insert(notes.end(), model->compiled.notices.begin(), model->compiled.notices.end());
  if (!std::holds_alternative<spec::Workspace>(input.publication.value)) {
    if (Errors errors = check::unknown_checks(arguments.all(options::skip)); !errors.empty()) throw Exception(errors);
    notes.push_back(fmt::format("read{} without a problem; the checks are about channels and samples, which it has not",
                                model ? " and compiled" : ""));
    write_result(arguments, options::inspect_format, report::to_json(check::Findings{}, notes),
                 [&] { return report::to_table(check::Findings{}, notes); });
    return exit_code::ok;
  }
  const check::Findings findings =
      check::find(workspace_of(input.publication, "validate"), settings.compile.measurement,
                  check_options(arguments, *model), &model->likelihood())
          .value();
  write_result(arguments, options::inspect_format, report::to_json(findings, notes),
               [&] { return report::to_table(findings, notes); });
  return fails(findings, arguments.text(options::fail_on)) ? exit_code::not_usable : exit_code::ok;
}

}  // namespace relume::cli
