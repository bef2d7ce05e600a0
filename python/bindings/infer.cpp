// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Fits, tests, limits. What comes back is the result's JSON document as a dictionary (report/json.hpp, the same as on
// the command line), and the arrays that a document holds badly.
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arguments.hpp"
#include "bindings.hpp"
#include "json.hpp"
#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/intervals.hpp"
#include "relume/infer/limit_gradient.hpp"
#include "relume/report/intervals.hpp"
#include "relume/report/json.hpp"
#include "relume/report/parameters.hpp"
#include "relume/report/table.hpp"
#include "relume/report/toys.hpp"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

infer::FitOptions fit_options(const Model& m, std::vector<infer::FixedParameter> fixed,
                              const std::optional<Vector>& start, const std::optional<Vector>& lower,
                              const std::optional<Vector>& upper, int max_iterations) {
  infer::FitOptions options;
  options.fixed = std::move(fixed);
  options.start = numbers(m, start, "start");
  options.lower = numbers(m, lower, "lower", true);
  options.upper = numbers(m, upper, "upper", true);
  if (max_iterations < 1) refuse("max_iterations", fmt::format("{} iterations lead nowhere", max_iterations));
  options.max_iterations = max_iterations;
  return options;
}

infer::LimitOptions limit_options(const Model& m, double level, const std::string& statistic, const std::string& asimov,
                                  bool expected, double tolerance, const Fixed& fixed,
                                  const std::optional<Vector>& start) {
  check_level(level);
  if (!(tolerance > 0.0 && tolerance < 1.0))
    refuse("tolerance", fmt::format("{} is no relative tolerance", tolerance), "between 0 and 1");
  infer::LimitOptions options{.test = test_options(m, statistic, asimov, fixed, start),
                              .level = level,
                              .expected = expected,
                              .tolerance = tolerance};
  if (options.test.statistic == infer::TestStatistic::q0)
    refuse("test_stat", "q0 sets no limits", "q, qtilde, t, ttilde");
  return options;
}

nb::object or_none(std::vector<double> values) {
  return values.empty() ? nb::object(nb::none()) : to_numpy(std::move(values));
}

infer::FitResult run_fit(const Model& m, const std::optional<Vector>& data, infer::FitOptions& options) {
  return run(m, data, [&](const model::Data& d, const std::atomic<bool>* stop) {
    options.stop = stop;
    return infer::fit(*m.likelihood, d, options);
  });
}

nb::tuple fit(const Model& m, const std::optional<Vector>& data, const Fixed& fixed, const std::optional<Vector>& start,
              const std::optional<Vector>& lower, const std::optional<Vector>& upper, bool uncertainties,
              bool covariance, int max_iterations) {
  infer::FitOptions options = fit_options(m, fixed_from(m, fixed), start, lower, upper, max_iterations);
  for (std::size_t i = 0; i < std::min(options.lower.size(), options.upper.size()); ++i) {
    if (options.lower[i] > options.upper[i]) {
      refuse("bounds", fmt::format("'{}': the lower bound {:g} is above the upper bound {:g}",
                                   m.likelihood->parameters()[i].name, options.lower[i], options.upper[i]));
    }
  }
  options.uncertainties = uncertainties || covariance;
  options.covariance = covariance;
  infer::FitResult result = run_fit(m, data, options);
  // The matrix goes as an array; the document would hold it number by number.
  std::vector<double> matrix = std::move(result.covariance);
  result.covariance.clear();
  nb::object document = json_to_python(report::to_json(result, *m.likelihood, m.notices));
  const std::size_t n = m.likelihood->parameters().size();
  return nb::make_tuple(document, to_numpy(result.minimum.x), or_none(result.uncertainties),
                        matrix.empty() ? nb::object(nb::none()) : to_numpy(std::move(matrix), n, n));
}

/// A fit without its document, parameters held by index: for callers that fit thousands of data sets.
nb::tuple minimum(const Model& m, const std::optional<Vector>& data,
                  const std::vector<std::pair<std::size_t, double>>& fixed, const std::optional<Vector>& start,
                  const std::optional<Vector>& lower, const std::optional<Vector>& upper, int max_iterations) {
  std::vector<infer::FixedParameter> held;
  for (const auto& [index, value] : fixed) {
    if (index >= m.likelihood->parameters().size())
      refuse("fixed", fmt::format("there is no parameter number {}", index));
    if (!std::isfinite(value)) refuse("fixed", fmt::format("parameter number {} cannot be held at {}", index, value));
    held.push_back({ParamId{index}, value});
  }
  infer::FitOptions options = fit_options(m, std::move(held), start, lower, upper, max_iterations);
  options.uncertainties = false;
  const infer::FitResult result = run_fit(m, data, options);
  return nb::make_tuple(to_numpy(result.minimum.x), result.twice_nll, result.minimum.is_usable(), result.minimum.reason,
                        result.minimum.counts.iterations);
}

