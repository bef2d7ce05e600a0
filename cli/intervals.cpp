// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The profile likelihood along parameters: scan and intervals.
#include "relume/infer/intervals.hpp"

#include <fmt/format.h>

#include "hypothesis_test.hpp"
#include "interrupt.hpp"
#include "model_input.hpp"
#include "output.hpp"
#include "relume/report/intervals.hpp"
#include "relume/report/parameters.hpp"

namespace relume::cli {
namespace {

infer::ProfileOptions profile_options(const Model& model) {
  infer::ProfileOptions options;
  options.fixed = model.fixed;
  options.stop = &catch_interrupts();
  return options;
}

ParamId find(const Model& model, const std::string& name) {
  return report::find_parameter(model.likelihood(), name).value();
}

/// --parameter, or the parameter of interest.
ParamId scanned_parameter(const Arguments& arguments, const Model& model) {
  if (arguments.given(options::scanned)) return find(model, arguments.text(options::scanned));
  if (const auto poi = model.likelihood().poi()) return *poi;
  throw UsageError("the model has no parameter of interest: name one with --parameter");
}

template <class Result>
int write(const Arguments& arguments, const Input& input, const Model& model, Result& result) {
  std::vector<std::string>& notes = result.notes;
  notes.insert(notes.begin(), model.compiled.notices.begin(), model.compiled.notices.end());
  notes.insert(notes.begin(), input.notes.begin(), input.notes.end());
  write_result(arguments, options::format, report::to_json(result, model.likelihood()),
               [&] { return report::to_table(result, model.likelihood()); });
  return exit_code_of(result.status);
}

}  // namespace

int run_scan_parameter(const Arguments& arguments) {
  Input input = read_input(arguments, PatchsetUse::one_point);
  const Model model = build(std::move(input.workspace), model_settings(arguments)).value();
  const ParamId parameter = scanned_parameter(arguments, model);
  if (arguments.given(options::from) != arguments.given(options::to)) {
    throw UsageError("--from and --to come together");
  }
  const auto n = static_cast<std::size_t>(arguments.integer(options::points));
  std::vector<double> values;
  if (arguments.given(options::from)) {
    const double from = arguments.number(options::from), to = arguments.number(options::to);
    if (!(from < to)) throw UsageError(fmt::format("an empty range: from {:g} to {:g}", from, to));
    for (std::size_t i = 0; i < n; ++i) {
      values.push_back(from + (to - from) * static_cast<double>(i) / static_cast<double>(n - 1));
    }
  } else {
    values = infer::scan_values(model.likelihood(), model.observed(), parameter, n, profile_options(model));
  }
  infer::ProfileScan scan =
      infer::scan(model.likelihood(), model.observed(), parameter, values, profile_options(model));
  return write(arguments, input, model, scan);
}

int run_intervals(const Arguments& arguments) {
  Input input = read_input(arguments, PatchsetUse::one_point);
  const Model model = build(std::move(input.workspace), model_settings(arguments)).value();
  std::vector<ParamId> parameters;
  for (const std::string& name : arguments.all(options::interval_of)) parameters.push_back(find(model, name));
  if (parameters.empty()) {
    std::vector<char> held(model.likelihood().parameters().size());
    for (const infer::FixedParameter& f : model.fixed) held[f.parameter.index] = 1;
    for (std::size_t i = 0; i < held.size(); ++i) {
      if (held[i] == 0 && !model.likelihood().parameters()[i].is_fixed) parameters.push_back({i});
    }
  }
  infer::IntervalOptions options;
  options.profile = profile_options(model);
  options.height = infer::height_at(arguments.number(options::interval_level));
  infer::Intervals intervals = infer::intervals(model.likelihood(), model.observed(), parameters, options);
  return write(arguments, input, model, intervals);
}

}  // namespace relume::cli
