// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "model_input.hpp"
#include "output.hpp"
#include "relume/infer/fit.hpp"
#include "relume/report/json.hpp"
#include "relume/report/parameters.hpp"
#include "relume/report/table.hpp"

namespace relume::cli {
namespace {

using spec::Json;
using spec::JsonObject;

/// Initial values (as the file has them, also outside of their bounds), then --fix, --parameters and --set.
std::vector<double> chosen_point(const Arguments& arguments, const Model& model) {
  std::vector<double> point;
  for (const model::Parameter& parameter : model.likelihood().parameters()) point.push_back(parameter.initial);
  for (const infer::FixedParameter& fixed : model.fixed) point[fixed.parameter.index] = fixed.value;
  if (arguments.given(options::parameters)) {
    const std::string name = arguments.text(options::parameters);
    point = report::parameters_from_json(model.likelihood(), read_document(name), source_name(name), std::move(point))
                .value();
  }
  Errors errors;
  for (const auto& [name, value] : arguments.assignments(options::set)) {
    const auto parameter = report::find_parameter(model.likelihood(), name);
    if (parameter) {
      point[parameter->index] = value;
    } else {
      errors.push_back(parameter.error());
      errors.back().where = "--set";
    }
  }
  if (!errors.empty()) throw Exception(std::move(errors));
  return point;
}

std::string to_text(math::EvaluationStatus status) {
  switch (status) {
    case math::EvaluationStatus::ok: return "ok";
    case math::EvaluationStatus::infeasible: return "infeasible";
    case math::EvaluationStatus::not_finite: return "not_finite";
  }
  return "unknown";
}

std::string table(const model::Likelihood& likelihood, const std::vector<double>& point, const model::Data& expected,
                  const model::Data& observed, const std::optional<double>& nll, const std::string& status) {
  std::string text =
      fmt::format("status   {}\n-ln L    {}\n-2 ln L  {}\n\n", status, nll ? fmt::format("{:.12g}", *nll) : "-",
                  nll ? fmt::format("{:.12g}", 2.0 * *nll) : "-");
  report::Table bins({"channel", "bin", "expected", "observed"});
  std::size_t channel = 0;
  for (const model::DataBlock& block : likelihood.data_blocks()) {
    if (block.is_auxiliary) continue;
    const bool is_masked = observed.is_masked(channel++);
    for (std::size_t i = 0; i < block.size; ++i) {
      bins.add({block.name, fmt::to_string(i), report::format_number(expected.values[block.first + i]),
                is_masked ? "-" : report::format_number(observed.values[block.first + i])});
    }
  }
  report::Table parameters({"parameter", "value"});
  for (std::size_t i = 0; i < point.size(); ++i) {
    parameters.add({likelihood.parameters()[i].name, report::format_number(point[i])});
  }
  return text + bins.text() + '\n' + parameters.text();
}

}  // namespace

int run_nll(const Arguments& arguments) {
  Input input = read_input(arguments, PatchsetUse::one_point);
  const Model model = build(std::move(input.publication), model_settings(arguments)).value();
  const model::Likelihood& likelihood = model.likelihood();
  const std::vector<double> point = chosen_point(arguments, model);
  const auto scratch = likelihood.make_scratch();
  const math::Evaluation evaluation =
      likelihood.evaluate(point, model.observed(), math::Derivatives::none, {}, *scratch);
  const bool is_usable = evaluation.status == math::EvaluationStatus::ok;
  std::optional<double> nll;
  if (is_usable) nll = evaluation.value + likelihood.constant(model.observed());
  const std::string status = to_text(evaluation.status);
  const std::string reason = is_usable ? std::string() : likelihood.explain(point, *scratch);
  const model::Data expected = likelihood.expected_data(point);
  std::vector<std::string> notes = std::move(input.notes);
  notes.insert(notes.end(), model.compiled.notices.begin(), model.compiled.notices.end());

  JsonObject result;
  result.emplace_back("nll", nll ? Json(*nll) : Json(nullptr));
  result.emplace_back("twice_nll", nll ? Json(2.0 * *nll) : Json(nullptr));
  result.emplace_back("status", status);
  result.emplace_back("reason", reason);
  result.emplace_back("parameters", report::parameters_to_json(likelihood, point));
  result.emplace_back("expected_data", report::main_data_to_json(likelihood, expected));
  result.emplace_back("observed_data", report::main_data_to_json(likelihood, model.observed()));
  result.emplace_back("notes", report::to_json(notes));
  write_result(arguments, options::format, result, [&] {
    return table(likelihood, point, expected, model.observed(), nll, reason.empty() ? status : status + ": " + reason) +
           report::format_notes(notes);
  });
  return is_usable ? exit_code::ok : exit_code::not_usable;
}

}  // namespace relume::cli