nb::object hypotest(const Model& m, double poi_value, const std::optional<Vector>& data, const std::string& statistic,
                    const std::string& asimov, const Fixed& fixed, const std::optional<Vector>& start) {
  if (!std::isfinite(poi_value)) refuse("poi_value", fmt::format("{} cannot be tested", poi_value));
  infer::TestOptions options = test_options(m, statistic, asimov, fixed, start);
  auto result = run(m, data, [&](const model::Data& d, const std::atomic<bool>* stop) {
    options.stop = stop;
    return infer::hypotest(*m.likelihood, d, poi_value, options);
  });
  return json_to_python(report::to_json(with_notices(result, m), *m.likelihood));
}

nb::tuple upper_limit(const Model& m, const std::optional<Vector>& data, double level, const std::string& statistic,
                      const std::string& asimov, bool expected, double tolerance, const Fixed& fixed,
                      const std::optional<Vector>& start) {
  infer::LimitOptions options = limit_options(m, level, statistic, asimov, expected, tolerance, fixed, start);
  auto result = run(m, data, [&](const model::Data& d, const std::atomic<bool>* stop) {
    options.test.stop = stop;
    return infer::upper_limit(*m.likelihood, d, options);
  });
  nb::object background = or_none(result.background);
  return nb::make_tuple(json_to_python(report::to_json(with_notices(result, m), *m.likelihood)), background);
}

/// Document of the limit, d observed / d yield, and d expected / d yield (five, or none).
nb::tuple limit_gradient(const Model& m, const std::optional<Vector>& data, double level, const std::string& statistic,
                         const std::string& asimov, bool expected, double tolerance, const Fixed& fixed) {
  infer::LimitOptions options = limit_options(m, level, statistic, asimov, expected, tolerance, fixed, std::nullopt);
  auto result = run(m, data, [&](const model::Data& d, const std::atomic<bool>* stop) {
    options.test.stop = stop;
    return infer::limit_gradient(*m.likelihood, d, options);
  });
  nb::list band;
  for (auto& gradient : result.expected) band.append(or_none(std::move(gradient)));
  nb::object observed = or_none(std::move(result.observed));
  return nb::make_tuple(json_to_python(report::to_json(with_notices(result.limit, m), *m.likelihood)), observed, band);
}

nb::object significance(const Model& m, const std::optional<Vector>& data, const std::string& asimov,
                        const Fixed& fixed) {
  infer::TestOptions options = test_options(m, "q0", asimov, fixed, std::nullopt);
  auto result = run(m, data, [&](const model::Data& d, const std::atomic<bool>* stop) {
    options.stop = stop;
    return infer::significance(*m.likelihood, d, options);
  });
  return json_to_python(report::to_json(with_notices(result, m), *m.likelihood));
}

/// Document, and the statistic of the toys of both hypotheses.
nb::tuple toys(const Model& m, double poi_value, const std::optional<Vector>& data, const std::string& statistic,
               const std::string& asimov, const Fixed& fixed, const std::optional<Vector>& start,
               const std::string& ensemble, std::size_t n_toys, std::uint64_t seed, std::uint64_t first,
               double accuracy, std::size_t batch, int threads) {
  if (!std::isfinite(poi_value)) refuse("poi_value", fmt::format("{} cannot be tested", poi_value));
  if (!(accuracy >= 0.0 && std::isfinite(accuracy)))
    refuse("accuracy", fmt::format("{} is no standard deviation", accuracy), "for example 0.005, or None");
  infer::ToyOptions options{.test = test_options(m, statistic, asimov, fixed, start),
                            .ensemble = ensemble_of(ensemble),
                            .n_toys = n_toys,
                            .seed = seed,
                            .first = first,
                            .accuracy = accuracy,
                            .batch = batch,
                            .threads = threads};
  model::Data storage;
  const model::Data& d = checked_data(m, data, storage);
  infer::ToyTest test;
  run_interruptible(true, [&](const std::atomic<bool>* stop) {
    options.test.stop = stop;
    test = infer::toy_test(*m.likelihood, d, poi_value, options);
  });
  nb::object document =
      json_to_python(report::to_json(with_notices(test, m), *m.likelihood, report::ToyValues::left_out));
  return nb::make_tuple(document, to_numpy(std::move(test.tested.q)), to_numpy(std::move(test.alternative.q)),
                        test.alternative.poi);
}

