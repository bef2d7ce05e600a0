// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Bayesian posteriors: the document, and the draws as arrays.
#include "relume/infer/posterior.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arguments.hpp"
#include "bindings.hpp"
#include "json.hpp"
#include "relume/report/parameters.hpp"
#include "relume/report/posterior.hpp"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Priors = std::vector<std::pair<std::string, std::string>>;

std::vector<infer::Prior> priors_from(const Model& m, const Priors& priors) {
  std::vector<infer::Prior> out;
  Errors errors;
  for (const auto& [name, text] : priors) {
    const auto id = report::find_parameter(*m.likelihood, name);
    const auto prior = infer::prior_from_string(id ? *id : ParamId{}, text);
    if (!id) errors.insert(errors.end(), id.errors().begin(), id.errors().end());
    if (!prior) errors.insert(errors.end(), prior.errors().begin(), prior.errors().end());
    if (prior) out.push_back(*prior);
  }
  if (!errors.empty()) throw Exception(std::move(errors));
  return out;
}

template <class T>
nb::object copied(const std::vector<T>& values) {
  return to_numpy(std::vector<double>(values.begin(), values.end()));
}

/// Document; draws, flat; and of every draw: ln density, energy, acceptance, depth, leapfrog steps, whether it
/// diverged.
nb::tuple posterior(const Model& m, const std::optional<Vector>& data, const Fixed& fixed,
                    const std::optional<Vector>& start, const Priors& priors, std::size_t n_chains,
                    std::size_t n_samples, std::size_t n_warmup, std::uint64_t seed, int threads, double level,
                    double target_acceptance, int max_depth) {
  infer::PosteriorOptions options;
  options.fixed = fixed_from(m, fixed);
  options.priors = priors_from(m, priors);
  options.start = numbers(m, start, "start");
  options.n_chains = n_chains;
  options.n_samples = n_samples;
  options.n_warmup = n_warmup;
  options.seed = seed;
  options.threads = threads;
  options.level = level;
  options.target_acceptance = target_acceptance;
  options.max_depth = max_depth;
  model::Data storage;
  const model::Data& d = checked_data(m, data, storage);
  infer::Posterior result;
  run_interruptible(true, [&](const std::atomic<bool>* stop) {
    options.stop = stop;
    result = infer::posterior(*m.likelihood, d, options);
  });
  nb::object document = json_to_python(report::to_json(with_notices(result, m), *m.likelihood));
  const infer::PosteriorStats& stats = result.stats;
  return nb::make_tuple(document, to_numpy(std::move(result.draws)), copied(stats.log_density), copied(stats.energy),
                        copied(stats.acceptance), copied(stats.depth), copied(stats.leapfrogs),
                        copied(stats.divergent));
}

}  // namespace

void bind_posterior(nb::module_& m) {
  m.def("posterior", &posterior, "model"_a, "data"_a.none(), "fixed"_a, "start"_a.none(), "priors"_a, "chains"_a,
        "samples"_a, "warmup"_a, "seed"_a, "threads"_a, "level"_a, "target_acceptance"_a, "max_depth"_a);
  m.def(
      "draws_quantile",
      [](const Vector& draws, std::size_t n_chains, double level) {
        const infer::PosteriorNumber q =
            infer::quantile({draws.data(), draws.data() + draws.shape(0)}, n_chains, level);
        return nb::make_tuple(q.value, q.error);
      },
      "draws"_a, "n_chains"_a, "level"_a);
  m.def(
      "draws_shortest",
      [](const Vector& draws, double level) {
        const auto [lower, upper] = infer::shortest_interval({draws.data(), draws.data() + draws.shape(0)}, level);
        return nb::make_tuple(lower, upper);
      },
      "draws"_a, "level"_a);
}

}  // namespace relume::python
