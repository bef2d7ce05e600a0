// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/fit.hpp"

#include "interrupt.hpp"
#include "model_input.hpp"
#include "output.hpp"
#include "picture.hpp"
#include "relume/report/json.hpp"
#include "relume/report/table.hpp"

namespace relume::cli {

namespace {

using spec::JsonArray;
using spec::JsonObject;

/// What pulls are measured with: names, values and uncertainties of the parameters before the fit.
JsonObject before_the_fit(const model::Likelihood& likelihood) {
  JsonArray names, initial, sigma;
  for (const model::Parameter& parameter : likelihood.parameters()) {
    names.emplace_back(parameter.name);
    initial.emplace_back(parameter.initial);
    sigma.emplace_back(parameter.prefit_sigma());
  }
  JsonObject object;
  object.emplace_back("names", std::move(names));
  object.emplace_back("initial", std::move(initial));
  object.emplace_back("sigma", std::move(sigma));
  return object;
}

int exit_code_of(const minimize::Minimum& minimum) {
  if (minimum.is_usable()) return exit_code::ok;
  return minimum.status == minimize::MinimumStatus::interrupted ? exit_code::interrupted : exit_code::not_usable;
}

}  // namespace

int run_fit(const Arguments& arguments) {
  check_picture(arguments, "pulls");
  Input input = read_input(arguments, PatchsetUse::one_point);
  const Model model = build(std::move(input.publication), model_settings(arguments)).value();
  infer::FitOptions options;
  options.fixed = model.fixed;
  options.covariance = arguments.given(options::covariance);
  options.stop = &catch_interrupts();
  const infer::FitResult fit = infer::fit(model.likelihood(), model.observed(), options);
  std::vector<std::string> notes = std::move(input.notes);
  notes.insert(notes.end(), model.compiled.notices.begin(), model.compiled.notices.end());
  JsonObject result = report::to_json(fit, model.likelihood(), notes);
  write_result(arguments, options::format, result, [&] { return report::to_table(fit, model.likelihood(), notes); });
  result.emplace_back("prefit", before_the_fit(model.likelihood()));
  return draw_picture(arguments, "pulls", result, exit_code_of(fit.minimum));
}

}  // namespace relume::cli
