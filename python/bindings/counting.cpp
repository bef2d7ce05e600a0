// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Counting experiments in batches.
#include "relume/reinterpret/counting.hpp"

#include <limits>

#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include "arguments.hpp"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Matrix = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

/// One row per point: observed, background, uncertainty, signal.
std::vector<reinterpret::CountingPoint> points_of(const Matrix& rows) {
  if (rows.shape(1) != 4) refuse("points", "four numbers are needed per point");
  std::vector<reinterpret::CountingPoint> points(rows.shape(0));
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double* const row = rows.data() + 4 * i;
    points[i] = {row[0], row[1], row[2], row[3]};
  }
  return points;
}

reinterpret::CountingOptions options_of(double level, const std::string& statistic, const std::string& asimov,
                                        const std::string& constraint, bool expected, int threads) {
  check_level(level);
  reinterpret::CountingOptions options;
  options.level = level;
  options.statistic = statistic_of(statistic);
  if (options.statistic != infer::TestStatistic::q && options.statistic != infer::TestStatistic::qtilde) {
    refuse("test_stat", "counting experiments are tested with q or qtilde", "q, qtilde");
  }
  options.asimov = asimov_of(asimov);
  if (constraint == "measurement") {
    options.constraint = reinterpret::BackgroundConstraint::measurement;
  } else if (constraint != "prior") {
    refuse("constraint", "'" + constraint + "' is no kind of constraint", "prior, measurement");
  }
  options.expected = expected;
  options.threads = threads;
  return options;
}

/// Status and reason of every point, as places in a list of the few that occur.
template <class Answer>
nb::tuple statuses_of(const std::vector<Answer>& answers) {
  std::vector<std::pair<infer::Status, std::string_view>> known;
  std::vector<double> places;
  places.reserve(answers.size());
  for (const Answer& answer : answers) {
    const std::pair key(answer.status, answer.reason);
    std::size_t i = 0;
    while (i < known.size() && known[i] != key) ++i;
    if (i == known.size()) known.push_back(key);
    places.push_back(static_cast<double>(i));
  }
  nb::list names;
  for (const auto& [status, reason] : known) names.append(nb::make_tuple(to_string(status), reason));
  return nb::make_tuple(to_numpy(std::move(places)), names);
}

/// A number of every answer, in one array.
template <class Answer, class Number>
nb::object column(const std::vector<Answer>& answers, Number&& number) {
  std::vector<double> values;
  values.reserve(answers.size());
  for (const Answer& answer : answers) values.push_back(number(answer));
  return to_numpy(std::move(values));
}

/// The same of five numbers.
template <class Answer, class Band>
nb::object band(const std::vector<Answer>& answers, Band&& number) {
  std::vector<double> values;
  values.reserve(5 * answers.size());
  for (const Answer& answer : answers) {
    for (std::size_t i = 0; i < 5; ++i) values.push_back(number(answer, i));
  }
  return to_numpy(std::move(values), answers.size(), 5);
}

/// Runs without the interpreter's lock; Ctrl-C stops what takes long.
template <class Ask>
auto run_batch(std::size_t n_points, reinterpret::CountingOptions& options, Ask&& ask) {
  constexpr std::size_t many = 20000;  // tens of milliseconds
  decltype(ask()) answers;
  run_interruptible(n_points > many, [&](const std::atomic<bool>* stop) {
    options.stop = stop;
    answers = ask();
  });
  return answers;
}

nb::tuple columns_of(const std::vector<reinterpret::CountingLimits>& limits) {
  using L = reinterpret::CountingLimits;
  return nb::make_tuple(column(limits, [](const L& l) { return l.observed.value_or(nothing); }),
                        band(limits, [](const L& l, std::size_t i) { return l.expected[i].value_or(nothing); }),
                        column(limits, [](const L& l) { return l.mu_hat.value_or(nothing); }),
                        column(limits, [](const L& l) { return l.asimov_events; }), statuses_of(limits));
}

nb::tuple counting_limits(const Matrix& rows, double level, const std::string& statistic, const std::string& asimov,
                          const std::string& constraint, bool expected, int threads) {
  auto options = options_of(level, statistic, asimov, constraint, expected, threads);
  const auto points = points_of(rows);
  return columns_of(run_batch(points.size(), options, [&] { return reinterpret::counting_limits(points, options); }));
}

nb::tuple counting_tests(const Matrix& rows, double mu, const std::string& statistic, const std::string& asimov,
                         const std::string& constraint, int threads) {
  auto options = options_of(0.95, statistic, asimov, constraint, true, threads);
  const auto points = points_of(rows);
  const auto tests =
      run_batch(points.size(), options, [&] { return reinterpret::counting_tests(points, mu, options); });
  using T = reinterpret::CountingTest;
  const auto if_usable = [&](auto&& number) {
    return column(tests, [&](const T& t) { return t.is_usable() ? number(t) : nothing; });
  };
  return nb::make_tuple(
      if_usable([](const T& t) { return t.q; }), if_usable([](const T& t) { return t.q_asimov; }),
      if_usable([](const T& t) { return t.observed.cls; }), if_usable([](const T& t) { return t.observed.clsb; }),
      if_usable([](const T& t) { return t.observed.clb; }),
      band(tests, [](const T& t, std::size_t i) { return t.is_usable() ? t.expected[i].cls : nothing; }),
      column(tests, [](const T& t) { return t.mu_hat.value_or(nothing); }), statuses_of(tests));
}

nb::tuple most_sensitive_region(const Matrix& rows, double level, const std::string& statistic,
                                const std::string& asimov, const std::string& constraint) {
  const auto options = options_of(level, statistic, asimov, constraint, true, 1);
  const reinterpret::RegionChoice choice = reinterpret::most_sensitive_region(points_of(rows), options);
  const nb::object best = choice.best ? nb::cast(*choice.best) : nb::none();
  return nb::make_tuple(best,
                        column(choice.expected, [](const std::optional<double>& e) { return e.value_or(nothing); }),
                        columns_of(choice.regions));
}

}  // namespace

void bind_counting(nb::module_& m) {
  m.def("counting_limits", &counting_limits, "points"_a, "level"_a, "test_stat"_a, "asimov"_a, "constraint"_a,
        "expected"_a, "threads"_a);
  m.def("counting_tests", &counting_tests, "points"_a, "mu"_a, "test_stat"_a, "asimov"_a, "constraint"_a, "threads"_a);
  m.def("most_sensitive_region", &most_sensitive_region, "points"_a, "level"_a, "test_stat"_a, "asimov"_a,
        "constraint"_a);
}

}  // namespace relume::python
