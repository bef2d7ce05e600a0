// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "arguments.hpp"

#include <cmath>

#include <fmt/format.h>

#include "relume/report/parameters.hpp"

namespace relume::python {

[[noreturn]] void refuse(const char* where, std::string message, std::string hint) {
  throw Exception({{ErrorCode::option, where, std::move(message), std::move(hint)}});
}

std::vector<infer::FixedParameter> fixed_from(const Model& m, const Fixed& fixed, const char* where) {
  std::vector<infer::FixedParameter> out;
  Errors errors;
  for (const auto& [name, value] : fixed) {
    const auto id = report::find_parameter(*m.likelihood, name);
    if (!id) {
      errors.insert(errors.end(), id.errors().begin(), id.errors().end());
    } else if (!std::isfinite(value)) {
      errors.push_back({ErrorCode::option, where, fmt::format("'{}' cannot be held at {}", name, value), {}});
    } else {
      out.push_back({*id, value});
    }
  }
  if (!errors.empty()) throw Exception(std::move(errors));
  return out;
}

std::vector<double> numbers(const Model& m, const std::optional<Vector>& values, const char* where,
                            bool may_be_infinite) {
  if (!values) return {};
  const std::size_t n = m.likelihood->parameters().size();
  if (values->shape(0) != n)
    refuse(where, fmt::format("{} numbers, where the model has {} parameters", values->shape(0), n));
  for (std::size_t i = 0; i < n; ++i) {
    const double value = values->data()[i];
    if (std::isnan(value) || (!may_be_infinite && std::isinf(value)))
      refuse(where, fmt::format("number {} is {}", i, value));
  }
  return {values->data(), values->data() + n};
}

void need_poi(const Model& m, const std::vector<infer::FixedParameter>& fixed) {
  const auto poi = m.likelihood->poi();
  if (!poi) {
    refuse("poi", "the model has no parameter of interest", "choose one with poi=, or add a signal that brings it");
  }
  for (const auto& f : fixed) {
    if (f.parameter == *poi)
      refuse("fixed", "the parameter of interest '" + m.likelihood->parameters()[poi->index].name + "' cannot be held");
  }
}

infer::TestStatistic statistic_of(const std::string& name) {
  const auto known = infer::test_statistic_from_string(name);
  if (!known) refuse("test_stat", "no test statistic is called '" + name + "'", "q0, q, qtilde, t, ttilde");
  return *known;
}

infer::Asimov asimov_of(const std::string& name) {
  const auto known = infer::asimov_from_string(name);
  if (!known) refuse("asimov", "'" + name + "' is no way to make Asimov data", "a-posteriori, a-priori");
  return *known;
}

infer::TestOptions test_options(const Model& m, const std::string& statistic, const std::string& asimov,
                                const Fixed& fixed, const std::optional<Vector>& start) {
  infer::TestOptions options;
  options.statistic = statistic_of(statistic);
  options.asimov = asimov_of(asimov);
  options.fixed = fixed_from(m, fixed);
  need_poi(m, options.fixed);
  options.start = numbers(m, start, "start");
  return options;
}

infer::ProfileOptions profile_options(const Model& m, const Fixed& fixed, const std::optional<Vector>& start) {
  infer::ProfileOptions options;
  options.fixed = fixed_from(m, fixed);
  options.start = numbers(m, start, "start");
  return options;
}

ParamId parameter_of(const Model& m, const std::string& name) {
  return report::find_parameter(*m.likelihood, name).value();
}

void check_level(double level) {
  if (!(level > 0.0 && level < 1.0))
    refuse("level", fmt::format("{} is no confidence level", level), "between 0 and 1, for example 0.95");
}

infer::Ensemble ensemble_of(const std::string& name) {
  const auto known = infer::ensemble_from_string(name);
  if (!known) refuse("ensemble", "no ensemble is called '" + name + "'", "frequentist, prior-predictive");
  return *known;
}

}  // namespace relume::python
