// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "hypothesis_test.hpp"
#include "interrupt.hpp"
#include "model_input.hpp"
#include "output.hpp"
#include "picture.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/report/json.hpp"
#include "relume/report/table.hpp"
#include "relume/report/toy_limit.hpp"
#include "scan.hpp"
#include "toys.hpp"

namespace relume::cli {
namespace {

using infer::Limit;
using spec::JsonArray;

Limit limit_of_model(const Model& model, infer::LimitOptions options, const std::atomic<bool>& stop) {
  options.test.fixed = model.fixed;
  options.test.stop = &stop;
  Limit limit = infer::upper_limit(model.likelihood(), model.observed(), options);
  limit.notes.insert(limit.notes.begin(), model.compiled.notices.begin(), model.compiled.notices.end());
  return limit;
}

infer::ToyLimit limit_from_toys(const Arguments& arguments, const Model& model, const infer::LimitOptions& options,
                                const std::atomic<bool>& stop) {
  infer::ToyLimitOptions toys = toy_limit_options(arguments, model, options.test, options.level, stop);
  toys.expected = options.expected;
  infer::ToyLimit limit = infer::toy_limit(model.likelihood(), model.observed(), toys);
  limit.notes.insert(limit.notes.begin(), model.compiled.notices.begin(), model.compiled.notices.end());
  return limit;
}

int scan_points(const Arguments& arguments, const Input& input, const infer::LimitOptions& options) {
  Scan scan;
  scan.columns = {"observed", "-2 sigma", "-1 sigma", "median", "+1 sigma", "+2 sigma"};
  scan.without_result = {{"poi", nullptr}, {"level", options.level}, {"observed", nullptr}, {"expected", JsonArray(5)}};
  scan.ask = [&](const Model& model, const std::atomic<bool>& stop) {
    const Limit limit = limit_of_model(model, options, stop);
    PointResult result{.json = report::to_json(limit, model.likelihood(), input.cross_section),
                       .numbers = {report::format_number(limit.observed)},
                       .is_usable = limit.is_usable(),
                       .is_interrupted = limit.status == infer::Status::interrupted,
                       .status = std::string(infer::to_string(limit.status)),
                       .reason = limit.reason};
    for (const auto& expected : limit.expected) result.numbers.push_back(report::format_number(expected));
    return result;
  };
  return run_scan(arguments, input, scan);
}

}  // namespace

int run_limit(const Arguments& arguments) {
  infer::LimitOptions options;
  options.test = test_options(arguments, options::limit_test_stat);
  options.level = arguments.number(options::level);
  options.expected = !arguments.given(options::no_expected);
  check_picture_of_points(arguments);
  Input input = read_input(arguments, PatchsetUse::all_points);
  if (input.patchset && wants_toys(arguments)) {
    throw UsageError("toys set the limit of one point at a time: name it with --point");
  }
  if (input.patchset) return scan_points(arguments, input, options);

  const Model model = build_with_poi(std::move(input.publication), model_settings(arguments)).value();
  if (wants_toys(arguments)) {
    infer::ToyLimit limit = limit_from_toys(arguments, model, options, catch_interrupts());
    limit.notes.insert(limit.notes.begin(), input.notes.begin(), input.notes.end());
    write_result(arguments, options::format, report::to_json(limit, model.likelihood(), input.cross_section),
                 [&] { return report::to_table(limit, model.likelihood(), input.cross_section); });
    return exit_code_of(limit.status);
  }
  Limit limit = limit_of_model(model, options, catch_interrupts());
  limit.notes.insert(limit.notes.begin(), input.notes.begin(), input.notes.end());
  write_result(arguments, options::format, report::to_json(limit, model.likelihood(), input.cross_section),
               [&] { return report::to_table(limit, model.likelihood(), input.cross_section); });
  return exit_code_of(limit.status);
}

}  // namespace relume::cli
