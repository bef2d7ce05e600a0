// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Posterior of all parameters, flat priors within bounds, model in memory: relume_posterior WORKSPACE DRAWS SEED
// Four chains in one thread. Contenders speak the protocol of harness/contender.py.
#include <algorithm>
#include <cstdlib>

#include "contender.hpp"
#include "relume/infer/posterior.hpp"

namespace {

using namespace relume;

void run(const char* file, std::size_t n_draws, std::uint64_t seed) {
  const model::Compiled compiled = benchmarks::read_model(file);
  benchmarks::Stopwatch watch;
  const infer::Posterior p =
      infer::posterior(*compiled.likelihood, compiled.observed, {.n_samples = n_draws, .seed = seed});
  const benchmarks::Elapsed all = watch.lap();
  if (!p.is_usable()) {
    benchmarks::say({{"event", "failed"}, {"seconds", all.cpu}, {"reason", p.reason}});
    return;
  }
  spec::JsonObject means, errors;
  double bulk = p.parameters.front().bulk_ess, gradients = 0.0;
  for (const infer::PosteriorParameter& q : p.parameters) {
    const std::string& name = compiled.likelihood->parameters()[q.parameter.index].name;
    means.emplace_back(name, q.mean.value);
    errors.emplace_back(name, q.mean.error);
    bulk = std::min(bulk, q.bulk_ess);
  }
  for (const infer::PosteriorChain& c : p.chains) gradients += c.mean_leapfrogs / static_cast<double>(p.chains.size());
  benchmarks::say({{"event", "answer"},
                   {"seconds", all.cpu},
                   // The share of the sampling in the wall time, which a busy machine lengthens throughout.
                   {"sampling_s", all.cpu * p.sampling_seconds / p.seconds},
                   {"draws", n_draws},
                   {"bulk_ess", bulk},
                   {"gradients_per_draw", gradients},
                   {"means", std::move(means)},
                   {"errors", std::move(errors)}});
}

}  // namespace

int main(int argc, char** argv) {
  return benchmarks::contend(argc, argv, "WORKSPACE DRAWS SEED", [&] {
    run(argv[1], std::strtoul(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10));
  });
}
