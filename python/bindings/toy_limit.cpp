// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Limits and intervals from toys, and toys of several runs put together.
#include "relume/infer/toy_limit.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arguments.hpp"
#include "json.hpp"
#include "relume/formats/json.hpp"
#include "relume/report/toy_limit.hpp"
#include "relume/report/toys.hpp"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

infer::ToyLimitOptions options_of(const Model& m, double level, const std::string& statistic, const std::string& asimov,
                                  const Fixed& fixed, const std::string& ensemble, std::size_t n_toys,
                                  std::uint64_t seed, int threads) {
  check_level(level);
  infer::ToyLimitOptions options;
  options.toys.test = test_options(m, statistic, asimov, fixed, std::nullopt);
  options.toys.ensemble = ensemble_of(ensemble);
  options.toys.n_toys = n_toys;
  options.toys.seed = seed;
  options.toys.threads = threads;
  options.level = level;
  return options;
}

/// `ask(data)` without the interpreter's lock, always interruptible: toys take long.
template <class Result, class Ask>
nb::object answer(const Model& m, const std::optional<Vector>& data, infer::ToyLimitOptions& options, Ask&& ask) {
  model::Data storage;
  const model::Data& d = checked_data(m, data, storage);
  Result result;
  run_interruptible(true, [&](const std::atomic<bool>* stop) {
    options.toys.test.stop = stop;
    result = ask(d);
  });
  return json_to_python(report::to_json(with_notices(result, m), *m.likelihood));
}

nb::object toy_limit(const Model& m, const std::optional<Vector>& data, double level, const std::string& statistic,
                     const std::string& asimov, bool expected, const Fixed& fixed, const std::string& ensemble,
                     std::size_t n_toys, std::uint64_t seed, int threads) {
  infer::ToyLimitOptions options = options_of(m, level, statistic, asimov, fixed, ensemble, n_toys, seed, threads);
  options.expected = expected;
  if (options.toys.test.statistic == infer::TestStatistic::q0)
    refuse("test_stat", "q0 sets no limits", "q, qtilde, t, ttilde");
  return answer<infer::ToyLimit>(m, data, options,
                                 [&](const model::Data& d) { return infer::toy_limit(*m.likelihood, d, options); });
}

nb::object feldman_cousins(const Model& m, const std::optional<Vector>& data, double level,
                           const std::string& statistic, const Fixed& fixed, const std::string& ensemble,
                           std::size_t n_toys, std::uint64_t seed, int threads) {
  infer::ToyLimitOptions options =
      options_of(m, level, statistic, "a-posteriori", fixed, ensemble, n_toys, seed, threads);
  return answer<infer::ToyInterval>(
      m, data, options, [&](const model::Data& d) { return infer::feldman_cousins(*m.likelihood, d, options); });
}

/// Documents with their toys, as `relume toys --values` prints them, as one: document and statistics, as `toys`.
nb::tuple merge_toys(const Model& m, const std::vector<std::string>& documents) {
  std::vector<infer::ToyTest> shards;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const std::string name = "tests[" + std::to_string(i) + "]";
    shards.push_back(report::toy_test_from_json(formats::parse_json(documents[i], name).value(), name).value());
  }
  infer::ToyTest all = std::move(infer::merge(shards).value());
  nb::object document = json_to_python(report::to_json(all, *m.likelihood, report::ToyValues::left_out));
  return nb::make_tuple(document, to_numpy(std::move(all.tested.q)), to_numpy(std::move(all.alternative.q)),
                        all.alternative.poi);
}

}  // namespace

void bind_toy_limit(nb::module_& m) {
  m.def("toy_limit", &toy_limit, "model"_a, "data"_a.none(), "level"_a, "test_stat"_a, "asimov"_a, "expected"_a,
        "fixed"_a, "ensemble"_a, "n_toys"_a, "seed"_a, "threads"_a);
  m.def("feldman_cousins", &feldman_cousins, "model"_a, "data"_a.none(), "level"_a, "test_stat"_a, "fixed"_a,
        "ensemble"_a, "n_toys"_a, "seed"_a, "threads"_a);
  m.def("merge_toys", &merge_toys, "model"_a, "documents"_a);
}

}  // namespace relume::python
