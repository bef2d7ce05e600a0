// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The profile likelihood along parameters: scan, intervals, contour and test.
#include <cmath>

#include <fmt/format.h>

#include "hypothesis_test.hpp"
#include "interrupt.hpp"
#include "model_input.hpp"
#include "output.hpp"
#include "picture.hpp"
#include "relume/infer/contour.hpp"
#include "relume/report/contour.hpp"
#include "relume/report/intervals.hpp"
#include "relume/report/toy_limit.hpp"
#include "toys.hpp"

namespace relume::cli {
namespace {

infer::ProfileOptions profile_options(const Model& model) {
  infer::ProfileOptions options;
  options.fixed = model.fixed;
  options.stop = &catch_interrupts();
  return options;
}

/// --parameter, or the parameter of interest.
std::vector<ParamId> scanned_parameters(const Arguments& arguments, const Model& model) {
  std::vector<ParamId> parameters;
  for (const std::string& name : arguments.all(options::scanned))
    parameters.push_back(find_parameter(model, name, "--parameter"));
  if (parameters.size() > 2) throw UsageError("a grid has two parameters: give --parameter once or twice");
  if (!parameters.empty()) return parameters;
  if (const auto poi = model.likelihood().poi()) return {*poi};
  throw UsageError("the model has no parameter of interest: name one with --parameter");
}

/// The values of each parameter: --from, --to and --points, or as far as they are of interest. Empty where the fit did
/// not work out.
std::vector<double> scanned_values(const Arguments& arguments, const Model& model, ParamId parameter,
                                   std::size_t index) {
  const auto n = static_cast<std::size_t>(arguments.integer(options::points));
  if (!arguments.given(options::from)) {
    return infer::scan_values(model.likelihood(), model.observed(), parameter, n, profile_options(model));
  }
  const double from = arguments.numbers(options::from)[index], to = arguments.numbers(options::to)[index];
  if (!(from < to)) throw UsageError(fmt::format("an empty range: from {:g} to {:g}", from, to));
  return infer::evenly_spaced(from, to, n);
}

/// `picture`: its kind, of verbs that have one.
template <class Result>
int write(const Arguments& arguments, const Input& input, const Model& model, Result& result,
          std::string_view picture = {}) {
  std::vector<std::string>& notes = result.notes;
  notes.insert(notes.begin(), model.compiled.notices.begin(), model.compiled.notices.end());
  notes.insert(notes.begin(), input.notes.begin(), input.notes.end());
  const spec::JsonObject document = report::to_json(result, model.likelihood());
  write_result(arguments, options::format, document, [&] { return report::to_table(result, model.likelihood()); });
  const int code = exit_code_of(result.status);
  return picture.empty() ? code : draw_picture(arguments, picture, document, code);
}

}  // namespace

int run_scan_parameter(const Arguments& arguments) {
  check_picture(arguments, "scan");
  Input input = read_input(arguments, PatchsetUse::one_point);
  const Model model = build(std::move(input.publication), model_settings(arguments)).value();
  const std::vector<ParamId> parameters = scanned_parameters(arguments, model);
  const std::size_t n_from = arguments.numbers(options::from).size(), n_to = arguments.numbers(options::to).size();
  if (n_from != n_to || (n_from != 0 && n_from != parameters.size())) {
    throw UsageError("--from and --to come together, once for each parameter that is scanned");
  }
  const double n_points =
      std::pow(static_cast<double>(arguments.integer(options::points)), static_cast<double>(parameters.size()));
  constexpr double most = 1e6;
  if (n_points > most) {
    throw UsageError(fmt::format(
        "a grid of {:g} points: at most {:g} are made in one run, --points 1000 for two parameters", n_points, most));
  }
  catch_interrupts();
  const std::vector<double> x = scanned_values(arguments, model, parameters[0], 0);
  if (parameters.size() == 1) {
    infer::ProfileScan scan =
        infer::scan(model.likelihood(), model.observed(), parameters[0], x, profile_options(model));
    return write(arguments, input, model, scan, "scan");
  }
  const std::vector<double> y = scanned_values(arguments, model, parameters[1], 1);
  std::vector<double> grid;
  for (const double a : x) {
    for (const double b : y) grid.insert(grid.end(), {a, b});
  }
  infer::ProfileGrid scan =
      infer::scan_grid(model.likelihood(), model.observed(), parameters, grid, profile_options(model));
  return write(arguments, input, model, scan, "scan");
}

int run_contour(const Arguments& arguments) {
  check_picture(arguments, "contour");
  Input input = read_input(arguments, PatchsetUse::one_point);
  const Model model = build(std::move(input.publication), model_settings(arguments)).value();
  const std::vector<std::string> names = arguments.all(options::contour_of);
  if (names.size() != 2) throw UsageError("a contour has two parameters: give --parameter twice");
  infer::ContourOptions options;
  options.profile = profile_options(model);
  if (arguments.given(options::contour_level)) options.levels = arguments.numbers(options::contour_level);
  options.n_points = static_cast<std::size_t>(arguments.integer(options::contour_points));
  const ParamId x = find_parameter(model, names[0], "--parameter"), y = find_parameter(model, names[1], "--parameter");
  infer::Contours contours = infer::contours(model.likelihood(), model.observed(), {x, y}, options);
  return write(arguments, input, model, contours, "contour");
}

int run_test(const Arguments& arguments) {
  Input input = read_input(arguments, PatchsetUse::one_point);
  const Model model = build(std::move(input.publication), model_settings(arguments)).value();
  std::vector<infer::FixedParameter> tested;
  for (const auto& [name, value] : arguments.assignments(options::at))
    tested.push_back({find_parameter(model, name, "--at"), value});
  if (tested.empty()) throw UsageError("nothing is tested: give --at NAME=VALUE");
  infer::RatioTest test = infer::ratio_test(model.likelihood(), model.observed(), tested, profile_options(model));
  return write(arguments, input, model, test);
}

namespace {

/// Feldman-Cousins, of the parameter of interest or the one that is named.
int run_feldman_cousins(const Arguments& arguments, Input input) {
  const std::vector<std::string> names = arguments.all(options::interval_of);
  if (names.size() > 1) throw UsageError("--calctype toybased makes the interval of one parameter at a time");
  ModelSettings settings = model_settings(arguments);
  if (!names.empty()) {
    settings.compile.poi = names[0];
    settings.poi_option = "--parameter";
  }
  const Model model = build_with_poi(std::move(input.publication), settings).value();
  infer::TestOptions test;
  test.statistic = infer::test_statistic_from_string(arguments.text(options::ordering)).value();
  const infer::ToyLimitOptions options =
      toy_limit_options(arguments, model, test, arguments.number(options::interval_level), catch_interrupts());
  infer::ToyInterval interval = infer::feldman_cousins(model.likelihood(), model.observed(), options);
  return write(arguments, input, model, interval);
}

}  // namespace

int run_intervals(const Arguments& arguments) {
  Input input = read_input(arguments, PatchsetUse::one_point);
  if (wants_toys(arguments)) return run_feldman_cousins(arguments, std::move(input));
  if (arguments.given(options::ordering)) throw UsageError("--test-stat is for --calctype toybased");
  const Model model = build(std::move(input.publication), model_settings(arguments)).value();
  std::vector<ParamId> parameters;
  for (const std::string& name : arguments.all(options::interval_of))
    parameters.push_back(find_parameter(model, name, "--parameter"));
  if (parameters.empty()) parameters = infer::free_parameters(model.likelihood(), model.observed(), model.fixed);
  infer::IntervalOptions options;
  options.profile = profile_options(model);
  options.height = infer::height_at(arguments.number(options::interval_level));
  infer::Intervals intervals = infer::intervals(model.likelihood(), model.observed(), parameters, options);
  return write(arguments, input, model, intervals);
}

}  // namespace relume::cli
