// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>

#include "hypothesis_test.hpp"
#include "interrupt.hpp"
#include "model_input.hpp"
#include "output.hpp"
#include "picture.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/report/json.hpp"
#include "relume/report/table.hpp"
#include "relume/report/toys.hpp"
#include "scan.hpp"
#include "toys.hpp"

namespace relume::cli {
namespace {

using infer::HypoTest;
using spec::JsonArray;
using spec::JsonObject;

HypoTest test_model(const Model& model, double value, infer::TestOptions options, const std::atomic<bool>& stop) {
  options.fixed = model.fixed;
  options.stop = &stop;
  HypoTest test = infer::hypotest(model.likelihood(), model.observed(), value, options);
  test.notes.insert(test.notes.begin(), model.compiled.notices.begin(), model.compiled.notices.end());
  return test;
}

/// `value`: of the p-values at one place of the result.
template <class Test, class Value>
PointResult point_result(const Test& test, JsonObject&& json, Value&& value) {
  PointResult result{.json = std::move(json),
                     .numbers = {},
                     .is_usable = test.is_usable(),
                     .is_interrupted = test.status == infer::Status::interrupted,
                     .status = std::string(infer::to_string(test.status)),
                     .reason = test.reason};
  const auto add = [&](double p) {
    result.numbers.push_back(test.is_usable() && std::isfinite(p) ? report::format_number(p) : "-");
  };
  add(value(test.observed));
  for (const auto& p : test.expected) add(value(p));
  return result;
}

int scan_points(const Arguments& arguments, const Input& input, double value, const infer::TestOptions& options) {
  Scan scan;
  scan.columns = {"observed", "-2 sigma", "-1 sigma", "median", "+1 sigma", "+2 sigma"};
  scan.without_result = {{"CLs_obs", nullptr}, {"CLs_exp", JsonArray(5)}, {"poi", nullptr}, {"test_poi", value}};
  if (wants_toys(arguments)) {
    scan.ask = [&](const Model& model, const std::atomic<bool>& stop) {
      const auto test = test_with_toys(model, value, toy_options(arguments, options), stop, false);
      return point_result(test, report::to_json(test, model.likelihood(), report::ToyValues::left_out),
                          [&](const infer::ToyPValues& p) { return report::p_value(test, p).value; });
    };
  } else {
    scan.ask = [&](const Model& model, const std::atomic<bool>& stop) {
      const HypoTest test = test_model(model, value, options, stop);
      return point_result(test, report::to_json(test, model.likelihood()),
                          [&](const infer::PValues& p) { return report::p_value(test, p); });
    };
  }
  return run_scan(arguments, input, scan);
}

}  // namespace

int run_cls(const Arguments& arguments) {
  const infer::TestOptions options = test_options(arguments, options::test_stat);
  const double value = tested_value(arguments, options.statistic);
  check_picture_of_points(arguments);
  Input input = read_input(arguments, PatchsetUse::all_points);
  if (input.patchset) return scan_points(arguments, input, value, options);

  const Model model = build_with_poi(std::move(input.publication), model_settings(arguments)).value();
  if (wants_toys(arguments)) {
    infer::ToyOptions toys = toy_options(arguments, options);
    toys.threads = static_cast<int>(arguments.integer(options::jobs));
    infer::ToyTest test = test_with_toys(model, value, toys, catch_interrupts(), true);
    test.notes.insert(test.notes.begin(), input.notes.begin(), input.notes.end());
    write_result(arguments, options::format, report::to_json(test, model.likelihood(), report::ToyValues::left_out),
                 [&] { return report::to_table(test, model.likelihood()); });
    return exit_code_of(test.status);
  }
  HypoTest test = test_model(model, value, options, catch_interrupts());
  test.notes.insert(test.notes.begin(), input.notes.begin(), input.notes.end());
  write_result(arguments, options::format, report::to_json(test, model.likelihood()),
               [&] { return report::to_table(test, model.likelihood()); });
  return exit_code_of(test.status);
}

}  // namespace relume::cli