/// Document, values, and their heights. Without values, `n` of the default range.
nb::tuple scan(const Model& m, const std::string& parameter, const std::optional<Vector>& values, std::size_t n,
               const std::optional<Vector>& data, const Fixed& fixed, const std::optional<Vector>& start) {
  infer::ProfileOptions options = profile_options(m, fixed, start);
  const ParamId id = parameter_of(m, parameter);
  std::vector<double> at;
  if (values) at.assign(values->data(), values->data() + values->shape(0));
  infer::ProfileScan result = run(m, data, [&](const model::Data& d, const std::atomic<bool>* stop) {
    options.stop = stop;
    if (!values) at = infer::scan_values(*m.likelihood, d, id, n, options);
    return infer::scan(*m.likelihood, d, id, at, options);
  });
  std::vector<double> heights;
  for (const infer::ScanPoint& p : result.points) heights.push_back(p.twice_delta_nll);
  heights.resize(at.size(), std::numeric_limits<double>::quiet_NaN());
  return nb::make_tuple(json_to_python(report::to_json(with_notices(result, m), *m.likelihood)),
                        to_numpy(std::move(at)), to_numpy(std::move(heights)));
}

/// Without parameters: of all that are free.
nb::object intervals(const Model& m, const std::optional<std::vector<std::string>>& parameters, double level,
                     const std::optional<Vector>& data, const Fixed& fixed, const std::optional<Vector>& start) {
  check_level(level);
  infer::IntervalOptions options;
  options.profile = profile_options(m, fixed, start);
  options.height = infer::height_at(level);
  std::vector<ParamId> ids;
  if (parameters) {
    for (const std::string& name : *parameters) ids.push_back(parameter_of(m, name));
  }
  infer::Intervals result = run(m, data, [&](const model::Data& d, const std::atomic<bool>* stop) {
    options.profile.stop = stop;
    if (!parameters) ids = infer::free_parameters(*m.likelihood, d, options.profile.fixed);
    return infer::intervals(*m.likelihood, d, ids, options);
  });
  return json_to_python(report::to_json(with_notices(result, m), *m.likelihood));
}

}  // namespace

void bind_infer(nb::module_& m) {
  m.def("fit", &fit, "model"_a, "data"_a.none(), "fixed"_a, "start"_a.none(), "lower"_a.none(), "upper"_a.none(),
        "uncertainties"_a, "covariance"_a, "max_iterations"_a);
  m.def("minimum", &minimum, "model"_a, "data"_a.none(), "fixed"_a, "start"_a.none(), "lower"_a.none(),
        "upper"_a.none(), "max_iterations"_a);
  m.def("hypotest", &hypotest, "model"_a, "poi_value"_a, "data"_a.none(), "test_stat"_a, "asimov"_a, "fixed"_a,
        "start"_a.none());
  m.def("upper_limit", &upper_limit, "model"_a, "data"_a.none(), "level"_a, "test_stat"_a, "asimov"_a, "expected"_a,
        "tolerance"_a, "fixed"_a, "start"_a.none());
  m.def("limit_gradient", &limit_gradient, "model"_a, "data"_a.none(), "level"_a, "test_stat"_a, "asimov"_a,
        "expected"_a, "tolerance"_a, "fixed"_a);
  m.def("significance", &significance, "model"_a, "data"_a.none(), "asimov"_a, "fixed"_a);
  m.def("scan", &scan, "model"_a, "parameter"_a, "values"_a.none(), "n"_a, "data"_a.none(), "fixed"_a,
        "start"_a.none());
  m.def("intervals", &intervals, "model"_a, "parameters"_a.none(), "level"_a, "data"_a.none(), "fixed"_a,
        "start"_a.none());
  m.def("toys", &toys, "model"_a, "poi_value"_a, "data"_a.none(), "test_stat"_a, "asimov"_a, "fixed"_a,
        "start"_a.none(), "ensemble"_a, "n_toys"_a, "seed"_a, "first"_a, "accuracy"_a, "batch"_a, "threads"_a);
  m.def(
      "p_values",
      [](const std::string& statistic, double q, double q_asimov) {
        const auto known = infer::test_statistic_from_string(statistic);
        if (!known) refuse("test_stat", "no test statistic is called '" + statistic + "'", "q0, q, qtilde, t, ttilde");
        const infer::PValues observed = infer::asymptotic_p_values(*known, q, q_asimov);
        nb::list expected;
        for (const double n : infer::band_sigmas) {
          const infer::PValues p = infer::expected_p_values(*known, q_asimov, n);
          expected.append(nb::make_tuple(p.clsb, p.clb, p.cls));
        }
        return nb::make_tuple(nb::make_tuple(observed.clsb, observed.clb, observed.cls), expected);
      },
      "test_stat"_a, "q"_a, "q_asimov"_a);
  m.def(
      "carry_point",
      [](const Model& from, const Vector& point, const Model& to) {
        const auto x = checked_point(from, point);
        return to_numpy(infer::carry_point(*from.likelihood, x, *to.likelihood));
      },
      "from"_a, "point"_a, "to"_a);
}

}  // namespace relume::python
