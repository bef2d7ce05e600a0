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
#include "scan.hpp"

namespace relume::cli {
namespace {

using infer::HypoTest;
using infer::TestStatistic;
using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

double tested_value(const Arguments& arguments, TestStatistic statistic) {
  const double value = arguments.number(options::test_poi);
  if (statistic == TestStatistic::q0) {
    if (arguments.given(options::test_poi) && value != 0.0) {
      throw UsageError("--test-stat q0 tests 0: leave out --test-poi");
    }
    return 0.0;
  }
  if (value < 0.0 && (statistic == TestStatistic::qtilde || statistic == TestStatistic::ttilde)) {
    throw UsageError("--test-poi must not be negative with --test-stat qtilde or ttilde; q and t allow it");
  }
  return value;
}

HypoTest test_model(const Model& model, double value, infer::TestOptions options, const std::atomic<bool>& stop) {
  options.fixed = model.fixed;
  options.stop = &stop;
  HypoTest test = infer::hypotest(model.likelihood(), model.observed(), value, options);
  test.notes.insert(test.notes.begin(), model.compiled.notices.begin(), model.compiled.notices.end());
  return test;
}

int scan_points(const Arguments& arguments, const Input& input, double value, const infer::TestOptions& options) {
  Scan scan;
  scan.columns = {"observed", "-2 sigma", "-1 sigma", "median", "+1 sigma", "+2 sigma"};
  scan.without_result = {{"CLs_obs", nullptr}, {"CLs_exp", JsonArray(5)}, {"poi", nullptr}, {"test_poi", value}};
  scan.ask = [&](const Model& model, const std::atomic<bool>& stop) {
    const HypoTest test = test_model(model, value, options, stop);
    PointResult result{.json = report::to_json(test, model.likelihood()),
                       .numbers = {},
                       .is_usable = test.is_usable(),
                       .is_interrupted = test.status == infer::Status::interrupted,
                       .status = std::string(infer::to_string(test.status)),
                       .reason = test.reason};
    const auto add = [&](const infer::PValues& p) {
      result.numbers.push_back(test.is_usable() ? report::format_number(report::p_value(test, p)) : "-");
    };
    add(test.observed);
    for (const infer::PValues& p : test.expected) add(p);
    return result;
  };
  return run_scan(arguments, input, scan);
}

}  // namespace

int run_cls(const Arguments& arguments) {
  const infer::TestOptions options = test_options(arguments, options::test_stat);
  const double value = tested_value(arguments, options.statistic);
  check_picture_of_points(arguments);
  Input input = read_input(arguments, PatchsetUse::all_points);
  if (input.patchset) return scan_points(arguments, input, value, options);

  const Model model = build_with_poi(std::move(input.workspace), model_settings(arguments)).value();
  HypoTest test = test_model(model, value, options, catch_interrupts());
  test.notes.insert(test.notes.begin(), input.notes.begin(), input.notes.end());
  write_result(arguments, options::format, report::to_json(test, model.likelihood()),
               [&] { return report::to_table(test, model.likelihood()); });
  return exit_code_of(test.status);
}

}  // namespace relume::cli
